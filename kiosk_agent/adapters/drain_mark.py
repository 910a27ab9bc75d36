"""The marks of a kiosk that drains, has left, or was retired: empty files beside the journal."""

import os
from pathlib import Path
from typing import Final

MARK_NAME: Final = "draining"
LEFT_NAME: Final = "left"
RETIRED_NAME: Final = "retired"


class FileDrainMark:
    """A DrainMark: the file is there or not."""

    def __init__(self, state_dir: Path, name: str = MARK_NAME) -> None:
        self._path = state_dir / name

    def is_set(self) -> bool:
        """Say whether the file is there."""
        return self._path.exists()

    def put(self, *, on: bool) -> None:
        """Make or remove the file and sync the directory."""
        if on:
            self._path.touch(mode=0o600)
        else:
            self._path.unlink(missing_ok=True)
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
