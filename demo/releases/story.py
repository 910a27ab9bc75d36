"""The acts of releases, played by keystrokes at two kiosks and by the operators' desk."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from demo.plan import Basket
from demo.releases import records
from demo.releases.desk import Desk
from demo.releases.host import Host
from demo.releases.images import BAD, MARKS, NEXT
from demo.releases.looking import until_so
from demo.releases.records import Move, Outage, Sale, Task
from demo.releases.watching import EcsWatch, MoveWatch
from demo.stage import together
from demo.till import Till

_TOLD_S: Final = 90
_SHOWN_S: Final = 90
_FINISHED_S: Final = 120
_CRASHED_S: Final = 180
_ENDED_S: Final = 240
_REMEMBERED_S: Final = 150
_OFFLINE_SALES: Final = 3
_ONE: Final = Basket(0, ((0, 1),))
_TWO: Final = Basket(0, ((0, 2),))


class Telling(Protocol):
    """Tells the person what is played."""

    def begin_act(self, words: str) -> None:
        """Say what is played now."""

    def say(self, words: str) -> None:
        """Say how it goes."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a run is played on: two hosts, and whoever is at their screens."""

    hosts: Sequence[Host]
    tills: Sequence[Till]
    sabotaged: bool


class Story:
    """One run; the first kiosk is the canary."""

    def __init__(self, desk: Desk, stage: Stage, ecs: EcsWatch, tell: Telling) -> None:
        self._desk = desk
        self._hosts = stage.hosts
        self.canary, self.other = stage.tills
        self._sabotaged = stage.sabotaged
        self._ecs = ecs
        self._act, self._say = tell.begin_act, tell.say
        self._next_shown_at = 0.0
        self.sales: list[Sale] = []
        self.outage = Outage(0, 0, 0)
        self.to_next = Move("", ())
        self.to_bad = Move("", ())
        self.tasks: Sequence[Task] = ()

    async def all_acts(self) -> None:
        """Play everything."""
        self._act("The box office opens: two hosts, each with a Docker of its own, both with r-1")
        await together(self.canary.sign_in(), self.other.sign_in())
        await together(self._sell(self.canary, _TWO), self._sell(self.other, _ONE))
        await self._move_through_an_outage()
        await self._let_it_run_well()
        await self._bad_release()
        self._act("Both sell once more, and sign out")
        await together(self._sell(self.canary, _ONE), self._sell(self.other, _ONE))
        await together(self.canary.see_all_sent(), self.other.see_all_sent())
        await together(self.canary.sign_out(), self.other.sign_out())
        self.tasks = await self._ecs.tasks()

    async def _move_through_an_outage(self) -> None:
        first, second = self.canary.kiosk_id, self.other.kiosk_id
        # A kiosk that may be moved has another beside it that is known to be well.
        await together(*(self._known_well(host) for host in self._hosts))
        self._act(f"{second}'s line is cut; the venue moves to {NEXT}, {first} first")
        ways = self._hosts[1].ways
        cut_at = time.time()
        ways.cut()
        await self.other.see_line("OFFLINE")
        move_id = await self._desk.move_venue(NEXT, first)
        async with _followed(self._desk, move_id, self._say) as watch:
            await together(self._canary_moves(watch), self._sell_offline())
            self._act(f"{second}'s line comes back: it joins the move")
            restored_at = time.time()
            ways.restore()
            self.outage = Outage(cut_at, restored_at, ways.turned_away)
            await self.other.see_line("ONLINE")
            await self._moves(self.other, watch)
            await watch.over(_ENDED_S)
        self.to_next = watch.move

    async def _known_well(self, host: Host) -> None:
        async def known() -> bool:
            return await self._desk.screen_source(host.kiosk.kiosk_id) == "ecs"

        await until_so(known, f"the fleet service knows {host.kiosk.kiosk_id} well", _SHOWN_S)

    async def _canary_moves(self, watch: MoveWatch) -> None:
        await self._moves(self.canary, watch)
        self._next_shown_at = time.time()

    async def _moves(self, till: Till, watch: MoveWatch) -> None:
        """Wait until a kiosk shows the next release; a sale there settles it."""
        await watch.until(records.TOLD, till.kiosk_id, within_s=_TOLD_S)
        await till.terminal.wait_for(MARKS[NEXT], _SHOWN_S)
        self._say(f"{till.kiosk_id} shows “{MARKS[NEXT]}”: {NEXT} is on its screen")
        await watch.until("settle", till.kiosk_id, within_s=_SHOWN_S)
        await self._sell(till, _ONE)
        await watch.until(records.FINISHED, till.kiosk_id, within_s=_FINISHED_S)

    async def _sell_offline(self) -> None:
        for _ in range(_OFFLINE_SALES):
            await self._sell(self.other, _ONE)

    async def _let_it_run_well(self) -> None:
        """Wait until the canary's supervisor remembers the release, and can start it itself."""
        self._act(f"{NEXT} runs for a minute: each supervisor remembers it for its standby")

        async def remembered() -> bool:
            return any(
                one["what"].startswith("remember a task")
                and datetime.fromisoformat(one["at"]).timestamp() > self._next_shown_at
                for one in await self._hosts[0].why()
            )

        await until_so(remembered, f"its supervisor remembers {NEXT}", _REMEMBERED_S)

    async def _bad_release(self) -> None:
        first = self.canary.kiosk_id
        self._act(f"A sale is open at {first}; an operator moves the venue to {BAD}, {first} first")
        await self.canary.ring_up(_TWO)
        opened_at = time.time()
        move_id = await self._desk.move_venue(BAD, first)
        async with _followed(self._desk, move_id, self._say) as watch:
            await watch.until_waiting(first, "busy", within_s=_TOLD_S)
            await self._pay(self.canary, _TWO, opened_at)
            await watch.until(records.TOLD, first, within_s=_TOLD_S)
            self._act(f"{first} was idle and is moved; the next customer comes to its standby")
            await self._hosts[0].until_shown("standby", _SHOWN_S)
            await self.canary.ring_up(_ONE)
            opened_at = time.time()
            await watch.until(records.FAILED, first, within_s=_CRASHED_S)
            if self._sabotaged:
                await self._tell_the_other_by_hand()
            await watch.until(records.TOLD, first, NEXT, within_s=_TOLD_S)
            self._act(f"{BAD} failed, and {first} is told {NEXT} again; the sale is paid")
            await self._pay(self.canary, _ONE, opened_at)
            await self._sell(self.other, _ONE)
            self._say("The fleet service calls it back once no call of before can undo it: 90 s")
            await watch.over(_ENDED_S)
        self.to_bad = watch.move

    async def _tell_the_other_by_hand(self) -> None:
        """Sabotage: tell ECS the bad release of the other kiosk, until it has a task there."""
        arn = next(arn for arn, name in self._ecs.names.items() if name == self.other.kiosk_id)
        self._say(f"BREAK=release: {self.other.kiosk_id} is told {BAD} by hand")
        await self._desk.put_release(arn, BAD)

        async def has_a_task() -> bool:
            tasks = await self._ecs.tasks()
            return any((one.kiosk_id, one.release) == (self.other.kiosk_id, BAD) for one in tasks)

        await until_so(has_a_task, f"a task of {BAD} at {self.other.kiosk_id}", _TOLD_S)
        await self._desk.put_release(arn, NEXT)
        await self._hosts[1].until_shown("ecs", _SHOWN_S)

    async def _sell(self, till: Till, basket: Basket) -> None:
        await till.ring_up(basket)
        await self._pay(till, basket, time.time())

    async def _pay(self, till: Till, basket: Basket, opened_at: float) -> None:
        await till.start_payment()
        await till.tender(basket)
        ack = await till.complete()
        self.sales.append(Sale(till.kiosk_id, opened_at, time.time(), ack.offline))
        await till.leave_tickets()


@asynccontextmanager
async def _followed(
    desk: Desk, move_id: str, say: Callable[[str], None]
) -> AsyncIterator[MoveWatch]:
    """Follow a move while the block runs; a failure of the following ends the block."""
    watch = MoveWatch(desk, move_id, say)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(watch.run())
        yield watch
        following.cancel()
