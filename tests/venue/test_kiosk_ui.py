"""A venue host with Docker inside: the kiosk UI through a power cut without the cloud, and back."""

from pathlib import Path

import pytest

from kiosk_agent.supervisor.adapters.docker_containers import STANDBY_NAME
from tests.support.cloud import until_status
from tests.support.external_instance import until
from tests.support.venue.docker_host import require_kiosk_ui
from tests.support.venue.screened import screened_kiosk
from tests.support.venue.settled import sockets
from tests.support.venue.venue import Venue

pytestmark = [pytest.mark.venue, pytest.mark.timeout(900)]


async def test_power_cut_boot_without_the_cloud_sale_and_hand_over(
    venue: Venue, tmp_path: Path
) -> None:
    require_kiosk_ui()
    async with screened_kiosk(venue, tmp_path) as kiosk:
        host, cloud = kiosk.host, kiosk.cloud
        assert await host.state("getty@tty1") == "inactive"

        await host.power_cut()
        host.line.cut()
        host.screen.wipe()
        await host.boot(*kiosk.options, until_ready=False)
        await kiosk.sign_in()
        assert await kiosk.names() == [STANDBY_NAME]
        await kiosk.open_shift()
        await kiosk.sell()
        await until_status(
            sockets(host), lambda status: status.unsent > 0 and status.line == "offline"
        )
        standby = await kiosk.shown()

        host.line.restore()
        status = await until_status(sockets(host), lambda status: status.unsent == 0)
        assert (status.counts["settled"], status.last_sequence) == (2, 2), "the shift and the sale"
        await kiosk.until_decided("move the screen")

        async def ecs_alone() -> bool:
            told = await kiosk.names()
            return len(told) == 1 and told[0] != STANDBY_NAME

        await until(ecs_alone, "the standby's end", within_s=180)
        assert await kiosk.shown() != standby
        # Who sold is signed in still, is told that it is done.
        await host.screen.until(r"Done here just now: sale HB1-1-000001", 60)
        assert cloud.registrations() == 1
