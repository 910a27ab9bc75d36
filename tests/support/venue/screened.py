"""A kiosk whose UI runs in a venue host: released, seen on its screen, sold at by keys."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk_contracts.ui_task import kiosk_ui_task
from kiosk_contracts.ui_task_terms import UiTaskTerms
from tests.support.agent_process import CASHIER_PIN, client
from tests.support.enrolled import CLUSTER, RELEASE
from tests.support.external_instance import Ecs, until
from tests.support.venue.docker_host import image, lay_docker, registry
from tests.support.venue.enrolling import EnrollingCloud
from tests.support.venue.machine import VenueMachine
from tests.support.venue.technician import harbour_hall, technician
from tests.support.venue.venue import Venue

SIGN_IN = "Who is at this kiosk"
_F2 = "\x1bOQ"


@dataclass(frozen=True, slots=True)
class ScreenedKiosk:
    """A host that became a kiosk, with ECS's kiosk UI on its first screen."""

    cloud: EnrollingCloud
    host: VenueMachine
    options: list[str]
    """What it is booted with."""

    async def why(self) -> list[dict[str, Any]]:
        """Return what the supervisor has decided lately."""
        told: list[dict[str, Any]] = json.loads(
            await self.host.tell("kiosk-agent", "status", "--why", "--json")
        )
        return told

    async def until_decided(self, what: str) -> None:
        """Wait until it has decided so and done it."""

        async def decided() -> bool:
            return any(
                one["what"].startswith(what) and one["outcome"] == "done"
                for one in await self.why()
            )

        await until(decided, what, within_s=180)

    async def shown(self) -> str:
        """Return which container is on the screen."""
        socket = self.host.inside("/run/eventpro-supervisor/supervisor.sock")
        async with client(socket) as http, http.get("/v1/shown") as answer:
            return str((await answer.json())["container_id"])

    async def names(self) -> list[str]:
        """Return the names of the containers that run."""
        return (await self.host.tell("docker", "ps", "--format", "{{.Names}}")).splitlines()

    async def sign_in(self) -> None:
        """Type the cashier's PIN."""
        await self.host.screen.until(SIGN_IN, 120)
        self.host.screen.type(f"{CASHIER_PIN}\r")

    async def open_shift(self) -> None:
        """Count the drawer."""
        await self.host.screen.until("Count the drawer", 60)
        self.host.screen.type("100\r")
        await self.host.screen.until("shift opened recorded", 60)

    async def sell(self) -> None:
        """Sell one ticket for exact cash, from the list of events."""
        await self.host.screen.until("Left to sell", 60)
        self.host.screen.type(_F2)
        self.host.screen.type("1\r\r")
        await self.host.screen.until("Ticket 1 of 1", 60)


@asynccontextmanager
async def screened_kiosk(venue: Venue, folder: Path) -> AsyncIterator[ScreenedKiosk]:
    """Make a host a kiosk, as a technician does, and release the UI, as operators do.

    It is yielded when its task has run well, and so is remembered.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(registry(folder))
        cloud, stick = await stack.enter_async_context(harbour_hall(folder))
        host = await stack.enter_async_context(venue.host(bootstrapped=False))
        cloud.lay(host)
        kiosk = ScreenedKiosk(cloud, host, lay_docker(host))
        await host.boot(stick, *kiosk.options, until_ready=False)
        await technician(host, cloud.passphrase)
        await _release(cloud)
        await host.screen.until("Press Enter", 30)
        host.screen.type("\r")
        await host.screen.until(SIGN_IN, 120)
        await kiosk.until_decided("remember a task")
        yield kiosk


async def _release(cloud: EnrollingCloud) -> None:
    ecs = Ecs(cloud.region, CLUSTER)
    task = kiosk_ui_task(UiTaskTerms(image=image()))
    told = await ecs("register_task_definition", **task)
    await ecs.daemon(told["taskDefinition"]["taskDefinitionArn"], RELEASE)
