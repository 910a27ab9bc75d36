"""Layers of images on their way, in files that outlive a cut line and a restart."""

import hashlib
from pathlib import Path
from typing import Final

_PIECE_BYTES: Final = 1024 * 1024


class BlobFolder:
    """One file for each, by its digest; what is there is its beginning, or all of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def length(self, digest: str) -> int:
        """Return how much of it is there."""
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, digest: str, begin: int, most: int) -> bytes:
        """Return what is there from a byte on, at most so much."""
        with self._path(digest).open("rb") as file:
            file.seek(begin)
            return file.read(most)

    def write(self, digest: str, begin: int, piece: bytes) -> None:
        """Put a piece behind the first `begin` bytes; what was there is cut off. OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._path(digest)
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(begin)
            file.seek(begin)
            file.write(piece)

    def is_sound(self, digest: str) -> bool:
        """Say whether what is there has that digest; it reads all of it."""
        summed = hashlib.sha256()
        with self._path(digest).open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                summed.update(piece)
        return f"sha256:{summed.hexdigest()}" == digest

    def drop(self, digest: str) -> None:
        """Remove it; gone is no failure."""
        self._path(digest).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all of them."""
        for path in self._folder.glob("sha256-*"):
            path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._folder / digest.replace(":", "-")
