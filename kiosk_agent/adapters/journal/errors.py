"""SQLite's errors as problems that staff and programs understand.

What keeps the agent from starting is told to technicians, in English.
"""

import errno
import sqlite3
from pathlib import Path
from typing import Final

from kiosk_agent.domain.epochs import EpochReason
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import tr

_PRIMARY_CODE: Final = 0xFF
"""The low byte of an extended SQLite result code is its primary code."""
_NO_ROOM_FOR_INDEX: Final = sqlite3.SQLITE_IOERR_SHMSIZE
"""The write-ahead log's index could not grow: SQLite's word for a full disk there."""
_FULL: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_TOOBIG})
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
_UNREACHABLE: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_NOLFS,
    }
)
_LOCKED: Final = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT}
)


def is_full(error: BaseException) -> bool:
    """Say whether room is all that was missing."""
    raw = getattr(error, "sqlite_errorcode", None)
    return raw is not None and (
        raw & _PRIMARY_CODE == sqlite3.SQLITE_FULL or raw == _NO_ROOM_FOR_INDEX
    )


def problem_of(error: sqlite3.Error) -> ProblemError:
    """Return the problem that stands for any error of sqlite3."""
    raw = getattr(error, "sqlite_errorcode", None)
    primary = None if raw is None else raw & _PRIMARY_CODE
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if is_full(error):
        return storage_full(f"{error} ({name})")
    if primary in _DAMAGED:
        return damaged(tr("SQLite says: {error} ({name}).", error=error, name=name))
    if primary in _UNREACHABLE:
        return _unreachable(f"{error} ({name})")
    if primary in _LOCKED:
        return _locked(f"{error} ({name})")
    return ProblemError(
        500,
        ProblemCode.INTERNAL_ERROR,
        tr("The kiosk could not record this"),
        detail=tr(
            "The journal refused: {error} ({name}). Nothing was recorded.", error=error, name=name
        ),
        hint=tr("Try once more; if it stays, call support."),
    )


def storage_full(detail: str) -> ProblemError:
    """Return the problem of a disk without room."""
    return ProblemError(
        507,
        ProblemCode.STORAGE_FULL,
        tr("The kiosk's disk is full"),
        detail=tr(
            "Nothing was recorded: {detail}. What was recorded before is safe.", detail=detail
        ),
        hint=tr("Do not take money. Call support to make room; then try again."),
        retryable=True,
        retry_after_s=30,
    )


def no_room_to_salvage(path: Path, found: str, *, needed: int, free: int) -> ProblemError:
    """Return the problem of a damaged journal that there is no room to save what can be read of."""
    return ProblemError(
        507,
        ProblemCode.STORAGE_FULL,
        "The kiosk's disk has no room to save what is left of a damaged journal",
        detail=f"{path.name} was left as it is: {found}. To save what can be read, up to"
        f" {_megabytes(needed)} must be free in {path.parent}; {_megabytes(free)} are.",
        hint="Make room there, but delete no file of the kiosk; then start the agent again.",
        retryable=True,
        retry_after_s=30,
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


class JournalDamagedError(ProblemError):
    """A journal that can't be trusted, but may be set aside and salvaged."""

    def __init__(self, reason: EpochReason, title: str, detail: str) -> None:
        super().__init__(
            500,
            ProblemCode.JOURNAL_DAMAGED,
            title,
            detail=detail,
            hint=tr("Do not delete the file: it holds sales. Call support."),
        )
        self.reason = reason
        self.found = detail.rstrip(".")


def damaged(detail: str) -> JournalDamagedError:
    """Return the problem of a journal file that cannot be trusted; it is left as it is."""
    return JournalDamagedError(EpochReason.DAMAGED, tr("The kiosk's journal is damaged"), detail)


def needs_archive(why: str) -> JournalDamagedError:
    """Return the problem of an archived transaction whose file can't be read."""
    return damaged(tr("An archive is needed for this: {why}.", why=why))


def in_no_archive(sequence: int) -> JournalDamagedError:
    """Return the problem of an archived transaction whose archive does not have it."""
    return damaged(tr("No archive holds #{sequence} any more.", sequence=sequence))


def lost(detail: str) -> JournalDamagedError:
    """Return the problem of a journal whose file is not there any more."""
    return JournalDamagedError(EpochReason.LOST, "The kiosk's journal is lost", detail)


def out_of_reach(detail: str) -> ProblemError:
    """Return the problem of a journal that this process can't get at; it may be sound."""
    return ProblemError(
        500,
        ProblemCode.JOURNAL_DAMAGED,
        tr("The kiosk's journal can't be reached"),
        detail=detail,
        hint=tr(
            "Check the setting state_dir, the disk, and who owns that directory. Call support."
        ),
    )


def read_too_long() -> ProblemError:
    """Return the problem of a read that was ended so that the write-ahead log stays bounded."""
    return ProblemError(
        503,
        ProblemCode.JOURNAL_LOCKED,
        tr("Reading the journal took too long"),
        detail=tr("So much was recorded meanwhile that the read was ended."),
        hint=tr("Ask again."),
        retryable=True,
        retry_after_s=1,
    )


def problem_of_os(error: OSError, path: Path) -> ProblemError:
    """Return the problem that stands for an error of the file system."""
    where = f"{error.filename or path}: {error.strerror}"
    return storage_full(where) if error.errno in NO_ROOM else out_of_reach(f"{where}.")


def newer(path: Path, version: int, known: int) -> ProblemError:
    """Return the problem of a journal that a newer agent wrote."""
    return ProblemError(
        500,
        ProblemCode.JOURNAL_NEWER,
        "The journal is newer than this agent",
        detail=f"{path} has schema version {version}; this agent knows up to {known}. "
        "The file was left as it is.",
        hint="Install the agent that wrote it, or a newer one.",
    )


def of_another_kiosk(path: Path, theirs: str, ours: str) -> ProblemError:
    """Return the problem of a journal that belongs to another kiosk."""
    return ProblemError(
        500,
        ProblemCode.JOURNAL_OF_ANOTHER_KIOSK,
        "The journal belongs to another kiosk",
        detail=f"{path} is the journal of {theirs}, but this agent is set up as {ours}.",
        hint="Set kiosk_id or state_dir right; never copy a journal to another host.",
    )


def _unreachable(detail: str) -> ProblemError:
    return ProblemError(
        500,
        ProblemCode.JOURNAL_DAMAGED,
        tr("The kiosk's journal cannot be written"),
        detail=tr(
            "The disk or its permissions refused: {detail}. Nothing was recorded.", detail=detail
        ),
        hint=tr("Do not take money. Call support: the disk may be failing."),
        retryable=True,
    )


def _locked(detail: str) -> ProblemError:
    return ProblemError(
        503,
        ProblemCode.JOURNAL_LOCKED,
        tr("Another program holds the kiosk's journal"),
        detail=tr("Nothing was recorded: {detail}.", detail=detail),
        hint=tr("Close the program that opened journal.db, then try again."),
        retryable=True,
        retry_after_s=1,
    )
