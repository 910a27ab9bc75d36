"""A wall clock that a test turns under programs that run, by libfaketime; nobody else's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

_LIBRARIES: Final = Path("/usr/lib")
_INSIDE: Final = "/turned-clock"


@dataclass
class TurnedClock:
    """CLOCK_REALTIME as libfaketime(1) tells it; the clocks that count from the boot stay."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.turn(timedelta())

    def turn(self, by: timedelta) -> None:
        """Let it be so much ahead of the machine's own from now on, for whoever looks next."""
        before = self._file.with_suffix(".new")
        before.write_text(f"{by.total_seconds():+.0f}\n")
        before.replace(self._file)

    @property
    def variables(self) -> dict[str, str]:
        """Give what a program on this machine goes by it with."""
        return _variables(_library(), self._file)

    @property
    def words(self) -> Sequence[str]:
        """Return what has a container go by it."""
        inside = Path(_INSIDE)
        pairs = _variables(inside / "library.so", inside / "folder" / self._file.name)
        return [
            f"--volume={_library()}:{_INSIDE}/library.so:ro",
            f"--volume={self.folder}:{_INSIDE}/folder:ro",
            *(f"--env={name}={value}" for name, value in pairs.items()),
        ]

    @property
    def _file(self) -> Path:
        return self.folder / "ahead"


def _library() -> Path:
    [found] = _LIBRARIES.glob("*/faketime/libfaketime.so.1")
    return found


def _variables(library: Path, file: Path) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        # It looks into the file each time it is asked, and leaves times of files alone.
        "FAKETIME_NO_CACHE": "1",
        "NO_FAKE_STAT": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # With its mend for an older libc, Python's threads wait a second for each other.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }
