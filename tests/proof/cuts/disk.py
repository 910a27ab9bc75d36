"""A model of a disk that loses power: what was synced stays, what was not may or may not.

Stricter than most real file systems. A file's bytes are durable once that file was synced
(`contents.py`); the name of a file, or of a directory, once the directory that it is in was. What
is in a directory that is not there is not there. Un-synced names survive in the order in which they
were made, up to a random one. A rename survives whole or not at all, from one directory to another
too, as a file system with a journal has it.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tests.proof.cuts.contents import Contents, Resize, Weather, Write
from tests.proof.cuts.operations import Kind, Operation


@dataclass(frozen=True, slots=True, eq=False)
class _Directory:
    """A directory: what is in it, the disk's names tell by their paths."""


_Node = Contents | _Directory


@dataclass(frozen=True, slots=True, eq=False)
class _Name:
    """A change of names: `path` leads to `node` from now on, or to nothing."""

    path: str
    node: _Node | None
    gone: str = ""
    """The path that the same change takes away (a rename)."""

    def apply(self, names: dict[str, _Node]) -> None:
        names.pop(self.gone, None)
        if self.node is not None:
            names[self.path] = self.node
        elif isinstance(names.pop(self.path, None), _Directory):
            # One that is made there later is another one, and empty.
            for path in [path for path in names if path.startswith(f"{self.path}/")]:
                del names[path]

    def directories(self) -> set[str]:
        return {_parent(path) for path in self._paths()}

    def comes_after(self, other: "_Name") -> bool:
        """Say whether this can't be on the disk unless `other`, which was made before, is."""
        mine = self._paths()
        return any(
            theirs == path or theirs.startswith(f"{path}/")
            for path in mine
            for theirs in other._paths()
        )

    def _paths(self) -> list[str]:
        return [path for path in (self.path, self.gone) if path]


@dataclass(frozen=True, slots=True)
class Left:
    """What a power cut leaves."""

    files: dict[str, bytearray]
    """Path -> content."""
    directories: list[str]
    """Each after the one that it is in."""


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

        A directory that none of the others holds is always there. Without `directory_syncs`,
        syncing a directory does nothing: a control.
        """
        self._directory_syncs = directory_syncs
        self._inodes: dict[int, _Node] = {
            inode: Contents(bytearray(data)) for inode, data in files.values()
        }
        self._inodes |= {inode: _Directory() for inode in directories.values()}
        self._names = {path: self._inodes[inode] for path, (inode, _) in files.items()}
        self._names |= {path: self._inodes[inode] for path, inode in directories.items()}
        self._roots = {path for path in directories if _parent(path) not in directories}
        self._durable = dict(self._names)
        self._pending: list[_Name] = []

    def apply(self, operation: Operation) -> None:
        """Carry an operation out.

        KeyError if it is on something that was never made, ValueError if no run of ours does it.
        """
        match operation.kind:
            case Kind.WRITE:
                self._change(operation, Write(operation.offset, operation.data))
            case Kind.TRUNCATE:
                self._change(operation, Resize(operation.offset, only_grows=False))
            case Kind.ALLOCATE:
                self._change(operation, Resize(operation.offset, only_grows=True))
            case Kind.SYNC:
                self._sync(self._inodes[operation.inode])
            case Kind.MARK:
                raise ValueError(f"this is not on the disk: {operation.kind.name}")
            case _:
                self._apply_to_names(operation)

    def after_cut(self, weather: Weather, seed: int) -> Left:
        """Return what a power cut now leaves. The same seed leaves the same."""
        chance = random.Random(seed)
        names = dict(self._durable)
        for name in self._pending:
            if chance.random() >= weather.survival:
                break
            name.apply(names)
        left = Left({}, [])
        there: set[str] = set()
        for path, node in sorted(names.items(), key=lambda item: item[0]):
            if path not in self._roots and _parent(path) not in there:
                continue
            match node:
                case Contents():
                    left.files[path] = node.after_cut(weather, chance)
                case _Directory():
                    left.directories.append(path)
                    there.add(path)
        return left

    def _apply_to_names(self, operation: Operation) -> None:
        match operation.kind:
            case Kind.CREATE:
                self._make(operation, Contents())
            case Kind.MKDIR:
                self._make(operation, _Directory())
            case Kind.RENAME:
                moved = self._file_at(operation)
                self._name(_Name(operation.target, moved, gone=operation.path))
            case Kind.LINK:
                self._name(_Name(operation.target, self._file_at(operation)))
            case _:
                self._name(_Name(operation.path, None))

    def _make(self, operation: Operation, node: _Node) -> None:
        self._inodes[operation.inode] = node
        self._name(_Name(operation.path, node))

    def _name(self, name: _Name) -> None:
        name.apply(self._names)
        self._pending.append(name)

    def _file_at(self, operation: Operation) -> Contents:
        node = self._names[operation.path]
        if isinstance(node, _Directory):
            raise ValueError(f"no run of ours does this to a directory: {operation.kind.name}")  # noqa: TRY004  it is the run's
        return node

    def _change(self, operation: Operation, change: Write | Resize) -> None:
        node = self._inodes[operation.inode]
        if isinstance(node, _Directory):
            raise ValueError(f"this is a directory: {operation.kind.name}")  # noqa: TRY004  the same
        node.pending.append(change)

    def _sync(self, node: _Node) -> None:
        match node:
            case Contents():
                node.sync()
            case _Directory() if self._directory_syncs:
                for path in [path for path, one in self._names.items() if one is node]:
                    self._sync_directory(path)
            case _Directory():
                pass

    def _sync_directory(self, directory: str) -> None:
        """Make the names in a directory durable, and what was done to the same paths before."""
        durable: list[_Name] = []
        pending: list[_Name] = []
        for name in reversed(self._pending):
            is_in_it = directory in name.directories()
            due = is_in_it or any(later.comes_after(name) for later in durable)
            (durable if due else pending).append(name)
        for name in reversed(durable):
            name.apply(self._durable)
        self._pending = pending[::-1]


def load(folder: Path) -> tuple[dict[str, tuple[int, bytes]], dict[str, int]]:
    """Return the files and directories of a folder, as `Disk` begins with them."""
    places = [folder, *sorted(folder.rglob("*"))]
    files = {
        str(place): (place.stat().st_ino, place.read_bytes()) for place in places if place.is_file()
    }
    return files, {str(place): place.stat().st_ino for place in places if place.is_dir()}


def _parent(path: str) -> str:
    return str(PurePosixPath(path).parent)
