"""A bare host to become a kiosk: a temporary root, and commands that touch nothing else."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.bootstrap.host import Host
from tests.support.venue_host import VenueHost

OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'
_FILES = {
    "etc/os-release": OS_RELEASE,
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "proc/meminfo": "MemTotal: 4000000 kB\n",
    "sys/fs/cgroup/cgroup.controllers": "cpu memory pids",
    "run/systemd/system/here": "",
    "dev/tty1": "",
    "sys/class/dmi/id/product_uuid": "4c4c4544-0042-3010-8054-b7c04f4d3432\n",
}
_UNIT = "[Service]\nExecStart=/bin/sleep 600\n"
# What the preflight and the package step would ask of a real host. Each call is written down.
_COMMANDS = {
    "apt": "",
    "apt-get": "",
    "apt-config": 'cat "$LOCAL_REGION_ROOT/run/apt-config" 2>&- || true',
    "dpkg": '[ "$1" != --audit ] || cat "$LOCAL_REGION_ROOT/run/half-installed" 2>&- || true',
    "docker": 'echo "24.0.0"',
    "lsblk": 'cat "$LOCAL_REGION_ROOT/run/lsblk.json"',
    "mount": "exit 32",
    "umount": "",
}


@dataclass(frozen=True, slots=True)
class RootOfTree(Host):
    """The host of a tree, whose root we are."""

    def is_root(self) -> bool:
        return True


@contextmanager
def bare_host(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[VenueHost, Host]]:
    """Give a bare host, with our two units installed, and how bootstrap sees it."""
    folder.mkdir(exist_ok=True)
    with VenueHost(folder) as venue:
        for name, text in _FILES.items():
            venue.write(name, text)
        for unit in ("kiosk-agent", "kiosk-supervisor"):
            venue.write(f"etc/systemd/system/{unit}.service", _UNIT)
        for name, does in _COMMANDS.items():
            tool = folder / "tools" / name
            tool.write_text(
                f'#!/bin/bash\necho "{name} $*" >>"$LOCAL_REGION_ROOT/run/ran"\n{does}\n'
            )
            tool.chmod(0o755)
        venue.write("run/lsblk.json", '{"blockdevices": []}')
        for name in os.environ:
            if name.startswith("AWS_"):
                patch.delenv(name)
        for name in ("PATH", *(one for one in venue.environment if one.startswith("LOCAL_REGION"))):
            patch.setenv(name, venue.environment[name])
        patch.setenv("GNUPGHOME", venue.environment["GNUPGHOME"])
        yield venue, RootOfTree(folder, f"http://127.0.0.1:{venue.port}")


def ran(venue: VenueHost) -> list[str]:
    """Return the commands that were run, as they were written down."""
    path = venue.root / "run/ran"
    return path.read_text().splitlines() if path.exists() else []


def steps_recorded(venue: VenueHost) -> list[tuple[str, str]]:
    """Return each step and what became of it, as the host remembers it."""
    told: dict[str, Any] = json.loads(venue.text("var/lib/eventpro/bootstrap.json"))
    return [(one["step"], one["outcome"]) for one in told["steps"]]
