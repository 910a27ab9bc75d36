"""Scans on every screen: they admit, or say what to finish first; they never type."""

import asyncio
import time

import pytest
from textual import events

from kiosk_contracts.ticket_code import TicketCode, TicketFacts
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.places import Place
from kiosk_ui.typing_pace import MAX_GAP_S
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, asked, key_event, of_kind

ADMIT = "POST /v1/admissions"
SOME_CODE = TicketCode(TicketFacts(1, 7, 1, "0000000000"), b"\x01" * 64).encode()


async def sold_code(till: Till) -> str:
    """Sell one ticket and return to Events."""
    await till.sign_in()
    code = (await till.sell())[0]
    await till.press("escape")
    await till.at(Place.EVENTS)
    await till.says("Harbour Lights")
    return code


@pytest.mark.parametrize("keys", [(), ("f3",)])
async def test_a_scan_admits_on_events_and_on_admit(
    till: Till, agent: UiAgent, keys: tuple[str, ...]
) -> None:
    code = await sold_code(till)
    await till.press(*keys)
    place = Place.ADMIT if keys else Place.EVENTS
    await till.at(place)
    till.scan(code)
    await till.until(lambda: "admission" in till.headline)
    serial = TicketCode.decode(code).facts.serial
    assert till.headline == f"✔ #3 admission {serial} recorded online"
    assert till.headline in till.text
    assert till.app.kiosk.place is place
    till.scan(code)
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert till.headline == "✖ Already used"
    await till.says("Used before at Main gate, 19:14:05.")
    assert len(list(of_kind(agent, "admission"))) == 1


@pytest.mark.parametrize("cut", [1, 2, 12])
async def test_a_scan_that_comes_while_the_screen_is_being_drawn_is_a_scan(
    till: Till, agent: UiAgent, cut: int
) -> None:
    code = await sold_code(till)
    await till.press("f3")
    await till.at(Place.ADMIT)
    till.burst(*code[:cut])
    await till.until(lambda: till.app.kiosk._scanner.holding)
    loop = asyncio.get_running_loop()

    async def arrive(event: events.Key) -> None:
        till.app.post_message(event)

    def come_and_stall() -> None:
        # The terminal's thread makes the events; the app has no time for them until it is late.
        for key in (*code[cut:], "enter"):
            asyncio.run_coroutine_threadsafe(arrive(key_event(key)), loop)
        time.sleep(1.5 * MAX_GAP_S)

    loop.call_soon(come_and_stall)
    await till.until(lambda: "admission" in till.headline, "the admission")
    assert len(list(of_kind(agent, "admission"))) == 1


async def test_the_verdict_is_a_word_beside_its_colour(till: Till) -> None:
    code = await sold_code(till)
    await till.press("f3")
    await till.at(Place.ADMIT)
    till.scan(code)
    await till.says("GREEN · LET IN")
    await till.says("1 inside")
    till.scan(code)
    await till.says("RED · STOP")
    facts = TicketFacts(2, 7, 1, "0000000000")
    till.scan(TicketCode(facts, bytes(64)).encode())
    await till.says("AMBER · ASK")
    assert till.headline == "▲ Signed with a new key"


async def test_a_serial_can_be_typed_as_people_type_it(till: Till, agent: UiAgent) -> None:
    code = await sold_code(till)
    serial = TicketCode.decode(code).facts.serial
    await till.press("f3")
    await till.at(Place.ADMIT)
    await till.press(*f"{serial[:5]}-{serial[5:]}".lower(), "enter")
    await till.until(lambda: "admission" in till.headline)
    assert len(list(of_kind(agent, "admission"))) == 1


async def test_people_can_be_let_out_and_in_again(till: Till) -> None:
    code = await sold_code(till)
    serial = TicketCode.decode(code).facts.serial
    await till.press("f3")
    await till.at(Place.ADMIT)
    till.scan(code)
    await till.until(lambda: "admission" in till.headline)
    await till.press("f6")
    await till.says("letting OUT")
    till.scan(code)
    await till.until(lambda: till.headline == f"✔ #4 exit {serial} recorded online")
    await till.says("GREEN · LET OUT")
    await till.press("f6")
    till.scan(code)
    await till.until(lambda: till.headline.startswith("✔ #5 admission"))


