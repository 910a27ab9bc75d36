"""Who is signed in is kept in memory, and never longer than the journal says so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, cast

import pytest

from kiosk_agent.ports.journal import Journal, JournalReader
from kiosk_agent.services.pin_tries import PinTries
from kiosk_agent.services.staff import Staff
from kiosk_contracts.problem import ProblemError
from tests.support.ui_socket import CHEAP_PINS, roster, till_in

T = TypeVar("T")


@dataclass
class HeldReads:
    """A journal whose reads are done at once, but answered when a test lets them."""

    journal: Journal
    reads: int = 0
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    read_done: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, work: Callable[[JournalReader], T]) -> T:
        self.reads += 1
        result = await self.journal.read(work)
        self.read_done.set()
        await self.answer.wait()
        return result

    def __getattr__(self, name: str) -> object:
        return getattr(self.journal, name)


async def test_a_token_is_looked_up_once_until_it_is_signed_out(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        token = (await till.sign_in("ana")).body["staff_token"]
        held = HeldReads(till.opened.journal)
        held.answer.set()
        kiosk = replace(till.desk.kiosk, journal=cast("Journal", held))
        staff = Staff(kiosk, roster(), CHEAP_PINS, PinTries(kiosk.journal, kiosk.clock))
        assert [(await staff.who(token)).staff_id for _ in range(3)] == ["ana"] * 3
        assert held.reads == 1
        await staff.sign_out(token)
        with pytest.raises(ProblemError) as refused:
            await staff.who(token)
        assert refused.value.code == "not_signed_in"


async def test_a_look_up_that_a_sign_out_overtakes_is_not_kept(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        token = (await till.sign_in("ana")).body["staff_token"]
        held = HeldReads(till.opened.journal)
        kiosk = replace(till.desk.kiosk, journal=cast("Journal", held))
        staff = Staff(kiosk, roster(), CHEAP_PINS, PinTries(kiosk.journal, kiosk.clock))
        looking_up = asyncio.create_task(staff.who(token))
        await held.read_done.wait()
        await staff.sign_out(token)
        held.answer.set()
        assert (await looking_up).staff_id == "ana", "the request came before the sign-out"
        with pytest.raises(ProblemError) as refused:
            await staff.who(token)
        assert refused.value.code == "not_signed_in"
