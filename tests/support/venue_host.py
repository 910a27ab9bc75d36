"""A host's folders under a temporary root, and a systemctl that runs what the units say."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

_SYSTEMCTL = r"""#!/bin/bash
# Runs units of $LOCAL_REGION_ROOT in the background; enough of systemctl for an installer.
units="$LOCAL_REGION_ROOT/etc/systemd/system" run="$LOCAL_REGION_ROOT/run"
mkdir -p "$run"
echo "$*" >>"$run/calls"
# One that ended and that nobody has reaped yet is no process that runs.
alive() {
    [ -f "$run/$1.pid" ] || return 1
    local stat
    stat="$(cat "/proc/$(cat "$run/$1.pid")/stat" 2>/dev/null)" || return 1
    [[ "${stat##*) }" != Z* ]]
}
case "$1" in
enable) touch "$run/$2.enabled" ;;
is-enabled) [ -f "$run/$2.enabled" ] ;;
is-active) alive "$2" ;;
cat) cat "$units/$2.service" ;;
start)
    [ -f "$units/$2.service" ] || exit 5
    alive "$2" && exit 0
    (
        # A service inherits nothing of whoever asked for its start.
        for one in /proc/$BASHPID/fd/*; do
            number="${one##*/}"
            [ "$number" -le 2 ] || [ "$number" -eq 255 ] || eval "exec $number>&-"
        done
        exec $(sed -n 's/^ExecStart=//p' "$units/$2.service")
    ) >>"$run/$2.log" 2>&1 &
    echo $! >"$run/$2.pid"
    ;;
stop)
    alive "$2" || exit 0
    kill "$(cat "$run/$2.pid")"
    for _ in $(seq 100); do alive "$2" || exit 0; sleep 0.05; done
    kill -9 "$(cat "$run/$2.pid")"
    ;;
restart) "$0" stop "$2" && "$0" start "$2" ;;
esac
"""


class VenueHost:
    """One host. Use as a context manager: its processes end with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        tools = root / "tools"
        tools.mkdir()
        systemctl = tools / "systemctl"
        systemctl.write_text(_SYSTEMCTL)
        systemctl.chmod(0o755)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
            "PATH": f"{tools}:{os.environ['PATH']}",
            "LOCAL_REGION_ROOT": str(root),
            "LOCAL_REGION_POLL_S": "0.5",
            "LOCAL_REGION_INTROSPECTION_PORT": str(self.port),
            "GNUPGHOME": str(self._folder("gnupg", 0o700)),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.root.glob("run/*.pid"):
            self._end(int(file.read_text()))
        command = ["gpgconf", "--kill", "all"]
        subprocess.run(command, env=self.environment, check=False, capture_output=True)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this host."""
        return subprocess.run(
            command,
            env=self.environment,
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def text(self, name: str) -> str:
        """Return a file's text."""
        return (self.root / name).read_text()

    def json(self, name: str) -> dict[str, Any]:
        """Return a file's JSON."""
        told: dict[str, Any] = json.loads(self.text(name))
        return told

    def calls(self) -> list[str]:
        """Return what systemctl was asked."""
        return self.text("run/calls").splitlines()

    def write(self, name: str, text: str) -> None:
        """Write a file and its folders."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def _folder(self, name: str, mode: int) -> Path:
        folder = self.root / name
        folder.mkdir(mode=mode)
        return folder

    def _end(self, number: int) -> None:
        # The shell that started it is gone, so the kernel reaps it; here it is only asked to end.
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(number, sign)
            except ProcessLookupError:
                return
            for _ in range(20):
                if not _lives(number):
                    return
                time.sleep(0.05)


def _lives(number: int) -> bool:
    """Say whether a process runs; one that ended and waits to be reaped does not."""
    try:
        return not Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return False
