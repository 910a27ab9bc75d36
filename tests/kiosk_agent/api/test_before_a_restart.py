"""A restart of the host and a payment: whichever is first keeps the other away."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

import pytest
from uuid6 import uuid7

from kiosk_agent.domain.holds import DEFAULT_HOLD_S
from kiosk_agent.ports.journal import JournalWriter
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.restarting import LONGEST_MS, Restarting
from kiosk_agent.services.screens import ScreenDesk
from kiosk_agent.services.sides import Here
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import PutCart
from tests.support.ui_socket import Answer, Till, line, roster, sale_of, till_in

WHO: Final = uuid4()


@asynccontextmanager
async def selling(folder: Path) -> AsyncIterator[tuple[Till, Restarting]]:
    """Serve a till with an open shift and tickets, and what decides on restarts."""
    async with till_in(folder) as till:
        await till.open_shift()
        await till.opened.stock(4)
        state, changes = cast("AgentState", till.agent), Changes()
        here = Here(till.opened.journal, till.clock, changes, state)
        yield till, Restarting(here, ScreenDesk(till.clock, changes))


def refused(answer: Answer) -> None:
    assert (answer.status, answer.code) == (409, "host_restarts"), answer.body
    assert answer.body["retryable"]


async def test_once_it_is_decided_nothing_is_sold_anew_until_it_is_taken_back(
    tmp_path: Path,
) -> None:
    async with selling(tmp_path) as (till, restarting):
        cart = str(uuid7())
        assert (await till.put_cart(cart, adult=1)).status == 200
        assert await restarting.begin(WHO, forced=True) == ""
        before = await till.recorded()
        refused(await till.put_cart(str(uuid7()), adult=1))
        refused(await till.put_cart(cart, adult=2))
        refused(await till.ask("POST", f"/v1/carts/{cart}/payment"))
        assert await till.recorded() == before
        restarting.end(WHO)
        assert (await till.ask("POST", f"/v1/carts/{cart}/payment")).status == 200


async def test_a_host_that_does_not_go_down_sells_again_by_itself(tmp_path: Path) -> None:
    async with selling(tmp_path) as (till, restarting):
        assert await restarting.begin(WHO, forced=False) == ""
        till.clock.advance(LONGEST_MS / 1000 - 1)
        refused(await till.put_cart(str(uuid7()), adult=1))
        till.clock.advance(1)
        assert (await till.put_cart(str(uuid7()), adult=1)).status == 200


@pytest.mark.parametrize("forced", [False, True])
async def test_what_has_begun_to_be_paid_keeps_it_away_unless_it_is_forced_and_is_sold(
    tmp_path: Path, *, forced: bool
) -> None:
    async with selling(tmp_path) as (till, restarting):
        txn_id = str(uuid7())
        cart = await till.put_cart(txn_id, adult=1)
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
        why = await restarting.begin(WHO, forced=forced)
        assert why.startswith("" if forced else "a payment has begun")
        assert bool(why) is not forced
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
        sold = await till.ask("POST", "/v1/sales", sale_of(txn_id, cart.body["total"]))
        assert sold.status == 201, sold.body


async def test_tickets_in_a_cart_keep_it_away_as_long_as_they_are_held(tmp_path: Path) -> None:
    async with selling(tmp_path) as (till, restarting):
        await till.put_cart(str(uuid7()), adult=1)
        assert (await restarting.begin(WHO, forced=False)).startswith("a cart at the kiosk holds")
        assert till.agent.restarts_until == 0
        till.clock.advance(DEFAULT_HOLD_S)
        assert await restarting.begin(WHO, forced=False) == ""


@pytest.mark.parametrize("first", ["restart", "sale"])
async def test_of_a_restart_and_a_sale_that_begin_at_once_one_is_refused(
    tmp_path: Path, first: str
) -> None:
    async with selling(tmp_path) as (till, restarting):
        ana = next(one for one in roster().members if one.staff_id == "ana")
        wanted = PutCart.model_validate({"lines": [line("tide", "adult", 1)]})

        async def restart() -> bool:
            return not await restarting.begin(WHO, forced=False)

        async def sale() -> bool:
            with suppress(ProblemError):
                return bool(await till.desk.carts.put(ana, uuid7(), wanted))
            return False

        acts = [restart(), sale()] if first == "restart" else [sale(), restart()]
        assert await asyncio.gather(*acts) == [True, False]


async def test_a_decision_whose_write_fails_is_none(tmp_path: Path) -> None:
    """The disk may be full when the writer commits: after it had looked, and decided."""
    async with selling(tmp_path) as (till, restarting):
        journal = till.opened.journal
        fails: list[str] = []

        async def full(work: Callable[[JournalWriter], Any]) -> Any:
            def then_fails(writer: JournalWriter) -> None:
                fails.append(work(writer))
                raise OSError(28, "No space left on device")

            return await type(journal).write(journal, then_fails)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(journal, "write", full)
            why = await restarting.begin(WHO, forced=False)
        assert fails == [""], "it had decided"
        assert "can't be read" in why
        assert till.agent.restarts_until == 0
        assert (await till.put_cart(str(uuid7()), adult=1)).status == 200


async def test_what_is_taken_back_before_it_is_decided_is_not_decided_after_that(
    tmp_path: Path,
) -> None:
    """Who asked did not wait for the answer, and the host stays up."""
    async with selling(tmp_path) as (till, restarting):
        holds, asked = threading.Event(), threading.Event()

        def slow(_writer: JournalWriter) -> None:
            asked.set()
            assert holds.wait(10)

        before = asyncio.create_task(till.opened.journal.write(slow))
        await asyncio.to_thread(asked.wait, 10)
        decides = asyncio.create_task(restarting.begin(WHO, forced=False))
        await asyncio.sleep(0)
        restarting.end(WHO)
        holds.set()
        await before
        assert "taken back" in await decides
        assert till.agent.restarts_until == 0
        assert await restarting.begin(WHO, forced=False) == "", "asked again it is decided"
