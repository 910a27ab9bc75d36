"""A container image of busybox alone, for tests of what runs containers.

Its only layer is Debian's static busybox, so nothing is pulled from anywhere.
"""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.containers.docker import docker
from tests.support.containers.required import ROOT

PLACE = ROOT / "build/containers"
IMAGE = "ecs-agent-test/tiny:1"
_PACKAGE = "busybox-static"
_COMMANDS = ("cat", "date", "env", "false", "id", "ip", "ls", "sh", "sleep", "touch", "true", "tty")
_LABEL = "com.amazonaws.ecs.cluster"


def tiny_image() -> str:
    """Return the name of the image, which is made if Docker does not have it."""
    known = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=False)
    if known.returncode:
        subprocess.run(["docker", "import", "-", IMAGE], input=_tree(), check=True, text=False)
    return IMAGE


@contextmanager
def removed_containers(cluster: str) -> Iterator[None]:
    """Remove the containers that an agent of this cluster made when the block ends."""
    try:
        yield
    finally:
        found = docker("ps", "-aq", "--filter", f"label={_LABEL}={cluster}").split()
        if found:
            docker("rm", "-fv", *found)


def _tree() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for folder in ("bin", "tmp", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        content = _busybox().read_bytes()
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(content), 0o755
        tar.addfile(entry, io.BytesIO(content))
        for command in _COMMANDS:
            entry = tarfile.TarInfo(f"bin/{command}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return stream.getvalue()


def _busybox() -> Path:
    """Return a busybox that needs no library: the host's, or Debian's package unpacked."""
    unpacked = PLACE / _PACKAGE / "bin/busybox"
    if not unpacked.exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-q", _PACKAGE], cwd=PLACE, check=True)
        [package] = PLACE.glob(f"{_PACKAGE}_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, PLACE / _PACKAGE], check=True)
        package.unlink()
    return unpacked
