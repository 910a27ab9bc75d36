"""A model of a disk that loses power: what was synced stays, what was not may or may not.

Stricter than most real file systems. A file's bytes are durable once that file was synced; the
name of a file once its *directory* was. Un-synced sectors survive each by itself; un-synced names
survive in the order in which they were made, up to a random one.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.proof.cuts.operations import Kind, Operation


@dataclass(frozen=True, slots=True)
class Weather:
    """How a power cut treats what was not synced."""

    survival: float
    """The chance of each un-synced sector, change of size and change of a name."""
    sector: int = 512
    """Bytes that a disk writes at once."""
    torn: bool = False
    """Whether a sector may also keep a first part of what was written to it, in one time of four
    of those that are lost."""


@dataclass(frozen=True, slots=True)
class _Write:
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Resize:
    size: int
    only_grows: bool


@dataclass(slots=True, eq=False)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[_Write | _Resize] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.durable, change)
        self.pending.clear()

    def after_cut(self, weather: Weather, chance: random.Random) -> bytearray:
        content = bytearray(self.durable)
        for change in self.pending:
            match change:
                case _Write():
                    for part in _surviving(change, weather, chance):
                        _apply(content, part)
                case _Resize():
                    if chance.random() < weather.survival:
                        _apply(content, change)
        return content


@dataclass(frozen=True, slots=True)
class _Name:
    """A change of names: `path` leads to `file` from now on, or to nothing."""

    path: str
    file: _File | None
    gone: str = ""
    """The path that the same change takes away (a rename)."""

    def apply(self, names: dict[str, _File]) -> None:
        names.pop(self.gone, None)
        if self.file is None:
            names.pop(self.path, None)
        else:
            names[self.path] = self.file

    def directories(self) -> set[str]:
        return {str(PurePosixPath(path).parent) for path in (self.path, self.gone) if path}


class Disk:
    """Files and names, durable or pending. Apply operations in order; ask what a cut leaves."""

    def __init__(
        self,
        files: Mapping[str, tuple[int, bytes]],
        directories: Mapping[str, int],
        *,
        directory_syncs: bool = True,
    ) -> None:
        """Begin with durable `files` (path -> inode, content) and `directories` (path -> inode).

        Without `directory_syncs`, syncing a directory does nothing: a control.
        """
        self._directory_syncs = directory_syncs
        self._inodes = {inode: _File(bytearray(data)) for inode, data in files.values()}
        self._names = {path: self._inodes[inode] for path, (inode, _) in files.items()}
        self._durable = dict(self._names)
        self._directories = dict(directories)
        self._pending: list[_Name] = []

    def apply(self, operation: Operation) -> None:
        """Carry an operation out. KeyError if it is on something that was never made."""
        match operation.kind:
            case Kind.CREATE:
                self._inodes[operation.inode] = _File()
                self._name(_Name(operation.path, self._inodes[operation.inode]))
            case Kind.WRITE:
                self._change(operation, _Write(operation.offset, operation.data))
            case Kind.TRUNCATE:
                self._change(operation, _Resize(operation.offset, only_grows=False))
            case Kind.ALLOCATE:
                self._change(operation, _Resize(operation.offset, only_grows=True))
            case Kind.SYNC:
                self._sync(operation.inode)
            case Kind.RENAME:
                moved = self._names[operation.path]
                self._name(_Name(operation.target, moved, gone=operation.path))
            case Kind.LINK:
                self._name(_Name(operation.target, self._names[operation.path]))
            case Kind.UNLINK:
                self._name(_Name(operation.path, None))
            case Kind.MKDIR | Kind.RMDIR | Kind.MARK:
                raise ValueError(f"no run of ours does this: {operation.kind.name}")

    def after_cut(self, weather: Weather, seed: int) -> dict[str, bytearray]:
        """Return what a power cut now leaves: path -> content. The same seed leaves the same."""
        chance = random.Random(seed)
        names = dict(self._durable)
        for name in self._pending:
            if chance.random() >= weather.survival:
                break
            name.apply(names)
        return {
            path: file.after_cut(weather, chance)
            for path, file in sorted(names.items(), key=lambda item: item[0])
        }

    def _name(self, name: _Name) -> None:
        name.apply(self._names)
        self._pending.append(name)

    def _change(self, operation: Operation, change: _Write | _Resize) -> None:
        self._inodes[operation.inode].pending.append(change)

    def _sync(self, inode: int) -> None:
        file = self._inodes.get(inode)
        if file is not None:
            file.sync()
            return
        (directory,) = (path for path, number in self._directories.items() if number == inode)
        if self._directory_syncs:
            self._sync_directory(directory)

    def _sync_directory(self, directory: str) -> None:
        for name in self._pending:
            if directory in name.directories():
                name.apply(self._durable)
        self._pending = [name for name in self._pending if directory not in name.directories()]


def load(folder: Path) -> tuple[dict[str, tuple[int, bytes]], dict[str, int]]:
    """Return the files and directories of a folder, as `Disk` begins with them."""
    places = [folder, *sorted(folder.rglob("*"))]
    files = {
        str(place): (place.stat().st_ino, place.read_bytes()) for place in places if place.is_file()
    }
    return files, {str(place): place.stat().st_ino for place in places if place.is_dir()}


def _surviving(write: _Write, weather: Weather, chance: random.Random) -> Iterator[_Write]:
    """Return the parts of a write that reached the disk, cut at the disk's sectors."""
    end = write.offset + len(write.data)
    start = write.offset
    while start < end:
        stop = min(end, (start // weather.sector + 1) * weather.sector)
        part = write.data[start - write.offset : stop - write.offset]
        if chance.random() < weather.survival:
            yield _Write(start, part)
        elif weather.torn and weather.survival and chance.random() < _TORN:
            yield _Write(start, part[: chance.randrange(1, len(part) + 1)])
        start = stop


_TORN = 0.25


def _apply(content: bytearray, change: _Write | _Resize) -> None:
    match change:
        case _Write():
            _grow(content, change.offset)
            content[change.offset : change.offset + len(change.data)] = change.data
        case _Resize():
            _grow(content, change.size)
            if not change.only_grows:
                del content[change.size :]


def _grow(content: bytearray, size: int) -> None:
    if len(content) < size:
        content.extend(bytes(size - len(content)))
