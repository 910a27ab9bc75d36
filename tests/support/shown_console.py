"""`kiosk-agent console` on a pty, with a stage of a test's for its full-screen terminal."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_PATHS = [str(ROOT), next(path for path in sys.path if path.endswith("site-packages"))]
_LEND = f"""\
import sys
sys.path[:0] = {_PATHS!r}
from kiosk_agent.cli import main
sys.exit(main())
"""
_SHOW = """\
import asyncio, json, sys
from pathlib import Path
from kiosk_agent import log
from kiosk_agent.supervisor.console import console
from kiosk_agent.supervisor.console.display.stage import Stage
from kiosk_agent.supervisor.settings import SupervisorSettings
settings, stage = json.loads(sys.argv[1])
for name in ("folder", "foot_config", "cards"):
    stage[name] = Path(stage[name])
for name in ("lend", "programs"):
    stage[name] = tuple(stage[name])
log.configure("info")
asyncio.run(console.run(SupervisorSettings(**settings), Stage(**stage)))
"""
_WITHIN_S = 60


class ShownConsole:
    """A console that runs; its own terminal is kept in a file, what it logs in another."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]") -> None:
        self.folder = folder
        self.process = process

    @property
    def own_screen(self) -> str:
        """What was written to its own terminal."""
        return (self.folder / "screen").read_text(errors="replace")

    @property
    def said(self) -> str:
        """What it, and what runs in its stage, wrote to standard error."""
        return (self.folder / "said").read_text(errors="replace")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return each line of its log with that event."""
        lines = [line for line in self.said.splitlines() if line.startswith('{"')]
        return [one for one in map(json.loads, lines) if one["event"] == event]

    def until(self, seen: Callable[[], Any], what: str) -> Any:
        """Wait until `seen` returns something true; return that."""
        give_up = time.monotonic() + _WITHIN_S
        while not (found := seen()):
            assert time.monotonic() < give_up, f"{what}; it said:\n{self.said}"
            assert self.process.poll() is None, f"the console ended; it said:\n{self.said}"
            time.sleep(0.1)
        return found

    def descendants(self, name: str) -> list[int]:
        """Return the processes of that name below the console."""
        below, found = [self.process.pid], []
        while below:
            pid = below.pop()
            try:
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                if Path(f"/proc/{pid}/comm").read_text().strip() == name:
                    found.append(pid)
            except OSError:
                continue
            below += [int(child) for child in children]
        return found


@contextmanager
def shown_console(
    setting: str, environment: dict[str, str], who: pwd.struct_passwd, python: str = sys.executable
) -> Iterator[ShownConsole]:
    """Run it on a host with one connected display; the stage is `who`'s, and the Python there."""
    # Not pytest's folder: another user has to come to it.
    folder = Path(tempfile.mkdtemp(prefix="console-"))
    try:
        yield from _run(folder, setting, environment, _stage(folder, who, python))
    finally:
        shutil.rmtree(folder)


def _run(
    folder: Path, setting: str, environment: dict[str, str], stage: dict[str, Any]
) -> Iterator[ShownConsole]:
    settings = {
        "region": "eu-central-1",
        "identity_audience": "fleet.example.com",
        "console": setting,
        "admin_socket": str(folder / "admin.sock"),
        "supervisor_socket": str(folder / "supervisor.sock"),
        "docker_socket": str(folder / "docker.sock"),
    }
    ours, its = os.openpty()
    with (folder / "said").open("wb") as said, (folder / "screen").open("wb") as screen:
        process = subprocess.Popen(
            [sys.executable, "-c", _SHOW, json.dumps([settings, stage])],
            stdin=its,
            stdout=its,
            stderr=said,
            env={**os.environ, **environment},
            cwd=ROOT,
        )
        os.close(its)
        reader = subprocess.Popen(["cat"], stdin=ours, stdout=screen, stderr=subprocess.DEVNULL)
        try:
            yield ShownConsole(folder, process)
        finally:
            process.terminate()
            process.wait()
            reader.wait()
            os.close(ours)


def _stage(folder: Path, who: pwd.struct_passwd, python: str) -> dict[str, Any]:
    folder.chmod(0o755)
    own = folder / "user"
    own.mkdir(mode=0o700)
    os.chown(own, who.pw_uid, who.pw_gid)
    connector = folder / "cards/card0-HDMI-A-1"
    connector.mkdir(parents=True)
    (connector / "status").write_text("connected\n")
    return {
        "user": who.pw_name,
        "folder": str(folder),
        "foot_config": str(ROOT / "systemd/foot.ini"),
        "lend": [python, "-I", "-c", _LEND, "lend-terminal"],
        "programs": ["cage", "foot"],
        "cards": str(folder / "cards"),
        "pause_s": 0.1,
    }
