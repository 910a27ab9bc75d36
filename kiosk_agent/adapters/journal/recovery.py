"""In place of refusing a damaged journal: set it aside, salvage it, begin a new epoch.

The steps are written down before the first of them (`new-epoch.json`), so that a kill or a power
cut at any moment is gone on from, to the same end:

1. the mark is synced, and the note of what was found, and of the reserve that is to be opened, is
   on disk;
2. that reserve gets the name of a used one: if all else were lost now, nobody could take it again;
3. a fresh file is filled beside the journal's place, with its new id and its stock in one commit;
4. the report is written; the old file, and then its log, are renamed into `damaged/<time>/`, where
   they stay for ever;
5. the fresh file is renamed into place;
6. the mark is set, the note is removed.

Where there is no room for the fresh file, all is as it was before.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from sqlite_utils import Database

from kiosk_agent.adapters import durable
from kiosk_agent.adapters.archive_files import FOLDER_NAME
from kiosk_agent.adapters.journal import errors
from kiosk_agent.adapters.journal.continuing import Beginning, Past, continue_in
from kiosk_agent.adapters.journal.damaged_file import open_damaged
from kiosk_agent.adapters.journal.files import (
    connect_filler,
    connect_reader,
    connect_writer,
    prepare_file,
)
from kiosk_agent.adapters.journal.identity import give_identity
from kiosk_agent.adapters.journal.mark import Mark, MarkFile
from kiosk_agent.adapters.journal.reading import SqliteReader
from kiosk_agent.adapters.journal.salvage_report import report_of
from kiosk_agent.adapters.journal.salvaging import Salvage, copy_rows, read_meta, restore_states
from kiosk_agent.adapters.journal.salvaging_archives import restore_archives
from kiosk_agent.adapters.journal.schema import migrations
from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.domain.epochs import EpochReason
from kiosk_agent.domain.hosts import same_host
from kiosk_agent.ports.clock import Clock
from kiosk_contracts.problem import ProblemError

log = structlog.get_logger(__name__)

_LOGS: Final = ("-wal", "-shm")
_ROOM_BESIDES: Final = 1_000_000
"""For an empty journal, the report, and names."""
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class Home:
    """Where a journal lives, and whose it is."""

    path: Path
    kiosk_id: str
    host_id: str
    reserve: ReserveFile
    clock: Clock

    @property
    def damaged(self) -> Path:
        """Where damaged files are kept."""
        return self.path.parent / "damaged"

    @property
    def archive(self) -> Path:
        """Where what settled long ago is."""
        return self.path.parent / FOLDER_NAME

    @property
    def note(self) -> Path:
        """What is under way, if anything is."""
        return self.path.parent / "new-epoch.json"

    @property
    def fresh(self) -> Path:
        """Where the fresh file is filled."""
        return self.path.with_name("journal.fresh.db")

    @property
    def scratch(self) -> Path:
        """Where a log is read that has lost its file."""
        return self.path.with_name("journal.fresh.log.db")


class Note(BaseModel):
    """What was found, before anything was moved."""

    model_config = ConfigDict(frozen=True)

    folder: str
    """Below `damaged/`."""
    reason: EpochReason
    found: str
    at: AwareDatetime
    reserve: UUID | None = None
    """The sealed reserve's journal id, if it is for this kiosk on this host."""
    had_file: bool
    """Whether a file was in the journal's place; if not, one that is there now is the fresh one."""


def prepare(home: Home) -> None:
    """Make sure that a journal which may be opened is in its place, or that none ever was.

    Raises ProblemError as `prepare_file` does for what nobody may salvage: a newer version, another
    kiosk's, a file out of reach; and `storage_full`, with how much room is needed.
    """
    try:
        note = _read_note(home) or _judge(home)
    except sqlite3.Error as error:
        raise errors.problem_of(error) from error
    except OSError as error:
        raise errors.problem_of_os(error, home.path) from error
    if note is not None:
        try:
            _carry_out(home, note)
        except sqlite3.Error as error:
            if errors.is_full(error):
                raise _without_room(home, note) from error
            raise errors.problem_of(error) from error
        except OSError as error:
            if error.errno in errors.NO_ROOM:
                raise _without_room(home, note) from error
            raise errors.problem_of_os(error, home.path) from error


