"""A venue host as a room of its own in the kernel: its Docker, its /run, its loopback.

Two kiosks before one Docker would see each other's containers. In a room there is no network but
loopback, so the only ways out are those that `demo.releases.ways` opens; and whatever runs in it
ends with it.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from demo.processes import ProcessError, Service

IMAGES: Final = "/run/images"
"""Where the room's Docker keeps images: in memory, so that nothing of it is left."""
_UI_GROUP: Final = "10600"
_UP_S: Final = 90
_SCRIPT: Final = f"""
set -e
mount -t tmpfs -o size=8g,mode=755 room /run
ip link set lo up
mkdir -p {IMAGES} /run/eventpro /run/eventpro-supervisor
chgrp {_UI_GROUP} /run/eventpro
chmod 2750 /run/eventpro
set +e
dockerd --config-file="$1" --data-root={IMAGES} --bridge=none --iptables=false --ip6tables=false \\
    --ip-forward=false --host=unix:///run/docker.sock </dev/null >&2 &
until docker --host unix:///run/docker.sock info >/dev/null 2>&1; do
    kill -0 $! 2>/dev/null || exit 1
    sleep 0.1
done
echo '{{"event": "room_ready"}}'
wait $!
"""
"""The shell stays, as the room's first process: it reaps whatever else ends in there."""


class Room:
    """A Ground of its own."""

    has_docker = True
    sockets = Path("/run/eventpro")
    supervisor_socket = Path("/run/eventpro-supervisor/supervisor.sock")
    docker_socket = Path("/run/docker.sock")
    images = Path(IMAGES)

    def __init__(self, name: str, folder: Path, log: Path) -> None:
        """`folder` is outside, and seen from inside under the same path."""
        config = folder / "docker.json"
        config.write_text("{}\n")
        self._name = name
        self._service = Service(
            f"Docker of {name}",
            [
                # If the demo itself is killed, the room goes with it.
                *("setpriv", "--pdeathsig", "KILL"),
                *("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"),
                *("sh", "-c", _SCRIPT, "room", str(config)),
            ],
            log=log,
            ready_event="room_ready",
        )
        self._pid = 0

    async def start(self) -> None:
        """Start it and wait until its Docker answers; raises ProcessError."""
        await self._service.start(_UP_S)
        self._pid = _only_child(self._service.pid)

    async def stop(self) -> None:
        """End its Docker, and with it all that is in it."""
        await self._service.stop()

    @property
    def pid(self) -> int:
        """The process, as this machine counts, by whose namespaces it is entered."""
        if not self._pid:
            raise ProcessError(f"the room of {self._name} was not started")
        return self._pid

    def ways_of(self) -> int | None:
        """Return its first process: its network has loopback alone."""
        return self.pid

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return the command that runs `argv` in it."""
        enter = ("nsenter", "--target", str(self.pid), "--mount", "--net", "--pid")
        return [*enter, "--", *argv]


def environment(root: Path) -> Mapping[str, str]:
    """Return what lets our programs be found in a room, which is entered at its root folder."""
    return {"PYTHONPATH": str(root), "PATH": _path()}


def _path() -> str:
    tool = shutil.which("dockerd") or "/usr/sbin/dockerd"
    return f"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{Path(tool).parent}"


def _only_child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if len(children) != 1:
        raise ProcessError(f"process {pid} has the children {children}, and not one")
    return int(children[0])
