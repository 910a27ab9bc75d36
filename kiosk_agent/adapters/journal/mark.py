"""The journal's mark: a small file beside it that says how far the journal has come.

A journal whose write-ahead log was cut or is gone, or that was replaced by an older copy, looks
sound to SQLite. The mark tells: it is written after every commit that changes anything, without a
sync of its own, so that it never says more than what is durable and costs a few microseconds.
"""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk_agent.adapters.durable import sync, sync_directory

MARK_NAME: Final = "journal.mark"
_BYTES: Final = 256
"""Less than a disk's sector, so that it is written whole or not at all."""
_FIELDS: Final = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a journal has come, at least."""

    kiosk_id: str
    journal_id: str
    epoch: int
    last_sequence: int
    commits: int
    """How many commits had changed anything."""


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
        kiosk_id, journal_id, *counts = words[:-1]
        try:
            return Mark(kiosk_id, journal_id, *map(int, counts))
        except ValueError:
            return None

    def note(self, mark: Mark) -> None:
        """Write the mark; the first in a run is synced, and each that names another journal."""
        before = self._written
        known = before is not None and (before.journal_id, before.epoch) == (
            mark.journal_id,
            mark.epoch,
        )
        self._write(mark, durable=not known)
        self._written = mark

    def sync(self) -> None:
        """Sync what was written without; nothing where there is no mark yet."""
        if self.path.exists():
            sync(self.path)

    def _write(self, mark: Mark, *, durable: bool) -> None:
        words = [
            mark.kiosk_id,
            mark.journal_id,
            str(mark.epoch),
            str(mark.last_sequence),
            str(mark.commits),
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
