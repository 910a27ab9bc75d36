"""What a machine lacks to show releases: they are shown with real containers, or not at all."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TOOLS: Final = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "containerd": "containerd",
    "docker-registry": "docker-registry",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}
"""Commands that it takes, and the Debian packages that have them."""
_ASK_S: Final = 30


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to show releases with."""

    is_root: bool
    tools: frozenset[str]
    """Those of TOOLS that are there."""
    docker_says: str
    """Why Docker does not answer; empty if it does."""


def missing(machine: Machine) -> Sequence[str]:
    """Return what is missing, each in words that say what to do; none: they can be shown."""
    found = []
    lacks = sorted(TOOLS.keys() - machine.tools)
    if lacks:
        packages = " ".join(sorted({TOOLS[tool] for tool in lacks}))
        found.append(f"{', '.join(lacks)}: apt-get install {packages}")
    if not machine.is_root:
        found.append("root: each venue host is a room of its own in the kernel; run it as root")
    if "docker" in machine.tools and machine.docker_says:
        found.append(
            f"a Docker that answers, to build the images with (it says: {machine.docker_says}): "
            "systemctl start docker"
        )
    return found


def this_machine() -> Machine:
    """Look at this machine."""
    there = frozenset(tool for tool in TOOLS if shutil.which(tool) is not None)
    return Machine(os.geteuid() == 0, there, _docker_says() if "docker" in there else "")


def _docker_says() -> str:
    try:
        asked = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_ASK_S,
        )
    except subprocess.TimeoutExpired:
        return f"nothing, for {_ASK_S} s"
    if asked.returncode == 0:
        return ""
    return " ".join(asked.stderr.split()) or f"exit status {asked.returncode}"
