"""The agent's own scanner, and where it keeps what was learnt of the others."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from kiosk_contracts.scanning import ScannerLayout


class ScannerAwayError(Exception):
    """The scanner can't be opened, or was unplugged; it may come back."""


class OpenScanner(Protocol):
    """A scanner that is there."""

    async def read(self) -> bytes:
        """Return what came, at least one byte; may be cancelled without loss. ScannerAwayError."""
        ...


class ScannerPort(Protocol):
    """Where a scanner is, whether it is there or not."""

    def opened(self) -> AbstractAsyncContextManager[OpenScanner]:
        """Open it for us alone; what was sent before is not read. ScannerAwayError."""
        ...


class ScannerLayouts(Protocol):
    """Keeps the keyboard layout that a scan of the calibration code has shown."""

    def load(self) -> ScannerLayout | None:
        """Return what is kept; None if nothing is, or if it can't be read any more."""
        ...

    def save(self, layout: ScannerLayout | None) -> None:
        """Keep it, or nothing any more; it is on disk then. ProblemError `storage_full`."""
        ...
