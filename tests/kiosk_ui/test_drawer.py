"""The drawer, at the real agent: cash in and out, counting, closing, taking over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk_contracts.payloads import ShiftClosedPayload, ShiftOpenedPayload
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.cash import CashScreen
from kiosk_ui.screens.closing import ClosingScreen
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, open_at


@asynccontextmanager
async def _kiosk(folder: Path, lines: int = 24) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app at an agent where Ana sold two adults of 12.50 on a float of 100.00."""
    async with till_in(folder) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        assert (await agent.sell(adult=2)).status == 201
        async with open_at(folder, AgentClock(agent.clock), size=(80, lines)) as till:
            yield agent, till


async def _at_the_drawer(till: Till) -> None:
    await till.press(*"2222", "enter")
    await till.at(Place.EVENTS)
    await till.press("f5")
    await till.at(Place.DRAWER)
    await till.says("Should be in the drawer")


def _asks(till: Till, screen: type[object]) -> bool:
    return isinstance(till.app.screen, screen)


async def _count(till: Till, *keys: str) -> None:
    """Count one note of 100.00 and what else is typed; Enter."""
    await till.press("f8")
    await till.at(Place.COUNT)
    await till.press("down", "down", "1", *keys, "enter")
    await till.until(lambda: _asks(till, ClosingScreen))


async def _find_anas_drawer(till: Till) -> None:
    """Let Ana close hers, three short, and a manager who comes next find it."""
    await _at_the_drawer(till)
    await _count(till, *["down"] * 2, "1", *["down"] * 3, "1")
    await till.press(*"three short", "enter")
    await till.at(Place.Z_REPORT)
    await till.press("enter")
    await till.at(Place.SIGN_IN)
    await till.press(*"9999", "enter")
    await till.says("Ana left €122.00 in it at")