def _read_note(home: Home) -> Note | None:
    try:
        return Note.model_validate_json(home.note.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise errors.out_of_reach(f"{home.note} is unreadable: {error}") from error


def _judge(home: Home) -> Note | None:
    """Check the journal; return what to do if it can't be gone on with."""
    try:
        if not home.path.exists() and _was_there(home):
            raise errors.lost(f"{home.path.name} is gone.")
        prepare_file(home.path)
    except errors.JournalDamagedError as damage:
        _refuse_anothers(home)
        at = home.clock.now()
        note = Note(
            folder=_new_folder(home, at.strftime("%Y%m%dT%H%M%SZ")),
            reason=damage.reason,
            found=damage.found,
            at=at,
            reserve=_reserve_of(home),
            had_file=home.path.exists(),
        )
        log.warning("journal_damaged", reason=note.reason, found=note.found)
        return note
    return None


def _reserve_of(home: Home) -> UUID | None:
    sealed = home.reserve.load()
    if sealed is None or sealed.kiosk_id != home.kiosk_id:
        return None
    return sealed.journal_id if same_host(sealed.host_id, home.host_id) else None


def _refuse_anothers(home: Home) -> None:
    """Leave the journal of another kiosk where it is, damaged or not."""
    mark = MarkFile(home.path).read()
    if mark is not None and mark.kiosk_id == home.kiosk_id:
        return
    with open_damaged(home.path, home.scratch) as damaged:
        owner = read_meta(damaged, Salvage()).get("kiosk_id", home.kiosk_id)
    if owner != home.kiosk_id:
        raise errors.of_another_kiosk(home.path, owner, home.kiosk_id)


def _was_there(home: Home) -> bool:
    return home.damaged.is_dir() or home.archive.is_dir() or home.reserve.highest_epoch() > 0


def _new_folder(home: Home, time: str) -> str:
    name, count = time, 1
    while (home.damaged / name).exists():
        name, count = f"{time}-{count}", count + 1
    return name


def _carry_out(home: Home, note: Note) -> None:
    """Do what is left to do; every step sees by the files whether it was done before."""
    if not home.note.exists():
        if MarkFile(home.path).exists():
            # What it says may be all that is known of what was lost: a power cut must not undo it.
            durable.sync(MarkFile(home.path).path)
        durable.write_whole(home.note, note.model_dump_json().encode())
    kept = home.damaged / note.folder / home.path.name
    if note.reserve is not None:
        home.reserve.mark_used(note.reserve)
    if not home.path.exists() or (note.had_file and not kept.exists()):
        if _is_moving(kept):
            _move_away(home, kept)
        report = _fill(home, note, kept if _is_moving(kept) else home.path)
        # Both names, also if a kill came after they were made: what is moved there is nowhere else.
        durable.make_directory(home.damaged)
        durable.make_directory(kept.parent)
        durable.write_whole(kept.with_name("salvage.json"), report)
        _move_away(home, kept)
        durable.move(home.fresh, home.path)
    _finish(home, note)


def _is_moving(kept: Path) -> bool:
    """Say whether any of the old files is where it will be kept."""
    return any(kept.with_name(kept.name + suffix).exists() for suffix in ("", *_LOGS))


def _move_away(home: Home, kept: Path) -> None:
    for suffix in ("", *_LOGS):
        old = home.path.with_name(home.path.name + suffix)
        if old.exists():
            durable.move(old, kept.with_name(old.name))


def _fill(home: Home, note: Note, old: Path) -> bytes:
    """Fill the fresh file from the old one; return the report."""
    _clear(home)
    os.close(os.open(home.fresh, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY))
    mark = MarkFile(home.path).read()
    with (
        closing(connect_filler(home.fresh)) as fresh,
        open_damaged(old, home.scratch) as damaged,
    ):
        database = Database(fresh, execute_plugins=False)
        migrations.apply(database)
        with database.atomic():
            give_identity(fresh, home.kiosk_id)
            fresh.execute("DELETE FROM epochs")
            last_known = mark.last_sequence if mark else 0
            salvage = copy_rows(damaged, fresh, note.at, last_known=last_known)
            restore_archives(damaged, fresh, home.archive, salvage, note.at)
            restore_states(fresh, salvage)
            reserve = None if note.reserve is None else home.reserve.load_used(note.reserve)
            highest = home.reserve.highest_epoch(taking=note.reserve)
            past = Past(salvage, mark, reserve, highest)
            why = Beginning(note.reason, note.found, note.at)
            begun = continue_in(fresh, past, why, kiosk_id=home.kiosk_id, host_id=home.host_id)
    durable.sync(home.fresh)
    # From here on it is as every journal: with a log, and each commit synced.
    connect_writer(home.fresh).close()
    return report_of(begun, salvage)


def _clear(home: Home) -> None:
    for left in home.path.parent.glob("journal.fresh*"):
        left.unlink()


def _without_room(home: Home, note: Note) -> ProblemError:
    """Leave all as it was, unless it was being moved; return the problem, in bytes."""
    kept = home.damaged / note.folder / home.path.name
    _clear(home)
    is_moving = _is_moving(kept)
    if not is_moving:
        if note.reserve is not None:
            home.reserve.seal_again(note.reserve)
        home.note.unlink(missing_ok=True)
    home.note.with_name(home.note.name + ".part").unlink(missing_ok=True)
    old = kept if is_moving else home.path
    files = [old, *(old.with_name(old.name + suffix) for suffix in _LOGS[:1])]
    needed = sum(file.stat().st_size for file in files if file.exists()) + _ROOM_BESIDES
    disk = os.statvfs(home.path.parent)
    free = disk.f_bavail * disk.f_frsize
    return errors.no_room_to_salvage(home.path, note.found, needed=needed, free=free)


def _finish(home: Home, note: Note) -> None:
    with closing(connect_reader(home.path)) as connection:
        reader = SqliteReader(connection)
        identity, standing = reader.identity(), reader.standing()
    mark = Mark(
        kiosk_id=identity.kiosk_id,
        journal_id=str(standing.journal_id),
        epoch=standing.epoch,
        last_sequence=standing.last_sequence,
        commits=standing.commits,
    )
    MarkFile(home.path).note(mark)
    durable.remove(home.note)
    log.warning(
        "epoch_opened",
        reason=note.reason,
        found=note.found,
        epoch=standing.epoch,
        journal_id=str(standing.journal_id),
        kept=str(home.damaged / note.folder),
    )
