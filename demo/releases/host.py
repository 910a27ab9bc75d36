"""A venue host of the story: what systemd would run on it, run in a room of its own."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from demo.configs import Kiosk, write_json, write_toml
from demo.layout import Layout
from demo.processes import Service
from demo.releases.cloud import AUDIENCE, CLUSTER, REGION, Cloud
from demo.releases.desk import Activation, Desk
from demo.releases.ground import Ground, OpenGround
from demo.releases.images import ROOT
from demo.releases.looking import until_so
from demo.releases.room import Room, environment
from demo.releases.ways import Ways
from demo.season import CURRENCY, VENUE_ID
from demo.terminal import Terminal, python_module
from kiosk_contracts.enrolment import HOST_ATTRIBUTE, NAME_ATTRIBUTE, VENUE_ATTRIBUTE

_UP_S: Final = 60
_QUICK: Final = "0.1"
"""The pace of the stand-in for the ECS agent: the real one waits up to two minutes for a line."""
_MEMORY_MIB: Final = "4000"


class Host:
    """One kiosk's. `running` runs it; `ways` is its line."""

    def __init__(self, kiosk: Kiosk, layout: Layout, cloud: Cloud, registry_port: int) -> None:
        """`registry_port` 0: there are no containers, and it stands on open ground."""
        self.kiosk = kiosk
        self.ways: Ways
        self._layout = layout
        self._cloud = cloud
        self._folder = layout.kiosk(kiosk.kiosk_id)
        self._folder.mkdir()
        self._ground: Ground = OpenGround(self._folder)
        self._ports: tuple[int, ...] = ()
        if registry_port:
            self._ground = Room(kiosk.kiosk_id, self._folder, self._log("docker"))
            self._ports = (cloud.fleet_port, cloud.region_port, registry_port)

    @property
    def ui_socket(self) -> Path:
        """The socket that a kiosk UI talks to, as a program at the host sees it."""
        return self._ground.sockets / "ui.sock"

    @asynccontextmanager
    async def running(self, desk: Desk, activation: Activation) -> AsyncIterator[None]:
        """Run all of it, from registration to a kiosk that serves its screen."""
        await self._ground.start()
        services: list[Service] = []
        try:
            async with Ways(self._ground.ways_of(), self._ports) as self.ways:
                await self._register(desk, activation, services)
                self._write_ecs_config()
                told = await self._run(services, "ecs-agent", self._ecs_agent(), "serving")
                self._write_settings(int(told["introspection_port"]))
                await asyncio.gather(
                    self._run(services, "supervisor", self._supervisor(), "supervisor_ready"),
                    self._run(services, "agent", self._agent(), "agent_ready"),
                )
                yield
                await self._stop(services)
        finally:
            await self._stop(services)
            await self._ground.stop()

    def console(self) -> Terminal:
        """Return its first screen, in a pseudo-terminal."""
        return Terminal(
            self.console_command(),
            name=self.kiosk.kiosk_id,
            cast=self._layout.cast(self.kiosk.kiosk_id),
            env=environment(ROOT),
        )

    def console_command(self) -> list[str]:
        """Return what shows its first screen on a terminal; it needs `environment`."""
        config = str(self._folder / "supervisor.toml")
        argv = python_module("kiosk_agent", "console", "--config", config)
        return self._ground.inside(argv)

    async def why(self) -> list[dict[str, Any]]:
        """Return what its supervisor decided lately: `kiosk-agent status --why`."""
        found: list[dict[str, Any]] = await self._status("--why") or []
        return found

    async def until_shown(self, source: str, within_s: float) -> None:
        """Wait until a kiosk UI of `ecs` or of the `standby` answers keys. Raises TimeoutError."""

        async def is_shown() -> bool:
            told = await self._status() or {}
            return bool((told.get("ui") or {}).get("source") == source)

        await until_so(is_shown, f"{self.kiosk.kiosk_id}'s screen is {source}'s", within_s)

    async def _status(self, *words: str) -> Any:
        """Ask the agent as a person at the host does; None where it does not answer."""
        argv = python_module(
            *("kiosk_agent", "status", *words, "--json"),
            *("--config", str(self._folder / "agent.toml")),
        )
        process = await asyncio.create_subprocess_exec(
            *self._ground.inside(argv),
            env=dict(environment(ROOT)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
        return json.loads(out) if out else None

    async def _register(self, desk: Desk, activation: Activation, services: list[Service]) -> None:
        """Do what bootstrap does: be granted a name, then register with Systems Manager."""
        await desk.claim(self.kiosk.kiosk_id, self._host_id, activation)
        told = {"id": activation.activation_id, "code": activation.code}
        words = [
            *("demo.releases.ssm_agent", "--endpoint", self._cloud.region_url),
            *("--region", REGION, "--credentials", str(self._credentials)),
            *("--activation", str(write_json(self._folder / "activation.json", told))),
        ]
        await self._run(services, "ssm-agent", words, "registered")

    def _ecs_agent(self) -> list[str]:
        words = [
            *("local_region.ecs_agent", "--root", str(self._folder), "--pace", _QUICK),
            *("--introspection-host", "127.0.0.1", "--introspection-port", "0"),
            *("--memory", _MEMORY_MIB),
        ]
        return words if self._ground.has_docker else [*words, "--engine", "memory"]

    def _supervisor(self) -> list[str]:
        return ["kiosk_agent", "supervise", "--config", str(self._folder / "supervisor.toml")]

    def _agent(self) -> list[str]:
        return ["kiosk_agent", "run", "--config", str(self._folder / "agent.toml")]

    def _write_ecs_config(self) -> None:
        attributes = {
            NAME_ATTRIBUTE: self.kiosk.kiosk_id,
            VENUE_ATTRIBUTE: VENUE_ID,
            HOST_ATTRIBUTE: self._host_id,
        }
        ecs = self._folder / "etc/ecs/ecs.config"
        ecs.parent.mkdir(parents=True)
        ecs.write_text(
            f"ECS_CLUSTER={CLUSTER}\n"
            f"ECS_BACKEND_HOST={self._cloud.region_url}\n"
            f"AWS_DEFAULT_REGION={REGION}\n"
            "ECS_IMAGE_PULL_BEHAVIOR=prefer-cached\n"
            f"ECS_INSTANCE_ATTRIBUTES={json.dumps(attributes)}\n"
        )

    def _write_settings(self, ecs_agent_port: int) -> None:
        machine_id = self._folder / "machine-id"
        machine_id.write_text(f"{self._host_id[:32]}\n")
        state, ground = self._folder / "supervisor", self._ground
        state.mkdir()
        sockets = {
            "ui_socket": str(self.ui_socket),
            "admin_socket": str(ground.sockets / "admin.sock"),
        }
        write_toml(
            self._folder / "supervisor.toml",
            {
                **sockets,
                "region": REGION,
                "identity_audience": AUDIENCE,
                "credentials_file": str(self._credentials),
                "supervisor_socket": str(ground.supervisor_socket),
                "docker_socket": str(ground.docker_socket),
                "docker_root": str(ground.images),
                "ecs_agent_url": f"http://127.0.0.1:{ecs_agent_port}",
                "state_dir": str(state),
                # Whatever is wrong with this machine is not the demo's to mend.
                "repairs": False,
                "console": "bare",
            },
        )
        write_toml(
            self._folder / "agent.toml",
            {
                **sockets,
                "kiosk_id": self.kiosk.kiosk_id,
                "fleet_url": self._cloud.fleet_url,
                "identity": "managed_instance",
                "state_dir": str(self._folder / "state"),
                "machine_id_file": str(machine_id),
                "currency": CURRENCY,
                # A venue's agent is more patient; a run of minutes is not.
                "heartbeat_s": 1,
                "sync_s": 2,
                "retry_base_s": 0.2,
                "retry_cap_s": 1,
                "total_timeout_s": 10,
            },
        )

    @property
    def _host_id(self) -> str:
        return hashlib.sha256(f"{self.kiosk.kiosk_id} {self.kiosk.secret}".encode()).hexdigest()

    @property
    def _credentials(self) -> Path:
        return self._folder / "root/.aws/credentials"

    def _log(self, of: str) -> Path:
        return self._layout.logs / f"{self.kiosk.kiosk_id}-{of}.log"

    async def _run(
        self, services: list[Service], name: str, words: Sequence[str], ready: str
    ) -> dict[str, Any]:
        service = Service(
            f"{name} of {self.kiosk.kiosk_id}",
            self._ground.inside(python_module(words[0], *words[1:])),
            log=self._log(name),
            ready_event=ready,
            env=environment(ROOT),
        )
        services.append(service)
        return await service.start(_UP_S)

    async def _stop(self, services: list[Service]) -> None:
        """End what runs, the agent first: it closes its journal."""
        while services:
            await services.pop().stop()
