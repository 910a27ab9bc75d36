"""Agent and supervisor, killed at every step of a hand-over: one screen answers, all is kept."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from kiosk_contracts.payloads import SalePayload
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.containers.docker import away
from tests.support.containers.images import Image
from tests.support.containers.required import runs_all
from tests.support.containers.supervised import SupervisedKiosk, kiosk_at_hand
from tests.support.real_kiosk import goes_on, sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]

STARTS, WAITS, MOVES, ENDS, REMOVES = STEPS = (
    "start the standby",
    "wait",
    "move the screen",
    "end a kiosk UI",
    "remove a standby that ended",
)
SUPERVISOR, AGENT, BOTH = "supervisor", "agent", "both"
BY_TURNS = {STARTS: SUPERVISOR, WAITS: AGENT, MOVES: SUPERVISOR, ENDS: AGENT, REMOVES: SUPERVISOR}
CUTS = [
    pytest.param(BY_TURNS, id="by turns"),
    *(
        pytest.param(dict.fromkeys(STEPS, who), id=f"{who}, at each", marks=runs_all)
        for who in (SUPERVISOR, AGENT, BOTH)
    ),
    *(
        pytest.param({step: who}, id=f"{who}, {step}", marks=runs_all)
        for who in (SUPERVISOR, AGENT)
        for step in STEPS
    ),
]


@pytest.fixture
async def kiosk(kiosk_image: Image, tmp_path: Path) -> AsyncIterator[SupervisedKiosk]:
    async with kiosk_at_hand(kiosk_image, tmp_path) as kiosk:
        yield kiosk


class HandOver:
    """A hand-over at some of whose steps somebody is killed, and started again."""

    def __init__(
        self, kiosk: SupervisedKiosk, stack: AsyncExitStack, cuts: Mapping[str, str]
    ) -> None:
        """`cuts`: who is killed, by step."""
        self.kiosk, self.stack = kiosk, stack
        self.left = dict(cuts)
        self.agent: AgentProcess = kiosk.venue.agent

    async def begin(self) -> None:
        await self.stack.enter_async_context(self.kiosk.supervising())

    async def at(self, step: str, name: str = "", why: str = "") -> None:
        """Wait until a step was taken; kill where that is to be."""
        # Whoever was killed at the step before may have done this one, and not lived to say it.
        if step != REMOVES or await standbys():
            await self.kiosk.decided(f"{step}{name}", why)
        supervisor = self.kiosk.supervisor
        assert supervisor is not None
        processes = {SUPERVISOR: [supervisor], AGENT: [self.agent], BOTH: [supervisor, self.agent]}
        killed = processes.get(self.left.pop(step, ""), [])
        for one in killed:
            one.kill()
            await one.ended()
        if self.agent in killed:
            folder = self.kiosk.venue.kiosk.folder
            self.agent = await self.stack.enter_async_context(running_agent(folder))
        if supervisor in killed:
            await self.begin()


@pytest.mark.parametrize("cuts", CUTS)
async def test_killed_at_a_step_one_screen_answers_and_the_sale_is_done(
    kiosk: SupervisedKiosk, cuts: Mapping[str, str]
) -> None:
    async with AsyncExitStack() as stack:
        over = HandOver(kiosk, stack, cuts)
        await over.begin()
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
        await goes_on(screen, knows_who=set(cuts.values()) == {SUPERVISOR})
        assert await sell_one(screen)
        assert await kiosk.shown() == ecs.name
        assert await kiosk.answers() == ecs.name[:12]
        assert await kiosk.why(), "a decision log that explains"
        assert await over.agent.stop() == 0
    rows = [one.transaction for one in await kiosk.venue.kiosk.folder.rows()]
    sold = [SalePayload.model_validate(one.payload) for one in rows if one.envelope.kind == "sale"]
    numbers = [int(one.receipt_number.rpartition("-")[2]) for one in sold]
    assert numbers == [1, 2, 3], "the receipt counter goes on"


async def until_one_is_left(name: str) -> None:
    """Wait until only this one of our containers runs, and the standby is removed."""
    while await standbys():
        pass
    assert name in await away("ps", "--quiet", "--no-trunc")


async def standbys() -> str:
    """Return the standbys that there are, running or ended; empty for none."""
    return await away("ps", "--all", "--quiet", "--filter", "name=eventpro-kiosk-standby")
