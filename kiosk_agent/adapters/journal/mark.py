"""The journal's mark: a small file beside it that says how far the journal has come.

A journal whose write-ahead log was cut, or that was replaced by an older copy, looks sound to
SQLite. The mark tells: it is written after every commit that adds a transaction, without a sync
of its own, so that it never says more than what is durable and costs a few microseconds.
"""

import os
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kiosk_agent.adapters.durable import sync_directory

MARK_NAME: Final = "journal.mark"
_BYTES: Final = 256
"""Less than a disk's sector, so that it is written whole or not at all."""
_OPEN, _CLOSED = "open", "closed"
_FIELDS: Final = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a journal has come, at least."""

    kiosk_id: str
    journal_id: str
    epoch: int
    last_sequence: int
    is_open: bool
    """Whether the write-ahead log must be there with something in it."""


class MarkFile:
    """Reads and writes the mark of the journal at a path. Only the writing thread writes."""

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(MARK_NAME)
        self._written: Mark | None = None

    def exists(self) -> bool:
        """Say whether there was ever a journal here."""
        return self.path.exists()

    def read(self) -> Mark | None:
        """Return the mark; None if there is none, or it is damaged and tells nothing."""
        try:
            text = self.path.read_bytes().decode("ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        words = text.split()
        if len(words) != _FIELDS or words[-1] != _checksum(words[:-1]):
            return None
        kiosk_id, journal_id, epoch, last_sequence, state = words[:-1]
        return Mark(kiosk_id, journal_id, int(epoch), int(last_sequence), state == _OPEN)

    def note(self, mark: Mark) -> None:
        """Write the mark; it is synced when the journal is opened or closed, or changes its id."""
        before = self._written
        if mark == before:
            return
        same = before is not None and replace(before, last_sequence=mark.last_sequence) == mark
        self._write(mark, durable=not same)
        self._written = mark

    def expect_no_log(self) -> None:
        """Say that the log may be gone: a connection is about to close, and takes it with it."""
        mark = self.read()
        if mark is not None and mark.is_open:
            self.note(replace(mark, is_open=False))

    def _write(self, mark: Mark, *, durable: bool) -> None:
        words = [
            mark.kiosk_id,
            mark.journal_id,
            str(mark.epoch),
            str(mark.last_sequence),
            _OPEN if mark.is_open else _CLOSED,
        ]
        text = " ".join([*words, _checksum(words)])
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, text.ljust(_BYTES - 1).encode("ascii") + b"\n", 0)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if durable:
            sync_directory(self.path.parent)


def _checksum(words: list[str]) -> str:
    return f"{zlib.crc32(' '.join(words).encode()):08x}"