async def test_scans_quicker_than_answers_are_all_judged_in_order(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    codes = await till.sell("3")
    await till.press("escape", "f3")
    await till.at(Place.ADMIT)
    for code in codes:
        till.scan(code)
    await till.until(lambda: len(till.app.kiosk.gate.verdicts) == 3)
    serials = [TicketCode.decode(code).facts.serial for code in codes]
    assert [judged.subject for judged in reversed(till.app.kiosk.gate.verdicts)] == serials
    assert len(list(of_kind(agent, "admission"))) == 3


@pytest.mark.parametrize("garbage", ["EP1", "EP1XYZ", "EP1" + "!" * 500, "ep1 ÄÖÜ f2 12"])
async def test_a_scan_of_garbage_is_refused_and_types_nothing(till: Till, garbage: str) -> None:
    await till.sign_in()
    await till.press("f3")
    await till.at(Place.ADMIT)
    till.scan(garbage)
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert till.headline == "✖ Not a readable ticket"
    assert till.app.kiosk.place is Place.ADMIT
    assert till.app.screen.query_one("Line").value == ""  # type: ignore[attr-defined]


async def test_a_scan_while_a_quantity_is_typed_changes_nothing(
    till: Till, agent: UiAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[str] = []
    announce = till.app.kiosk.announce

    def note(notice: Notice | None) -> None:
        announced.extend([notice.text] if notice else [])
        announce(notice)

    monkeypatch.setattr(till.app.kiosk, "announce", note)
    await till.sign_in()
    await till.open_sale()
    till.burst("1", *SOME_CODE, "enter", "2")
    await till.says("12 tickets")
    # The digit after the scan goes on with the sale, and takes the words down again.
    assert "Finish or leave this sale first" in announced
    assert till.app.kiosk.place is Place.SELL
    assert asked(agent, ADMIT) == 0


async def test_a_scan_while_the_pin_is_typed_does_not_reach_it(till: Till) -> None:
    await till.says("PIN")
    till.burst(*"11", *SOME_CODE, "enter", *"11")
    await till.until(lambda: till.headline == "✖ Sign in first")
    await till.press("enter")
    await till.at(Place.OPENING_FLOAT)


@pytest.mark.parametrize(
    ("keys", "place", "words"),
    [
        (("f2", "1"), Place.SELL, "✖ Finish or leave this sale first"),
        (("f2", "1", "enter"), Place.PAYMENT, "✖ Finish this payment first"),
        (("f5",), Place.DRAWER, "✖ Leave the drawer first"),
    ],
)
async def test_elsewhere_a_scan_says_what_to_finish_first(
    till: Till, agent: UiAgent, keys: tuple[str, ...], place: Place, words: str
) -> None:
    await till.sign_in()
    for key in keys:
        await till.press(key)
        await till.until(lambda: till.settled)
    await till.at(place)
    till.scan(SOME_CODE)
    await till.until(lambda: till.headline == words)
    await till.pilot.pause(0.05)
    assert till.app.kiosk.place is place
    assert asked(agent, ADMIT) == 0
    assert asked(agent, "POST /v1/sales") == 0


async def test_a_scan_does_not_answer_a_question(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1")
    await till.says("Total €12.50")
    await till.press("escape")
    await till.says("Leave this sale?")
    till.scan(SOME_CODE)
    await till.until(lambda: till.headline == "✖ Answer the question first")
    assert agent.books.open_carts()


async def test_a_reason_that_begins_like_a_scan_is_typed_whole(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.press("f7", *"EP", "wait:120", *"one Extra", "wait:120")
    await till.says("EPone Extra")


async def test_a_pasted_code_is_a_scan_and_other_pasted_text_is_typed(
    till: Till, agent: UiAgent
) -> None:
    code = await sold_code(till)
    await till.press("f3")
    await till.at(Place.ADMIT)
    till.app.post_message(events.Paste(f"{code}\r"))
    await till.until(lambda: "admission" in till.headline)
    till.app.post_message(events.Paste("ABC"))
    await till.says("ABC")
    assert len(list(of_kind(agent, "admission"))) == 1
