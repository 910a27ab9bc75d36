"""Agent and supervisor, killed at every step of a hand-over: one screen answers, all is kept."""

import re
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from demo.terminal import Terminal
from kiosk_contracts.payloads import SalePayload
from tests.support.agent_process import CASHIER_PIN, AgentProcess, running_agent
from tests.support.containers.docker import away
from tests.support.containers.images import Image
from tests.support.containers.required import runs_all
from tests.support.containers.supervised import SupervisedKiosk, at_hand
from tests.support.containers.venue_kiosk import venue_kiosk
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]

STARTS, WAITS, MOVES, ENDS, REMOVES = STEPS = (
    "start the standby",
    "wait",
    "move the screen",
    "end a kiosk UI",
    "remove a standby that ended",
)
CUTS = [pytest.param(who, STEPS, id=f"{who}, each") for who in ("supervisor", "agent")]
ONE_CUT = [
    pytest.param(who, (step,), id=f"{who}, {step}", marks=runs_all)
    for who in ("supervisor", "agent", "both")
    for step in STEPS
]


@pytest.fixture
async def kiosk(kiosk_image: Image, tmp_path: Path) -> AsyncIterator[SupervisedKiosk]:
    async with venue_kiosk(tmp_path) as venue:
        kiosk = SupervisedKiosk(venue, kiosk_image.digest, tmp_path)
        async with at_hand(kiosk):
            yield kiosk


class HandOver:
    """A hand-over at some of whose steps a process is killed, and started again."""

    def __init__(self, kiosk: SupervisedKiosk, stack: AsyncExitStack, who: str) -> None:
        self.kiosk, self.stack, self.who = kiosk, stack, who
        self.left: set[str] = set()
        self.agent: AgentProcess = kiosk.venue.agent

    async def begin(self, cuts: Collection[str]) -> None:
        self.left = set(cuts)
        await self.stack.enter_async_context(self.kiosk.supervising())

    async def at(self, step: str, name: str = "", why: str = "") -> None:
        """Wait until a step was taken; kill where that is to be."""
        await self.kiosk.decided(f"{step}{name}", why)
        if step not in self.left:
            return
        self.left.remove(step)
        supervisor = self.kiosk.supervisor
        assert supervisor is not None
        killed = {"supervisor": [supervisor], "agent": [self.agent]}
        for one in killed.get(self.who, [supervisor, self.agent]):
            one.kill()
            await one.ended()
        if self.who != "supervisor":
            folder = self.kiosk.venue.kiosk.folder
            self.agent = await self.stack.enter_async_context(running_agent(folder))
        if self.who != "agent":
            await self.stack.enter_async_context(self.kiosk.supervising())


@pytest.mark.parametrize(("who", "cuts"), [*CUTS, *ONE_CUT])
async def test_killed_at_a_step_one_screen_answers_and_the_sale_is_done(
    kiosk: SupervisedKiosk, who: str, cuts: Collection[str]
) -> None:
    async with AsyncExitStack() as stack:
        over = HandOver(kiosk, stack, who)
        await over.begin(cuts)
        await over.at(STARTS)
        screen = await stack.enter_async_context(kiosk.console())
        await sign_in(screen)
        assert await sell_one(screen)
        screen.press("escape", "f2")
        screen.type("1")
        await screen.wait_for("1 ticket · held for", 60)
        ecs = await stack.enter_async_context(kiosk.ecs_ui())
        await over.at(WAITS, why="when nobody is busy; now: a sale")
        # The cart is where it was, whoever had to begin anew.
        await screen.wait_for("Total €12.50", 60)
        screen.press("enter", "enter")
        await screen.wait_for("Ticket 1 of 1", 60)
        screen.press("escape")
        await over.at(MOVES, f" to {ecs.name[:12]}")
        await over.at(ENDS)
        await over.at(REMOVES)
        await until_one_is_left(ecs.name)
        assert not over.left
        await goes_on(screen, knows_who=who == "supervisor")
        assert await sell_one(screen)
        assert await kiosk.shown() == ecs.name
        assert await kiosk.answers() == ecs.name[:12]
        assert await kiosk.why(), "a decision log that explains"
        assert await over.agent.stop() == 0
    rows = [one.transaction for one in await kiosk.venue.kiosk.folder.rows()]
    sold = [SalePayload.model_validate(one.payload) for one in rows if one.envelope.kind == "sale"]
    numbers = [int(one.receipt_number.rpartition("-")[2]) for one in sold]
    assert numbers == [1, 2, 3], "the receipt counter goes on"


async def goes_on(screen: Terminal, *, knows_who: bool) -> None:
    """Wait until a UI that found a sale of one before it says so: it is ECS's own picture.

    Who is signed in is in the agent's memory alone: killed with the screen between two UIs, it has
    the next one ask for the PIN, of the same shift.
    """
    done, asks = "Done here just now: sale", "Who is at this kiosk?"
    if not knows_who and await screen.wait_for(re.compile(f"{done}|{re.escape(asks)}"), 60) == asks:
        screen.type(CASHIER_PIN)
        screen.press("enter")
    await screen.wait_for(done, 60)


async def until_one_is_left(name: str) -> None:
    """Wait until only this one of our containers runs, and the standby is removed."""
    while await away("ps", "--all", "--quiet", "--filter", "name=eventpro-kiosk-standby"):
        pass
    assert name in await away("ps", "--quiet", "--no-trunc")
