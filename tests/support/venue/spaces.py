"""What a host has to itself of this machine: namespaces held by a process, cgroups, mounts."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""Before a command: it ends when its parent does."""


@contextmanager
def holder(*spaces: str) -> Iterator[int]:
    """Hold new namespaces (unshare(1)'s options) by a process; yield its id."""
    command = [*DIES_WITH_US, "unshare", *spaces, "sh", "-c", "echo held; exec sleep infinity"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process.pid
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def own_cgroups(name: str) -> Iterator[list[Path]]:
    """Make a cgroup of that name for systemd to live in; yield the files that take processes.

    Without one of its own, two hosts would have their services in the same cgroups.
    """
    with ExitStack() as stack:
        yield [stack.enter_context(_cgroup(parent / name)) for parent in _hierarchies()]


@contextmanager
def _cgroup(path: Path) -> Iterator[Path]:
    path.mkdir()
    try:
        yield path / "cgroup.procs"
    finally:
        below = sorted((one for one in path.rglob("*") if one.is_dir()), reverse=True)
        for folder in [*below, path]:
            folder.rmdir()


def _hierarchies() -> list[Path]:
    """Return this process's own cgroups in the hierarchies that systemd uses."""
    mounted = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", maxsplit=2)
        for _, place, kind, options, *_ in mounted:
            unified = kind == "cgroup2" and not controllers
            named = kind == "cgroup" and controllers == "name=systemd"
            if unified or (named and "name=systemd" in options.split(",")):
                found.append(Path(place + own))
    return found


@contextmanager
def layered(layers: Sequence[Path], folder: Path) -> Iterator[Path]:
    """Mount the layers, the topmost first; what is written goes to `folder`/written.

    Mounted again, it is as it was left: a disk.
    """
    written, work, root = (folder / name for name in ("written", "work", "root"))
    for path in (written, work, root):
        path.mkdir(parents=True, exist_ok=True)
    lower = ":".join(map(str, layers))
    options = f"lowerdir={lower},upperdir={written},workdir={work}"
    mount = ["mount", "-t", "overlay", "overlay", "-o", options, str(root)]
    subprocess.run(mount, check=True, timeout=20)
    try:
        yield root
    finally:
        subprocess.run(["umount", "--recursive", str(root)], check=True, timeout=20)
