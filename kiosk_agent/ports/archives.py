"""Files that keep transactions which have left the journal."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from kiosk_agent.domain.archiving import ArchiveFacts, ArchiveLine


class ArchiveError(Exception):
    """An archive is missing, damaged or can't be written; says which and why."""


class Archives(Protocol):
    """A folder of archives. Everything blocks, and raises ArchiveError."""

    def write(self, journal_id: UUID, lines: Sequence[ArchiveLine]) -> ArchiveFacts:
        """Write lines of consecutive sequences durably and read them back.

        Returns only once the file is known to be whole; writing the same again is harmless.
        """
        ...

    def verify(self, name: str) -> ArchiveFacts:
        """Return what the last line says, if the file bears it out, chain included."""
        ...

    def read(self, name: str) -> Sequence[ArchiveLine]:
        """Return the lines."""
        ...

    def names(self) -> Sequence[str]:
        """Return the archives that are there, sorted."""
        ...

    def remove(self, name: str) -> None:
        """Remove an archive whose transactions are all in the journal."""
        ...

    def clear_half_written(self) -> None:
        """Remove what a kill left of files that never got their name."""
        ...
