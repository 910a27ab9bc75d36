"""Durable-state operations as the shim logs them; see `shim.c`."""

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final


class Kind(IntEnum):
    """What an operation does. The numbers are the shim's."""

    CREATE = 1
    WRITE = 2
    TRUNCATE = 3
    SYNC = 4
    RENAME = 5
    LINK = 6
    UNLINK = 7
    MKDIR = 8
    RMDIR = 9
    ALLOCATE = 10
    MARK = 11
    """Not on the disk: the process told the world something."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One logged operation; what a kind does not have is empty or 0."""

    kind: Kind
    path: str = ""
    """Of CREATE, UNLINK, MKDIR, RMDIR, of a TRUNCATE by opening; a RENAME or LINK comes from it."""
    target: str = ""
    """Where a RENAME or LINK goes."""
    inode: int = 0
    offset: int = 0
    """Where a WRITE begins; the new size of a TRUNCATE or ALLOCATE."""
    data: bytes = b""


_HEAD: Final = struct.Struct("<IIQQQ")


def read_log(path: Path) -> list[Operation]:
    """Return the operations and marks of a log, in order. ValueError if it is cut short."""
    return list(_read(path.read_bytes()))


def _read(log: bytes) -> Iterator[Operation]:
    place = 0
    while place < len(log):
        if place + _HEAD.size > len(log):
            raise ValueError("the log ends in the middle of a record")
        number, path_bytes, inode, offset, data_bytes = _HEAD.unpack_from(log, place)
        path_at = place + _HEAD.size
        data_at = path_at + path_bytes
        place = data_at + data_bytes
        if place > len(log):
            raise ValueError("the log ends in the middle of a record")
        first, _, second = log[path_at:data_at].decode().partition("\n")
        yield Operation(Kind(number), first, second, inode, offset, log[data_at:place])


@dataclass(frozen=True, slots=True)
class Recording:
    """A run as it can be cut: its operations, and what had been told after each of them."""

    operations: Sequence[Operation]
    marks: Sequence[tuple[int, dict[str, Any]]]
    """(how many operations came before, what was told), in order."""

    def told_before(self, cut: int) -> list[dict[str, Any]]:
        """Return what was told before operation number `cut` (from 0) began."""
        return [told for before, told in self.marks if before <= cut]


def recording(log: Sequence[Operation]) -> Recording:
    """Divide a log into operations on the disk and what was told; a mark is a line of JSON."""
    operations: list[Operation] = []
    marks: list[tuple[int, dict[str, Any]]] = []
    for operation in log:
        if operation.kind is Kind.MARK:
            marks += [(len(operations), json.loads(line)) for line in operation.data.splitlines()]
        else:
            operations.append(operation)
    return Recording(operations, marks)
