"""A standby, ECS's container, the console: real containers of the real image, worked by keys."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.agent_process import command
from tests.support.containers.docker import Container, away
from tests.support.containers.from_inside import FROM_INSIDE
from tests.support.containers.images import Image
from tests.support.containers.supervised import SupervisedKiosk, supervised
from tests.support.containers.variants import variant
from tests.support.containers.venue_kiosk import facts, venue_kiosk
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


async def test_told_to_end_in_a_sale_ecs_s_finishes_it_and_the_next_goes_on(
    kiosk: SupervisedKiosk,
) -> None:
    async with kiosk.ecs_ui() as ecs, kiosk.console() as screen:
        await until_decided(kiosk, f"move the screen to {ecs.name[:12]}")
        await until_decided(kiosk, "end a kiosk UI")
        await sign_in(screen)
        screen.press("f2")
        screen.type("2")
        await screen.wait_for("Total €25.00", 60)
        # As ECS does, which does not ask whether somebody is in the middle of something.
        await away("kill", "--signal", "TERM", ecs.name)
        await screen.wait_for("finish this sale", 60)
        screen.press("enter", "enter")
        await screen.wait_for("Ticket 1 of 2", 60)
        screen.press("escape")
        assert await ecs.ended() == 0
        await screen.wait_for("38 left to sell", 60)
        assert await sell_one(screen)


async def test_an_update_lock_keeps_another_image_away_until_it_is_lifted(
    kiosk: SupervisedKiosk,
) -> None:
    folder = kiosk.venue.kiosk.folder
    assert await kiosk.answers()
    said = await command(folder, "update-lock", "set", "--for", "2h", "--why", "doors")
    assert said.status == 0, said
    far = kiosk.venue.kiosk.far
    await far.until(lambda: (far.heartbeats[-1].get("update_lock") or {}).get("why") == "doors")
    async with (
        variant(kiosk.image, "python3", "-m", "kiosk_ui") as new,
        kiosk.ecs_ui(image=new) as ecs,
    ):
        await kiosk.decided("wait", "the screen stays with the standby")
        assert await kiosk.shown() != ecs.name
        assert (await command(folder, "update-lock", "lift")).status == 0
        await kiosk.decided(f"move the screen to {ecs.name[:12]}")
        async with kiosk.console() as screen:
            await sign_in(screen)
            assert await sell_one(screen)
            assert await kiosk.shown() == ecs.name


async def test_from_inside_the_standby_is_as_confined_as_ecs_s(kiosk: SupervisedKiosk) -> None:
    assert await kiosk.answers()
    async with kiosk.ecs_ui() as ecs:
        standby = Container(await kiosk.shown())
        seen = [facts(await one.python(FROM_INSIDE)) for one in (standby, ecs)]
    assert seen[0] == seen[1]
    assert (seen[0]["capabilities"], seen[0]["networks"]) == (["0" * 16] * 5, ["lo"])
    assert seen[0]["writing"] == ["Read-only file system"] * 5


async def until_decided(kiosk: SupervisedKiosk, what: str, why: str = "") -> dict[str, str]:
    """Wait until the supervisor says that it decided so; return that decision."""
    assert kiosk.supervisor is not None
    return await kiosk.supervisor.until_logged(
        lambda one: (
            one["event"] == "decided" and one["what"].startswith(what) and one["why"].endswith(why)
        )
    )
