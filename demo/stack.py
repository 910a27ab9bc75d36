"""The whole stack as processes of its own on loopback: ticket API, fleet service, line, agents."""

import asyncio
import hashlib
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, Final, Self

from demo import line_control
from demo.configs import (
    Kiosk,
    SettingValue,
    write_json,
    write_registry,
    write_roster,
    write_secret,
    write_toml,
)
from demo.journal_faults import JournalFault, arm, fired
from demo.layout import Layout
from demo.processes import ProcessError, Service
from demo.season import CURRENCY, Season, season_file
from demo.terminal import python_module
from demo.venue import MakeVenue, two_tills

_SETUP_S: Final = 60
_LINE_S: Final = 60


class Sabotage(StrEnum):
    """What is broken on purpose, for the verifier to find."""

    LOSE = "lose"
    """An agent answers a sale as recorded and rolls it back."""
    DUPLICATE = "duplicate"
    """The ticket API forgets what it has seen, so that a replay counts again."""
    OVERSELL = "oversell"
    """The ticket API grants more of a ticket type than there are places."""


class Stack:
    """Everything that a venue and its cloud need, below one folder.

    Use as an async context manager: entering starts it and waits until each process says that it
    is ready; leaving ends every process, whatever happened.
    """

    def __init__(
        self,
        layout: Layout,
        seed: int,
        sabotage: Sabotage | None = None,
        *,
        make_venue: MakeVenue = two_tills,
    ) -> None:
        random = Random(f"stack {seed}")
        venue = make_venue(random)
        self.layout = layout
        self.sabotage = sabotage
        self.kiosks = venue.kiosks
        self.season: Season = venue.season
        self.ops_token = random.randbytes(16).hex()
        self._random = random
        self._exit = AsyncExitStack()
        self._agents: dict[str, Service] = {}
        self.ticket_api_url = ""
        self.fleet_port = 0
        """The fleet service's own, without a line before it."""
        self._line_port = 0
        self.unclean: list[str] = []
        """Processes that did not end with status 0 when they were asked to."""

    async def __aenter__(self) -> Self:
        await self._exit.__aenter__()
        try:
            await self._start()
        except BaseException:
            await self._exit.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    async def line(self, *words: str) -> dict[str, Any]:
        """Tell the line something (see `demo.line_control`); return its status.

        Raises LineControlError, also if the line did not do it within a minute.
        """
        try:
            async with asyncio.timeout(_LINE_S):
                return await line_control.ask(str(self.layout.line_socket), *words)
        except TimeoutError:
            told = " ".join(words)
            raise line_control.LineControlError(
                f"“{told}” did not come about at the line within {_LINE_S} s."
            ) from None

    async def answers_lost(self) -> int:
        """Return how many answers the line has lost."""
        return int((await self.line("status"))["fired"].get("lose-answers", 0))

    def ui_socket(self, kiosk: Kiosk) -> Path:
        """Return the socket that a kiosk's UI talks to."""
        return self.layout.kiosk(kiosk.kiosk_id) / "ui.sock"

    def log_of(self, kiosk: Kiosk) -> Path:
        """Return the log of a kiosk's agent."""
        return self.layout.logs / f"{kiosk.kiosk_id}.log"

    def arm(self, kiosk: Kiosk, fault: JournalFault) -> None:
        """Let a fault happen to the kiosk's next sale."""
        arm(self.layout.kiosk(kiosk.kiosk_id), fault)

    def must_have_fired(self, kiosk: Kiosk, fault: JournalFault) -> None:
        """Raise ProcessError if the fault has not happened."""
        if not fired(self.layout.kiosk(kiosk.kiosk_id), fault):
            raise ProcessError(f"the fault {fault.value} did not happen at {kiosk.kiosk_id}")

    async def kill_agent(self, kiosk: Kiosk) -> None:
        """End a kiosk's agent with SIGKILL."""
        await self._agents[kiosk.kiosk_id].kill()

    async def agent_died(self, kiosk: Kiosk, fault: JournalFault) -> None:
        """Wait until an armed fault has killed the kiosk's agent. Raises ProcessError."""
        await self._agents[kiosk.kiosk_id].ended()
        self.must_have_fired(kiosk, fault)

    async def start_agent(self, kiosk: Kiosk) -> None:
        """Start a kiosk's agent, with the faults of journal_faults waiting to be armed."""
        folder = self.layout.kiosk(kiosk.kiosk_id)
        agent = Service(
            f"agent of {kiosk.kiosk_id}",
            python_module("demo.faulty_agent", "--config", str(folder / "agent.toml")),
            log=self.log_of(kiosk),
            ready_event="agent_ready",
        )
        self._agents[kiosk.kiosk_id] = agent
        await agent.start(_SETUP_S)

    async def _start(self) -> None:
        await asyncio.gather(self._keys(), self._seed())
        self.ticket_api_url = f"http://127.0.0.1:{await self._start_ticket_api()}"
        self.fleet_port = await self._start_fleet()
        self._line_port = await self._start_line()
        for kiosk in self.kiosks:
            self._write_kiosk(kiosk)
        self._exit.push_async_callback(self._stop_agents)
        async with asyncio.TaskGroup() as group:
            for kiosk in self.kiosks:
                group.create_task(self.start_agent(kiosk))

    async def _keys(self) -> None:
        fleet = self.layout.fleet
        fleet.mkdir(parents=True)
        await self._run_once(
            "fleet-service keygen",
            "fleet_service",
            "keygen",
            "--private",
            str(fleet / "signing-key.json"),
            "--public",
            str(fleet / "public-keys.json"),
        )

    async def _seed(self) -> None:
        folder = self.layout.ticket_api
        config = write_toml(
            folder / "ticket-api.toml",
            {
                "port": 0,
                "database": str(folder / "store.db"),
                "keys_dir": str(folder / "keys"),
                "fleet_keys_file": str(self.layout.fleet / "public-keys.json"),
                "ops_token_sha256": hashlib.sha256(self.ops_token.encode()).hexdigest(),
            },
        )
        season = write_json(folder / "season.json", season_file(self.season))
        options = ["--config", str(config), "--season", str(season)]
        await self._run_once("ticket-api seed", "core_services.ticket_api", "seed", *options)

    async def _start_ticket_api(self) -> int:
        config = self.layout.ticket_api / "ticket-api.toml"
        if self.sabotage in {Sabotage.DUPLICATE, Sabotage.OVERSELL}:
            argv = python_module(
                "demo.faulty_ticket_api", str(self.sabotage), "--config", str(config)
            )
        else:
            argv = python_module("core_services.ticket_api", "serve", "--config", str(config))
        return await self._start_service("ticket-api", argv)

    async def _start_fleet(self) -> int:
        config = write_toml(self.layout.fleet / "fleet-service.toml", self._fleet_settings())
        argv = python_module("fleet_service", "serve", "--config", str(config))
        return await self._start_service("fleet-service", argv, self._fleet_environment())

    def _fleet_settings(self) -> dict[str, SettingValue]:
        """Return the fleet service's settings; a stack of another kind adds to them."""
        folder = self.layout.fleet
        registry = write_registry(folder / "kiosks.json", self._registered(), self._random)
        return {
            "port": 0,
            "ticket_api_url": self.ticket_api_url,
            "kiosks_file": str(registry),
            "signing_key_file": str(folder / "signing-key.json"),
            "public_keys_file": str(folder / "public-keys.json"),
        }

    def _fleet_environment(self) -> Mapping[str, str]:
        """Return what the fleet service has in its environment beside ours."""
        return {}

    def _registered(self) -> Sequence[Kiosk]:
        """Return the kiosks that the fleet service knows by a file, each with a secret."""
        return self.kiosks

    async def _start_line(self) -> int:
        argv = python_module(
            "demo.line",
            "--to",
            f"127.0.0.1:{self.fleet_port}",
            "--control",
            str(self.layout.line_socket),
        )
        return await self._start_service("line", argv)

    def _write_kiosk(self, kiosk: Kiosk) -> None:
        folder = self.layout.kiosk(kiosk.kiosk_id)
        settings: Mapping[str, SettingValue] = {
            "kiosk_id": kiosk.kiosk_id,
            "fleet_url": f"http://127.0.0.1:{self._line_port}",
            "enrolment_secret_file": str(write_secret(folder / "secret", kiosk.secret)),
            "roster_file": str(
                write_roster(folder / "roster.json", (kiosk.cashier, kiosk.manager))
            ),
            "state_dir": str(folder / "state"),
            "ui_socket": str(self.ui_socket(kiosk)),
            "admin_socket": str(folder / "admin.sock"),
            "currency": CURRENCY,
            # A venue's agent is more patient; a run of two minutes is not.
            "heartbeat_s": 1,
            "sync_s": 2,
            "retry_base_s": 0.2,
            "retry_cap_s": 1,
            "total_timeout_s": 10,
        }
        write_toml(folder / "agent.toml", settings)

    async def _start_service(
        self, name: str, argv: list[str], environment: Mapping[str, str] | None = None
    ) -> int:
        service = Service(
            name,
            argv,
            log=self.layout.logs / f"{name}.log",
            ready_event="listening",
            env=environment,
        )
        self._exit.push_async_callback(self._stop, service)
        return int((await service.start(_SETUP_S))["port"])

    async def _stop_agents(self) -> None:
        await asyncio.gather(*(self._stop(agent) for agent in self._agents.values()))

    async def _stop(self, service: Service) -> None:
        running = service.running
        status = await service.stop()
        if running and status != 0:
            self.unclean.append(f"{service.name} ended with status {status}")

    async def _run_once(self, name: str, module: str, *args: str) -> None:
        """Run a program to its end. Raises ProcessError with what it wrote."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *args,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise ProcessError(f"{name} failed:\n{output.decode(errors='replace')}")
