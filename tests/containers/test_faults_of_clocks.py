"""The wall clock jumps under agent, supervisor and UI: no screen is lost, nothing is decided."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk_contracts.payloads import SalePayload
from tests.support.containers.docker import away
from tests.support.containers.images import Image
from tests.support.containers.supervised import SupervisedKiosk, kiosk_at_hand
from tests.support.containers.turned_clock import TurnedClock
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]

MOMENT = "One moment, please"
JUMPS = (timedelta(days=3), timedelta(days=-40))


@pytest.fixture
def clock(tmp_path: Path) -> TurnedClock:
    return TurnedClock(tmp_path / "clock")


@pytest.fixture
async def kiosk(
    kiosk_image: Image, tmp_path: Path, clock: TurnedClock
) -> AsyncIterator[SupervisedKiosk]:
    async with kiosk_at_hand(kiosk_image, tmp_path, clock.variables) as kiosk:
        yield kiosk


async def test_whatever_the_wall_clock_does_the_screen_stays_and_the_sale_goes_on(
    kiosk: SupervisedKiosk, clock: TurnedClock
) -> None:
    async with (
        kiosk.ecs_ui(*clock.words) as ecs,
        until_it_answers(kiosk, ecs.name),
        kiosk.supervising(**clock.variables),
        kiosk.console() as screen,
    ):
        await kiosk.decided("wait", f"{ecs.name[:12]} answers keys")
        await sign_in(screen)
        decided = await kiosk.why()
        for by in JUMPS:
            screen.press("f2")
            screen.type("1")
            await screen.wait_for("1 ticket · held for", 60)
            clock.turn(by)
            await heartbeats(kiosk, 30)
            await screen.wait_for("Total €12.50", 60)
            screen.press("enter", "enter")
            await screen.wait_for("Ticket 1 of 1", 60)
            screen.press("escape")
            await screen.wait_for("F3 admit", 60)
        assert await kiosk.shown() == ecs.name
        assert await kiosk.answers() == ecs.name[:12]
        later = (await kiosk.why())[len(decided) :]
        assert all(one["what"] == "wait" for one in later), later
        assert kiosk.venue.kiosk.far.heartbeats[-1]["ui"]["crashing"] == []
        # The supervisor is at work, by a clock that is wrong.
        await away("kill", ecs.name)
        started = await kiosk.decided("start the standby", "(ECS's ended: status 137)")
        assert started["outcome"] == "done"
        # The standby goes by the machine's own clock, and says nothing of sales of another month.
        await screen.wait_for(MOMENT, 60)
        await screen.wait_for("F3 admit", 60)
        assert await sell_one(screen)
        at = datetime.fromisoformat((await kiosk.why())[-1]["at"])
        assert at < datetime.now(at.tzinfo) + JUMPS[-1] + timedelta(hours=1)
        assert await kiosk.venue.agent.stop() == 0
    rows = [one.transaction for one in await kiosk.venue.kiosk.folder.rows()]
    sold = [SalePayload.model_validate(one.payload) for one in rows if one.envelope.kind == "sale"]
    assert [int(one.receipt_number.rpartition("-")[2]) for one in sold] == [1, 2, 3]


@asynccontextmanager
async def until_it_answers(kiosk: SupervisedKiosk, name: str) -> AsyncIterator[None]:
    """Begin what comes next only when a UI has the screen."""
    assert await kiosk.answers() == name[:12]
    yield


async def heartbeats(kiosk: SupervisedKiosk, count: int) -> None:
    """Wait until the agent, after a jump, has told so often how it is: 0.1 s apart."""
    far = kiosk.venue.kiosk.far
    wanted = len(far.heartbeats) + count
    await far.until(lambda: len(far.heartbeats) >= wanted)
