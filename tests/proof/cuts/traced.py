"""Runs a program under the shim and strace at once, so that the one's log proves the other's.

strace (Debian's package of that name) sees every system call that names a file or uses a
descriptor; the shim sees what goes through libc. Both must tell the same operations on the
folder, in the same order. A call on the folder that is in none of the lists below is an error.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.proof.cuts.operations import Kind, Operation

ROOT: Final = Path(__file__).resolve().parents[3]
SHIM: Final = Path(__file__).with_name("shim.c")

ON_FILE: Final = {
    "write": Kind.WRITE,
    "pwrite64": Kind.WRITE,
    "writev": Kind.WRITE,
    "pwritev": Kind.WRITE,
    "pwritev2": Kind.WRITE,
    "ftruncate": Kind.TRUNCATE,
    "truncate": Kind.TRUNCATE,
    "fsync": Kind.SYNC,
    "fdatasync": Kind.SYNC,
    "sync_file_range": Kind.SYNC,
    "fallocate": Kind.ALLOCATE,
    "rename": Kind.RENAME,
    "renameat": Kind.RENAME,
    "renameat2": Kind.RENAME,
    "link": Kind.LINK,
    "linkat": Kind.LINK,
    "unlink": Kind.UNLINK,
    "mkdir": Kind.MKDIR,
    "mkdirat": Kind.MKDIR,
    "rmdir": Kind.RMDIR,
}
"""System calls that change durable state or wait for it, besides opens that make or empty a file
and `unlinkat`, which goes by its flag."""
OPENS: Final = frozenset({"open", "openat", "creat"})
HARMLESS: Final = frozenset(
    {
        "access", "chmod", "close", "execve", "faccessat2", "fchmod", "fchown", "fcntl", "flock",
        "fstat", "geteuid", "getdents64", "ioctl", "lseek", "lstat", "mmap", "newfstatat",
        "pread64", "read", "readlink", "stat", "statfs", "statx", "utimensat",
    }
)  # fmt: skip
"""System calls that leave contents and names as they are. `mmap` counts as one because SQLite maps
only its -shm file, which holds nothing durable; `fcntl` takes locks."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An operation as strace tells it."""

    kind: Kind
    path: str


_CALL: Final = re.compile(r"^(?P<name>\w+)\((?P<rest>.*)\)\s+= (?P<result>-?\w+)")
_LINE: Final = re.compile(r"^(?P<pid>\d+) +(?P<call>.*)$")
_RESUMED: Final = re.compile(r"^<\.\.\. \w+ resumed>(?P<rest>.*)$")
_UNFINISHED: Final = " <unfinished ...>"


def build_shim(folder: Path) -> Path:
    """Compile the shim with the machine's `cc`."""
    built = folder / "shim.so"
    flags = ("-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared")
    subprocess.run(["cc", *flags, "-o", built, SHIM, "-lpthread"], check=True)
    return built


async def run_traced(program: Sequence[str], folder: Path, work: Path) -> tuple[Path, Path]:
    """Run Python with `program` as arguments; return the shim's log and strace's.

    `folder` is what is logged, `work` where the logs go. In the environment, PROOF_FOLDER and
    PROOF_MARKS say where the folder and the marks are. RuntimeError if the program fails.
    """
    if shutil.which("strace") is None:
        raise RuntimeError("strace is missing; do: sudo apt-get install strace")
    log, trace = work / "operations.log", work / "strace.log"
    ours = {
        "LD_PRELOAD": str(build_shim(work)),
        "PROOF_FOLDER": str(folder),
        "PROOF_LOG": str(log),
        "PROOF_MARKS": str(work / "marks"),
    }
    given = [word for name, value in ours.items() for word in ("-E", f"{name}={value}")]
    process = await asyncio.create_subprocess_exec(
        *("strace", "-f", "-y", "-s", "0", "-e", "trace=%file,%desc", "-o", str(trace), *given),
        *(sys.executable, *program),
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the run failed with {process.returncode}: {told.decode()}")
    return log, trace


def seen_by_strace(trace: str, folder: Path, existing: Sequence[str]) -> list[Seen]:
    """Return the operations on `folder` in a trace; `existing` are its files at the beginning.

    ValueError on a system call that might change the folder and is not known here.
    """
    names = set(existing)
    seen: list[Seen] = []
    for name, rest in _calls(trace):
        if str(folder) not in rest:
            continue
        one = _read_call(name, rest, names, str(folder))
        if one is None:
            continue
        seen.append(one)
        match one.kind:
            case Kind.CREATE:
                names.add(one.path)
            case Kind.UNLINK | Kind.RENAME:
                names.discard(one.path)
                names.update(_paths(rest)[1:])
            case Kind.LINK:
                names.update(_paths(rest)[1:])
            case _:
                pass
    return seen


def seen_by_shim(operations: Sequence[Operation], inodes: dict[int, str]) -> list[Seen]:
    """Return logged operations as strace would tell them; `inodes` name what was there before."""
    names = dict(inodes)
    seen: list[Seen] = []
    for operation in operations:
        if operation.kind in {Kind.CREATE, Kind.MKDIR}:
            names[operation.inode] = operation.path
        if operation.kind is Kind.RENAME:
            names = {
                inode: operation.target if path == operation.path else path
                for inode, path in names.items()
            }
        seen.append(Seen(operation.kind, operation.path or names[operation.inode]))
    return seen


def counts(seen: Sequence[Seen]) -> dict[str, int]:
    """Return how many operations there are of each kind."""
    return dict(Counter(one.kind.name.lower() for one in seen))


def _calls(trace: str) -> Iterator[tuple[str, str]]:
    """Return (name, arguments) of the calls that succeeded, in the order in which they ended."""
    begun: dict[str, str] = {}
    for line in trace.splitlines():
        parts = _LINE.match(line)
        if parts is None:
            continue
        pid, call = parts["pid"], parts["call"]
        if call.endswith(_UNFINISHED):
            begun[pid] = call.removesuffix(_UNFINISHED)
            continue
        resumed = _RESUMED.match(call)
        if resumed is not None:
            call = begun.pop(pid) + resumed["rest"]
        whole = _CALL.match(call)
        if whole is not None and not whole["result"].startswith("-"):
            yield whole["name"], whole["rest"]


def _read_call(name: str, rest: str, existing: set[str], folder: str) -> Seen | None:
    path = next((path for path in _paths(rest) if path.startswith(folder)), "")
    if not path:
        return None
    if name in OPENS:
        makes = "O_CREAT" in rest or name == "creat"
        if makes and path not in existing:
            return Seen(Kind.CREATE, path)
        return Seen(Kind.TRUNCATE, path) if "O_TRUNC" in rest or name == "creat" else None
    if name == "unlinkat":
        return Seen(Kind.RMDIR if "AT_REMOVEDIR" in rest else Kind.UNLINK, path)
    if name in ON_FILE:
        return Seen(ON_FILE[name], path)
    if name not in HARMLESS:
        raise ValueError(f"is {name} an operation on the disk? {name}({rest})")
    return None


def _paths(rest: str) -> list[str]:
    """Return the paths in a call's arguments: of its first descriptor, and those in quotes."""
    descriptor = re.match(r"^\d+<([^>]*)>", rest)
    quoted = re.findall(r'"([^"]*)"', rest)
    return [descriptor[1]] if descriptor is not None else [path for path in quoted if path]