async def test_the_drawer_shows_the_x_report(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await _at_the_drawer(till)
        for words in ("X report · Ana", "Sales 1 · voids 0", "2 sold", "HB1-1-000001"):
            await till.says(words)
        for label, amount in (
            ("Opening float", "€100.00"),
            ("Cash taken", "€25.00"),
            ("Should be in the drawer", "€125.00"),
        ):
            [line] = [line for line in till.text.splitlines() if label in line]
            assert amount in line


async def test_a_payment_that_was_cancelled_stands_in_the_x_report(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        await till.press("f2", "1", "enter")
        await till.at(Place.PAYMENT)
        await till.press("f5", *"3", "f9", "f6", *"4711", "down", *"8", "f9")
        await till.says("Card 4711 taken")
        await till.press("escape")
        await till.says("Give back €3.00 in cash, €8.00 to the card of 4711")
        await till.press("enter")
        await till.at(Place.SELL)
        await till.press("escape", "enter")
        await till.at(Place.EVENTS)
        await till.press("f5")
        await till.at(Place.DRAWER)
        await till.says("Should be in the drawer")
        for label, amount in (
            ("Cash taken", "€25.00"),
            ("Payments cancelled", "1"),
            ("given back by card", "€8.00"),
            ("given back in cash", "€3.00"),
            ("Should be in the drawer", "€125.00"),
        ):
            [line] = [line for line in till.text.splitlines() if label in line]
            assert line.split()[-1] == amount


async def test_a_report_longer_than_the_screen_is_gone_through_by_key(tmp_path: Path) -> None:
    async with _kiosk(tmp_path, lines=12) as (_, till):
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        await till.press("f5")
        await till.says("X report")
        assert "Should be in the drawer" not in till.text
        await till.press("down")
        await till.says("Should be in the drawer")
        assert "X report" not in till.text
        await till.press("up")
        await till.says("X report")


async def test_the_z_report_too(tmp_path: Path) -> None:
    async with _kiosk(tmp_path, lines=14) as (_, till):
        await _at_the_drawer(till)
        await _count(till, "down", "down", "1", "down", "down", "1")
        await till.press("enter")
        await till.at(Place.Z_REPORT)
        await till.says("Z report")
        assert "Over or short" not in till.text
        await till.press("down")
        await till.says("Over or short")


async def test_cash_goes_in_and_out(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_drawer(till)
        await till.press("f6")
        await till.until(lambda: _asks(till, CashScreen))
        await till.press(*"50", "enter", *"change", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert till.headline == "✔ #3 shift paid in €50.00 recorded online"
        await till.says("€175.00")
        await till.press("f7")
        await till.until(lambda: _asks(till, CashScreen))
        await till.press(*"30", "enter", *"safe", "enter", *"9999", "enter")
        await till.until(lambda: "shift paid out" in till.headline)
        await till.says("€145.00")
        counts = await agent.opened.journal.read(lambda reader: reader.counts())
        assert counts.last_sequence == 4


async def test_what_is_no_amount_is_asked_again_and_records_nothing(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_drawer(till)
        await till.press("f6")
        await till.until(lambda: _asks(till, CashScreen))
        await till.press(*"ten", "enter")
        await till.says("is not an amount")
        await till.press("escape")
        await till.until(lambda: not _asks(till, CashScreen))
        await till.press("f7")
        await till.press(*"126", "enter", *"safe", "enter", *"9999", "enter")
        await till.until(lambda: till.tone is Tone.REFUSED)
        assert till.headline == "✖ The drawer does not hold so much"
        counts = await agent.opened.journal.read(lambda reader: reader.counts())
        assert counts.last_sequence == 2


async def test_a_wrong_pin_is_asked_for_again_with_all_that_was_typed(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await _at_the_drawer(till)
        await till.press("f7")
        await till.until(lambda: _asks(till, CashScreen))
        await till.press(*"30", "enter", *"safe", "enter", *"1234", "enter")
        await till.says("No manager here has this PIN")
        await till.press(*"9999", "enter")
        await till.until(lambda: "shift paid out €30.00" in till.headline)


async def test_a_count_is_mended_and_a_drawer_closed_to_the_cent(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await _at_the_drawer(till)
        await _count(till, "down", "down", "2")
        await till.says("Counted €140.00: €15.00 over.")
        await till.press("escape")
        await till.until(lambda: not _asks(till, ClosingScreen))
        await till.press("minus", "down", "1", "plus", "minus", "down", "enter")
        await till.until(lambda: _asks(till, ClosingScreen))
        await till.says("Counted €130.00: €5.00 over.")
        await till.press("escape")
        await till.until(lambda: not _asks(till, ClosingScreen))
        await till.press("up", "0", "down", "1", "enter")
        await till.until(lambda: _asks(till, ClosingScreen))
        await till.says("Counted €125.00: exact. Close the shift?")
        await till.press("enter")
        await till.at(Place.Z_REPORT)
        assert till.headline == "✔ #3 shift closed recorded online"
        await till.says("Z report · Ana")


async def test_the_next_cashier_takes_the_drawer_over(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_drawer(till)
        await _count(till, *["down"] * 2, "1", *["down"] * 3, "1")
        await till.press(*"three short", "enter")
        await till.at(Place.Z_REPORT)
        await till.press("enter")
        await till.at(Place.SIGN_IN)
        await till.press(*"9999", "enter")
        await till.at(Place.OPENING_FLOAT)
        await till.says("Ana left €122.00 in it at")
        await till.press("f6", "enter")
        await till.at(Place.EVENTS)
        row = await agent.opened.journal.read(
            lambda reader: reader.rows_page(before=None, limit=1)[0]
        )
        payload = row.read_payload()
        assert isinstance(payload, ShiftOpenedPayload)
        assert str(payload.opening_float) == "122.00 EUR"
        assert payload.taken_over_from is not None


async def test_a_float_of_the_same_sum_is_another_drawer(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _find_anas_drawer(till)
        await till.press(*"122", "enter")
        await till.at(Place.EVENTS)
        row = await agent.opened.journal.read(
            lambda reader: reader.rows_page(before=None, limit=1)[0]
        )
        payload = row.read_payload()
        assert isinstance(payload, ShiftOpenedPayload)
        assert payload.taken_over_from is None


async def test_a_drawer_taken_over_by_mistake_is_left_again(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _find_anas_drawer(till)
        await till.press("f6")
        await till.says("Taken over: Ana left €122.00 at")
        await till.press("f6")
        await till.says("Ana left €122.00 in it at")
        await till.press(*"80", "enter")
        await till.at(Place.EVENTS)
        row = await agent.opened.journal.read(
            lambda reader: reader.rows_page(before=None, limit=1)[0]
        )
        payload = row.read_payload()
        assert isinstance(payload, ShiftOpenedPayload)
        assert str(payload.opening_float) == "80.00 EUR"
        assert payload.taken_over_from is None


async def test_a_short_drawer_needs_a_reason_and_if_far_off_a_manager(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_drawer(till)
        await _count(till)
        await till.says("Counted €100.00: €25.00 short.")
        await till.press("enter")
        await till.says("Type why it may be so")
        await till.press(*"stolen", "enter")
        await till.says("By more than €5.00 a manager agrees.")
        await till.press(*"9999", "enter")
        await till.at(Place.Z_REPORT)
        for words in ("Z report · Ana", "€25.00 short", "stolen", "Approved by"):
            await till.says(words)
        [approved] = [line for line in till.text.splitlines() if "Approved by" in line]
        assert approved.split() == ["Approved", "by", "Mia"]
        row = await agent.opened.journal.read(
            lambda reader: reader.rows_page(before=None, limit=1)[0]
        )
        payload = row.read_payload()
        assert isinstance(payload, ShiftClosedPayload)
        assert (payload.reason, payload.approved_by) == ("stolen", "mia")
        assert [(str(one.value), one.pieces) for one in payload.pieces] == [("100.00 EUR", 1)]
        await till.press("enter")
        await till.at(Place.SIGN_IN)
