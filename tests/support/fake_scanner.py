"""A serial scanner behind a pseudo-terminal, which can be unplugged and plugged in again."""

import os
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FakeScanner:
    """It sends what it scans to whoever has its device open."""

    def __init__(self, device: Path) -> None:
        """`device` is a name that the device has while it is plugged in."""
        self.device = device
        self._ends: tuple[int, int] | None = None

    @property
    def setting(self) -> str:
        """The agent's setting `scanner`."""
        return f"serial:{self.device}"

    def plug_in(self) -> None:
        """Appear."""
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        self._ends = ours, theirs
        self.device.symlink_to(os.ttyname(theirs))

    def unplug(self) -> None:
        """Go: who has it open gets nothing more."""
        if self._ends is not None:
            self.device.unlink()
            for end in self._ends:
                os.close(end)
            self._ends = None

    def scan(self, text: str, end: str = "\r\n") -> None:
        """Send a text and its end."""
        self.send(f"{text}{end}".encode("latin-1"))

    def send(self, data: bytes) -> None:
        """Send bytes."""
        assert self._ends is not None, "it is not plugged in"
        view = memoryview(data)
        while view:
            view = view[os.write(self._ends[0], view) :]


@contextmanager
def fake_scanner(folder: Path) -> Iterator[FakeScanner]:
    """Make a scanner that is not plugged in yet."""
    scanner = FakeScanner(folder / "scanner")
    try:
        yield scanner
    finally:
        scanner.unplug()
