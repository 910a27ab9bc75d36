"""A venue host's agent and supervisor as processes, before a real fleet service with operators.

`systemctl` and `journalctl` are stand-ins: a unit of an errand is run as its unit would run it, and
a restart is only noted.
"""

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.agent_process import ROOT, AgentProcess, KioskFolder, kiosk_folder, running_agent
from tests.support.fleet import RunningFleet, fleet_process, registered
from tests.support.journal import KIOSK_ID
from tests.support.operators import OPS_TOKEN, ops_settings
from tests.support.upstream import Upstream

_SYSTEMCTL = """\
#!{python}
import subprocess, sys
words = [one for one in sys.argv[1:] if not one.startswith("--")]
with open({asked!r}, "a") as asked:
    asked.write(" ".join(words) + "\\n")
unit = words[-1].removesuffix(".service")
if unit.startswith("kiosk-errand@"):
    errand = [sys.executable, "-m", "kiosk_agent", "errand", unit.partition("@")[2]]
    sys.exit(subprocess.run([*errand, "--folder", {errands!r}], cwd={root!r}).returncode)
"""
_JOURNALCTL = """\
#!{python}
import sys
print("2026-11-27T12:00:00+0000 till-1 kiosk-agent[7]: asked for", " ".join(sys.argv[1:]))
print("2026-11-27T12:00:01+0000 till-1 kiosk-agent[7]: token=abcdef card 4111 1111 1111 1111")
"""


@dataclass
class ErrandHost:
    """The host, and an operator far away."""

    folder: KioskFolder
    fleet: RunningFleet
    http: aiohttp.ClientSession

    def __post_init__(self) -> None:
        self._bin.mkdir()
        known = {"python": sys.executable, "root": str(ROOT)}
        known |= {"asked": str(self._asked), "errands": str(self.folder.path / "errands")}
        for name, program in (("systemctl", _SYSTEMCTL), ("journalctl", _JOURNALCTL)):
            path = self._bin / name
            path.write_text(program.format(**known))
            path.chmod(0o755)

    @property
    def _bin(self) -> Path:
        return self.folder.path / "bin"

    @property
    def _asked(self) -> Path:
        return self.folder.path / "asked"

    @asynccontextmanager
    async def supervisor(self) -> AsyncIterator[AgentProcess]:
        """Run the supervisor."""
        values = {
            "region": "eu-central-1",
            "identity_audience": "fleet.example.com",
            "credentials_file": str(self.folder.path / "credentials"),
            "admin_socket": str(self.folder.admin_socket),
            "supervisor_socket": str(self.folder.path / "supervisor.sock"),
            "docker_socket": str(self.folder.path / "no-docker.sock"),
            "ecs_agent_url": "http://127.0.0.1:9",
            "state_dir": str(self.folder.path),
            "repairs": False,
        }
        config = self.folder.path / "supervisor.toml"
        config.write_text(
            "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
        )
        path = {"PATH": f"{self._bin}:{os.environ['PATH']}"}
        program = ("-m", "kiosk_agent", "supervise")
        async with running_agent(
            self.folder, program=program, config=config, variables=path
        ) as running:
            yield running

    def asked(self, words: str) -> int:
        """Return how often systemd was asked for something."""
        if not self._asked.exists():
            return 0
        return sum(words in line for line in self._asked.read_text().splitlines())

    def kept(self, command_id: str) -> Path:
        """Return where the agent keeps that a command was begun."""
        return self.folder.state_dir / "commands" / f"{command_id}.json"

    async def ask(self, method: str, path: str = "", body: object = None) -> tuple[int, str]:
        """Ask the fleet service about this kiosk's commands."""
        url = f"/v1/ops/kiosks/{KIOSK_ID}/commands{path}"
        headers = {OPS_TOKEN_HEADER: OPS_TOKEN}
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.text()

    async def orders(self, kind: str, **more: Any) -> str:
        """Order a command; return its id."""
        command_id = str(uuid4())
        status, told = await self.ask("POST", "", {"command_id": command_id, "kind": kind, **more})
        assert status == 201, told
        return command_id

    async def stands(self, command_id: str) -> dict[str, Any]:
        """Return how a command stands."""
        status, told = await self.ask("GET", f"/{command_id}")
        assert status == 200, told
        found: dict[str, Any] = json.loads(told)
        return found

    async def told(self, command_id: str) -> None:
        """Wait until the kiosk was told a command, for the first time."""
        async with self.fleet._more:
            await self.fleet._more.wait_for(
                lambda: any(
                    "command_told" in line and command_id in line for line in self.fleet.lines
                )
            )

    async def ended(self, command_id: str) -> dict[str, Any]:
        """Return how a command stands once the fleet service has its outcome."""
        await self.fleet.logged(f'"command_id": "{command_id}", "end"')
        return await self.stands(command_id)


@asynccontextmanager
async def errand_host(folder: Path) -> AsyncIterator[ErrandHost]:
    """Run the fleet service; the host's processes are the test's to start and kill."""
    async with (
        Upstream() as ticket_api,
        fleet_process(folder, ticket_api.url, **ops_settings(folder)) as fleet,
        aiohttp.ClientSession(fleet.url) as http,
    ):
        fleet.files.register(registered(KIOSK_ID, "HB1", "harbour-hall", "let me in"))
        with kiosk_folder(fleet.url) as kiosk:
            yield ErrandHost(kiosk, fleet, http)
