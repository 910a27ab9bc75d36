"""Small filesystems of their own, to be filled to the last byte. Only root can mount them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 24_000_000


@contextmanager
def small_filesystem(kind: str, folder: Path) -> Iterator[Path]:
    """Mount a filesystem of SIZE bytes, `tmpfs` or `ext4` (in a file); unmount it at the end."""
    place = folder / "mounted"
    place.mkdir()
    if kind == "tmpfs":
        source = ["-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs"]
    else:
        image = folder / "image"
        with image.open("wb") as file:
            file.truncate(SIZE)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
        source = ["-o", "loop", str(image)]
    subprocess.run(["mount", *source, str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def fill(folder: Path) -> Path:
    """Write a file until not one byte more fits; return it."""
    path = folder / "filler"
    block = 1 << 20
    with path.open("ab", buffering=0) as file:
        while block:
            try:
                if file.write(b"\0" * block) < block:
                    block //= 2
            except OSError:
                block //= 2
    return path
