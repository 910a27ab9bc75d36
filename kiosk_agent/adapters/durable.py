"""Files that are whole after a power cut: written beside, synced, renamed, directory synced."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_OWNER_ONLY: Final = 0o600


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Make a file's content durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes, mode: int = _OWNER_ONLY) -> None:
    """Put `content` in place of the file; a reader finds the old one or the new one, never half.

    It is on disk when this returns. Raises OSError; then the file is as it was.
    """
    beside = path.with_name(path.name + ".part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)


def move(source: Path, target: Path) -> None:
    """Rename within one file system; both directories are synced."""
    source.rename(target)
    sync_directory(target.parent)
    sync_directory(source.parent)


def make_directory(path: Path) -> None:
    """Make a directory of one's own, with those above it that are missing; all are synced."""
    if path.is_dir():
        keep_name(path)
        return
    if not path.parent.is_dir():
        make_directory(path.parent)
    path.mkdir(mode=0o700)
    sync_directory(path.parent)


def make_folder(path: Path, mode: int = 0o700) -> None:
    """Make a folder whose parent exists, such as one on a stick; its name is synced.

    One that is there stays as it is. Raises OSError.
    """
    path.mkdir(mode=mode, exist_ok=True)
    sync_directory(path.parent)


def keep_name(path: Path) -> None:
    """Make the name of a directory durable that is there already.

    Who made it may have been killed before that. Where it can't be done, e.g. of a mount point in a
    read-only image, nobody of ours made it.
    """
    with suppress(OSError):
        sync_directory(path.parent)


def remove(path: Path) -> None:
    """Remove a file, if it is there; the directory is synced."""
    path.unlink(missing_ok=True)
    sync_directory(path.parent)
