"""A DiskRoom by statvfs, with the reserve as a file in the state directory."""

import os
from pathlib import Path
from typing import Final

RESERVE_NAME: Final = "reserve.room"
_SECTOR: Final = 512
"""The unit of `st_blocks`, whatever the filesystem's own blocks are."""


class StateDirRoom:
    """The room of a state directory."""

    def __init__(self, state_dir: Path, reserve_bytes: int) -> None:
        self._state_dir = state_dir
        self._path = state_dir / RESERVE_NAME
        self._reserve_bytes = reserve_bytes

    def free_bytes(self) -> int:
        """Return what an ordinary user may still write; 0 if the disk can't even be asked."""
        try:
            found = os.statvfs(self._state_dir)
        except OSError:
            return 0
        return found.f_bavail * found.f_frsize

    def holds_reserve(self) -> bool:
        """Say whether the file is there in full; one with holes holds nothing."""
        if not self._reserve_bytes:
            return True
        try:
            found = self._path.stat()
        except OSError:
            return False
        allocated = found.st_blocks * _SECTOR
        return found.st_size == self._reserve_bytes and allocated >= self._reserve_bytes

    def hold_reserve(self) -> bool:
        """Allocate the file; what could not be had in full is given back."""
        if self.holds_reserve():
            return True
        try:
            self._allocate()
        except OSError:
            self.give_up_reserve()
            return False
        return True

    def give_up_reserve(self) -> bool:
        """Remove the file."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def _allocate(self) -> None:
        descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, self._reserve_bytes)
            os.posix_fallocate(descriptor, 0, self._reserve_bytes)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
