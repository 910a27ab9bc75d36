"""A standby, ECS's container, the console: real containers of the real image, worked by keys."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.containers.docker import away
from tests.support.containers.images import Image
from tests.support.containers.supervised import SupervisedKiosk, supervised
from tests.support.containers.venue_kiosk import venue_kiosk
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]
MOMENT = "One moment, please"


@pytest.fixture
async def kiosk(kiosk_image: Image, tmp_path: Path) -> AsyncIterator[SupervisedKiosk]:
    async with (
        venue_kiosk(tmp_path) as venue,
        supervised(venue, kiosk_image.digest, tmp_path) as running,
    ):
        yield running


async def test_without_ecs_the_standby_sells_and_ecs_takes_over_when_nobody_is_busy(
    kiosk: SupervisedKiosk,
) -> None:
    async with kiosk.console() as screen:
        await sign_in(screen)
        await sell_one(screen)
        screen.press("escape", "f2")
        screen.type("1")
        await screen.wait_for("1 ticket · held for", 60)
        async with kiosk.ecs_ui() as ecs:
            # It waits as long as the sale goes on, and whoever stands there sees nothing of it.
            await screen.wait_for("Total €12.50", 60)
            await until_decided(kiosk, "wait", "when nobody is busy; now: a sale")
            screen.press("enter", "enter")
            await screen.wait_for("Ticket 1 of 1", 60)
            screen.press("escape")
            moved = await until_decided(kiosk, f"move the screen to {ecs.name[:12]}")
            assert moved["outcome"] == "done"
            await until_decided(kiosk, "end a kiosk UI")
            await screen.wait_for("38 left to sell", 60)
            assert await kiosk.shown() == ecs.name
            await sell_one(screen)
            # Nobody but ECS's is left.
            left = await away("ps", "--quiet", "--no-trunc", "--filter", "name=eventpro-kiosk")
            while left:
                left = await away("ps", "--quiet", "--no-trunc", "--filter", "name=eventpro-kiosk")


async def test_a_container_killed_in_a_sale_is_gone_on_with_on_the_same_screen(
    kiosk: SupervisedKiosk,
) -> None:
    async with kiosk.console() as screen:
        await sign_in(screen)
        async with kiosk.ecs_ui() as ecs:
            await until_decided(kiosk, f"move the screen to {ecs.name[:12]}")
            await until_decided(kiosk, "end a kiosk UI")
            await screen.wait_for("40 left to sell", 60)
            screen.press("f2")
            screen.type("2")
            await screen.wait_for("2 tickets · held for", 60)
            await away("kill", "--signal", "KILL", ecs.name)
            await screen.wait_for(MOMENT, 60)
            await screen.wait_for("Total €25.00", 60)
            screen.press("enter", "enter")
            await screen.wait_for("Ticket 1 of 2", 60)
    started = [one for one in await kiosk.why() if one["what"].startswith("start the standby")]
    assert started[-1]["why"].startswith(
        "no kiosk UI runs (ECS's ended: status 137), and the ECS agent does not answer"
    )


async def until_decided(kiosk: SupervisedKiosk, what: str, why: str = "") -> dict[str, str]:
    """Wait until the supervisor says that it decided so; return that decision."""
    assert kiosk.supervisor is not None
    return await kiosk.supervisor.until_logged(
        lambda one: (
            one["event"] == "decided" and one["what"].startswith(what) and one["why"].endswith(why)
        )
    )
