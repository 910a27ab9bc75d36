"""A venue host with Docker inside: the kiosk UI through a power cut without the cloud, and back."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.supervisor.adapters.docker_containers import STANDBY_NAME
from provisioning.task_definitions.kiosk_ui import kiosk_ui_task
from provisioning.task_definitions.terms import UiTaskTerms
from tests.support.agent_process import CASHIER_PIN, client
from tests.support.cloud import until_status
from tests.support.enrolled import CLUSTER, RELEASE
from tests.support.external_instance import Ecs, until
from tests.support.venue.docker_host import image, lay_docker, registry, require_kiosk_ui
from tests.support.venue.enrolling import EnrollingCloud
from tests.support.venue.machine import VenueMachine
from tests.support.venue.screen import HostScreen
from tests.support.venue.settled import sockets
from tests.support.venue.technician import harbour_hall, technician
from tests.support.venue.venue import Venue

pytestmark = [pytest.mark.venue, pytest.mark.timeout(900)]

SIGN_IN = "Who is at this kiosk"
F2 = "\x1bOQ"


async def why(host: VenueMachine) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(
        await host.tell("kiosk-agent", "status", "--why", "--json")
    )
    return told


async def decided(host: VenueMachine, what: str) -> bool:
    return any(one["what"].startswith(what) and one["outcome"] == "done" for one in await why(host))


async def names(host: VenueMachine) -> list[str]:
    return (await host.tell("docker", "ps", "--format", "{{.Names}}")).splitlines()


async def test_power_cut_boot_without_the_cloud_sale_and_hand_over(
    venue: Venue, tmp_path: Path
) -> None:
    require_kiosk_ui()
    async with (
        registry(tmp_path),
        harbour_hall(tmp_path) as (cloud, stick),
        venue.host(bootstrapped=False) as host,
    ):
        cloud.lay(host)
        options = lay_docker(host)
        await host.boot(stick, *options, until_ready=False)
        await technician(host, cloud.passphrase)
        await release(cloud)
        await host.screen.until("Press Enter", 30)
        host.screen.type("\r")
        await host.screen.until(SIGN_IN, 120)
        assert await host.state("getty@tty1") == "inactive"
        await until(partial(decided, host, "remember a task"), "a task that ran well", within_s=120)

        await host.power_cut()
        host.line.cut()
        host.screen.wipe()
        await host.boot(*options, until_ready=False)
        await host.screen.until(SIGN_IN, 120)
        assert await names(host) == [STANDBY_NAME]
        await sell_at(host.screen)
        status = await until_status(sockets(host), lambda status: status.unsent > 0)
        assert status.line == "offline"
        standby = await shown(host)

        host.line.restore()
        status = await until_status(sockets(host), lambda status: status.unsent == 0)
        assert (status.counts["settled"], status.last_sequence) == (2, 2), "the shift and the sale"
        await until(partial(decided, host, "move the screen"), "the hand-over", within_s=180)
        await until(partial(ecs_alone, host), "the standby's end", within_s=180)
        assert await shown(host) != standby
        # Who sold is signed in still, is told that it is done.
        await host.screen.until(r"Done here just now: sale HB1-1-000001", 60)
        assert cloud.registrations() == 1


async def ecs_alone(host: VenueMachine) -> bool:
    """Say whether ECS's container is the only one."""
    told = await names(host)
    return len(told) == 1 and told[0] != STANDBY_NAME


async def shown(host: VenueMachine) -> str:
    socket = host.inside("/run/eventpro-supervisor/supervisor.sock")
    async with client(socket) as http, http.get("/v1/shown") as answer:
        return str((await answer.json())["container_id"])


async def release(cloud: EnrollingCloud) -> None:
    """Release the image, as the operators do."""
    ecs = Ecs(cloud.region, CLUSTER)
    task = kiosk_ui_task(UiTaskTerms(image=image()))
    told = await ecs("register_task_definition", **task)
    await ecs.daemon(told["taskDefinition"]["taskDefinitionArn"], RELEASE)


async def sell_at(screen: HostScreen) -> None:
    """Sign in, open a shift, and sell one ticket for exact cash, all by keys."""
    screen.type(f"{CASHIER_PIN}\r")
    await screen.until("Count the drawer", 60)
    screen.type("100\r")
    await screen.until("shift opened recorded", 60)
    screen.type(F2)
    screen.type("1\r\r")
    await screen.until("Ticket 1 of 1", 60)
