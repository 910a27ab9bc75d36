"""Whose journal lies on this host, if one does: it may owe transactions, and is another kiosk's."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from kiosk_agent.bootstrap.host import Host

JOURNAL: Final = "/var/lib/eventpro/agent/journal.db"
_HEAD: Final = "last_sequence"


@dataclass(frozen=True, slots=True)
class JournalSeen:
    """A journal; `kiosk_id` is None where it can't be read."""

    kiosk_id: str | None


def journal_of(host: Host) -> JournalSeen | None:
    """Return what lies there; None for none, or an empty file. Nothing of it is changed.

    Read as a file that nobody writes: opened otherwise it would be checkpointed. What a power cut
    left in the write-ahead log alone is read in a copy.
    """
    path = host.path(JOURNAL)
    try:
        if not path.stat().st_size:
            return None
    except OSError:
        return None
    kiosk_id = _meta(_as_it_lies(path), "kiosk_id")
    if kiosk_id is None and _log(path).exists():
        kiosk_id = _meta_with_log(path, "kiosk_id")
    return JournalSeen(kiosk_id)


def head_of(host: Host) -> int | None:
    """Return the newest sequence of a journal that nobody writes; None where it can't be read."""
    path = host.path(JOURNAL)
    with_log = _log(path).exists()
    told = _meta_with_log(path, _HEAD) if with_log else _meta(_as_it_lies(path), _HEAD)
    return int(told) if told is not None and told.isdecimal() else None


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _as_it_lies(path: Path) -> str:
    return f"file:{path}?mode=ro&immutable=1"


def _meta_with_log(path: Path, key: str) -> str | None:
    with TemporaryDirectory(prefix="eventpro-journal-") as place:
        for one in (path, _log(path)):
            shutil.copy(one, place)
        return _meta(f"file:{place}/{path.name}", key)


def _meta(uri: str, key: str) -> str | None:
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    except sqlite3.Error:
        return None
    return str(found[0]) if found else None
