"""A write-ahead log whose file is gone or empty, or is damaged at its beginning.

SQLite reads a log only behind a file with a first page. The log's own copy of that will do,
whatever else it holds; where it has none, the file's own with the header that it must have had.
"""

import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from kiosk_agent.adapters.journal.files import wal_of

_LOG_HEADER: Final = struct.Struct(">IIIIIIII")
"""Magic, format, size of pages, count of checkpoints, two salts, two checksums."""
_FRAME_HEADER: Final = struct.Struct(">IIIIII")
"""Page, size of the file after a commit, two salts, two checksums."""
_LOG_MAGIC: Final = frozenset({0x377F0682, 0x377F0683})
_MAGIC: Final = b"SQLite format 3\x00"
_WRITTEN_BY_LOG: Final = b"\x02\x02\x00\x40\x20\x20"
"""Format numbers of a file with a log, bytes kept free, the three fixed fractions."""
_PAGE_SIZES: Final = frozenset(1 << power for power in range(9, 17))
_LARGEST_PAGE: Final = 1 << 16
_OWNER_ONLY: Final = 0o600


@contextmanager
def begun_by_log(path: Path, scratch: Path) -> Iterator[Path]:
    """Return the file to read: `path`, or one at `scratch` that lets SQLite read the log.

    That one has the same log, by a link where the file system has them, and is removed at the end.
    """
    first = _beginning(path)
    if first is None:
        yield path
        return
    try:
        _make(path, scratch, first)
        yield scratch
    finally:
        for left in scratch.parent.glob(f"{scratch.name}*"):
            left.unlink(missing_ok=True)


def _beginning(path: Path) -> bytes | None:
    """Return what the file should begin with; None if it does, or nobody can tell."""
    try:
        with wal_of(path).open("rb") as log:
            magic, _, page_size, _, *salts, _, _ = _LOG_HEADER.unpack(log.read(_LOG_HEADER.size))
            if magic not in _LOG_MAGIC or page_size not in _PAGE_SIZES:
                return None
            page = _first_page(log, page_size, salts)
    except (FileNotFoundError, struct.error):
        return None
    said = 1 if page_size == _LARGEST_PAGE else page_size
    header = _MAGIC + said.to_bytes(2, "big") + _WRITTEN_BY_LOG
    there = b""
    if path.exists():
        with path.open("rb") as file:
            there = file.read(page_size)
    if len(there) < page_size:
        return page
    if page is not None or there.startswith(header):
        # SQLite takes the log's own before it looks at the file's.
        return None
    return header + there[len(header) :]


def _first_page(log: BinaryIO, page_size: int, salts: list[int]) -> bytes | None:
    """Return a copy of the first page, whichever: SQLite takes the one that was committed last."""
    while len(head := log.read(_FRAME_HEADER.size)) == _FRAME_HEADER.size:
        number, _, *salted, _, _ = _FRAME_HEADER.unpack(head)
        content = log.read(page_size)
        if salted != salts or len(content) < page_size:
            return None
        if number == 1 and content.startswith(_MAGIC):
            return content
    return None


def _make(path: Path, scratch: Path, first: bytes) -> None:
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as new:
        new.write(first)
        if path.exists():
            with path.open("rb") as old:
                old.seek(len(first))
                shutil.copyfileobj(old, new)
    log = wal_of(scratch)
    log.unlink(missing_ok=True)
    try:
        log.hardlink_to(wal_of(path))
    except OSError:
        shutil.copyfile(wal_of(path), log)
