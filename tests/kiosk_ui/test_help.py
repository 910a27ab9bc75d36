"""Help: F1 on every screen, from the same keys that the hints show; no key is left out."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input, OptionList

from kiosk_contracts.gate_search import GateCandidates
from kiosk_contracts.kiosk_status import TransactionRow
from kiosk_contracts.quarantine import QuarantineAct
from kiosk_ui.app import KioskApp
from kiosk_ui.clock import SystemClock
from kiosk_ui.drawer import CashWay
from kiosk_ui.help_page import EVERYWHERE, SIGNS, Helpful
from kiosk_ui.hints import PAD, Hint
from kiosk_ui.kiosk import _SCREENS
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.places import Go, Place
from kiosk_ui.screens.ask import AskScreen
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.buyer import BuyerScreen
from kiosk_ui.screens.candidates import CandidatesScreen
from kiosk_ui.screens.cash import CashScreen
from kiosk_ui.screens.clock import ClockScreen
from kiosk_ui.screens.closing import ClosingScreen
from kiosk_ui.screens.free_cart import FreeCartScreen
from kiosk_ui.screens.hand_over import HandOverScreen
from kiosk_ui.screens.help import HelpScreen
from kiosk_ui.screens.keep_check import KeepCheckScreen
from kiosk_ui.screens.let_in import LetInScreen
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.screens.quarantine import QuarantineScreen
from kiosk_ui.screens.refund import RefundScreen, RefundTicketsScreen
from kiosk_ui.screens.refund_standing import RefundStandingScreen
from kiosk_ui.screens.transaction import TransactionScreen
from kiosk_ui.screens.update_lock import LiftUpdateLockScreen, SetUpdateLockScreen
from kiosk_ui.screens.void import VoidScreen
from kiosk_ui.selling import new_txn_id
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.lists.quantity_rows import QuantityRows
from tests.support.refund_models import found_ticket, refund_standing
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, open_till

_FROM_TYPING = {"plus", "minus", "backspace", "delete"}
"""Keys that QuantityRows takes as typed, without a binding."""
_OF_ALL = {press for hint in EVERYWHERE for press in hint.presses}

Panel = type[PanelScreen[object]] | type[AskScreen]


def row(*acts: QuarantineAct) -> TransactionRow:
    return TransactionRow.model_validate(
        {
            "sequence": 1,
            "txn_id": new_txn_id(),
            "kind": "sale",
            "state": "quarantined",
            "receipt_number": "HB1-1-000001",
            "cashier_id": "ana",
            "total": None,
            "tickets": 1,
            "voided": False,
            "attempts": 1,
            "recorded_at": datetime(2026, 11, 26, tzinfo=UTC),
            "acts": acts,
        }
    )


def panels() -> Sequence[Screen[object]]:
    """Return every panel, as it is with all its keys."""
    clock = SystemClock()
    made: list[Screen[object]] = [
        AskScreen("Leave?", "More.", yes="yes", no="no"),
        BuyerScreen("Eve"),
        CandidatesScreen("17", GateCandidates(candidates=[], more=False)),
        CashScreen(CashWay.OUT, "EUR", needs_pin=True),
        ClockScreen(clock, needs_pin=False),
        ClosingScreen("Close?", differs=True, needs_pin=True),
        FreeCartScreen("Free?", "Give back."),
        HandOverScreen("Hand over?", needs_pin=True),
        RefundScreen("Refund?", needs_pin=True),
        RefundStandingScreen(refund_standing(decision="give_back"), online=True),
        RefundTicketsScreen("HB1-1-000001", [found_ticket()], clock),
        KeepCheckScreen(),
        HelpScreen(AskScreen("?", "!", yes="y", no="n").help_page(), None),
        QuarantineScreen(row(*QuarantineAct), clock),
        TransactionScreen(row(), ["KTXQ2M4V9J"], clock),
        SetUpdateLockScreen(clock, needs_pin=True),
        LiftUpdateLockScreen("Lift?", "No update."),
        VoidScreen("Void?", needs_pin=True),
        LetInScreen("Let in?", needs_pin=True),
    ]
    return made


def screens(kind: type[Screen[object]]) -> Iterator[type[Screen[object]]]:
    """Return the screens of a kind that a person can come to."""
    for one in kind.__subclasses__():
        below = list(screens(one))
        yield from below or [one]


def hints_of(screen: Screen[object] | type[KioskScreen]) -> Sequence[Hint]:
    return screen.HINTS if isinstance(screen, type) else screen.hints()  # type: ignore[attr-defined]


def own_keys(kind: type) -> set[str]:
    """Return the keys that our classes bind, in whatever of them a screen is made of."""
    found = set()
    for base in kind.__mro__:
        if base.__module__.startswith("kiosk_ui"):
            for binding in base.__dict__.get("BINDINGS", ()):
                assert isinstance(binding, Binding)
                found |= {key.strip() for key in binding.key.split(",")}
    return found


def named_by(hints: Sequence[Hint]) -> set[str]:
    return {press for hint in hints for press in hint.presses}


def test_all_screens_and_panels_are_looked_at_here() -> None:
    assert set(_SCREENS) == set(Place)
    assert {type(one) for one in panels()} == {*screens(PanelScreen), AskScreen}


@pytest.mark.parametrize("kind", _SCREENS.values(), ids=lambda kind: kind.__name__)
def test_every_screen_says_what_it_is_for_and_names_each_of_its_keys(
    kind: type[KioskScreen],
) -> None:
    assert len(kind.PURPOSE) > 60
    assert kind.PURPOSE.endswith(".")
    assert own_keys(kind) - _OF_ALL <= named_by(kind.HINTS)


@pytest.mark.parametrize("panel", panels(), ids=lambda one: type(one).__name__)
def test_every_panel_says_what_it_is_for_and_names_each_of_its_keys(
    panel: Screen[object],
) -> None:
    assert isinstance(panel, Helpful)
    page = panel.help_page()
    assert page.title or isinstance(panel, HelpScreen)
    assert page.purpose or isinstance(panel, HelpScreen)
    assert own_keys(type(panel)) - _OF_ALL <= named_by(hints_of(panel))


@pytest.mark.parametrize(
    "screen",
    [*_SCREENS.values(), *panels()],
    ids=lambda one: one.__name__ if isinstance(one, type) else type(one).__name__,
)
def test_every_key_that_is_shown_does_something(
    screen: Screen[object] | type[KioskScreen],
) -> None:
    kind = screen if isinstance(screen, type) else type(screen)
    bound = set(kind._merged_bindings.key_to_bindings) | _FROM_TYPING | _OF_ALL | {PAD}  # type: ignore[union-attr]
    for part in (Input, OptionList, QuantityRows):
        bound |= set(part._merged_bindings.key_to_bindings)  # type: ignore[union-attr]
    assert hints_of(screen)
    for hint in hints_of(screen):
        assert set(hint.presses) <= bound, hint
        # A scan is no key; each other has something to touch, two keys have two things.
        assert len(hint.presses) == (0 if hint.key == "scan" else len(hint.key.split())), hint


def test_the_apps_own_keys_are_named() -> None:
    assert own_keys(KioskApp) <= _OF_ALL


def test_every_sign_of_a_notice_is_explained() -> None:
    explained = {sign for sign, _ in SIGNS}
    for tone in Tone:
        assert Notice(tone, "x").headline.split()[0] in explained


async def walk(till: Till) -> list[Place]:
    """Open the help at each place of an evening; return the places."""
    seen = []

    async def look() -> None:
        screen = till.app.screen
        assert isinstance(screen, KioskScreen)
        await till.at_rest()
        before = till.text
        assert "F1 help" in before
        await till.press("f1")
        await till.says(f"Help: {screen.title_words()}")
        shown = " ".join(till.text.replace("│", " ").split())
        assert screen.PURPOSE in shown
        for hint in screen.HINTS:
            assert f"{hint.key} " in shown
            if hint.more:
                assert hint.more in shown
        await till.press("escape")
        await till.until(lambda: till.app.screen is screen, "the screen again")
        await till.until(lambda: till.text == before, "the screen as it was")
        seen.append(till.app.kiosk.place)

    await till.says("PIN")
    await look()
    await till.press(*"1111", "enter")
    await till.at(Place.OPENING_FLOAT)
    await look()
    await till.press(*"100", "enter")
    await till.at(Place.EVENTS)
    await till.says("Harbour Lights")
    for key, place in (("f3", Place.ADMIT), ("f4", Place.TRANSACTIONS), ("f5", Place.DRAWER)):
        await look()
        await till.press(key)
        await till.at(place)
        await till.until(lambda: till.settled)
        await look()
        await till.press("escape")
        await till.at(Place.EVENTS)
    await till.open_sale()
    await till.press("1")
    await till.says(" Total €12.50")
    await till.says("62 left to sell")
    await look()
    await till.press("enter")
    await till.at(Place.PAYMENT)
    await look()
    await till.press("enter")
    await till.at(Place.TICKET)
    await look()
    by_message = (Place.COUNT, Place.Z_REPORT, Place.PRE_SHOW, Place.STANDING, Place.PAPER)
    for place in (*by_message, Place.CARTS, Place.SCANNER, Place.FIND, Place.SHIFTS, Place.SHIFT):
        till.app.post_message(Go(place))
        await till.at(place)
        await look()
    return seen


async def test_f1_explains_every_screen_and_esc_leads_back(agent: UiAgent) -> None:
    async with open_till(agent, size=(100, 60)) as till:
        assert set(await walk(till)) == set(Place)


async def test_f1_over_a_question_explains_it_and_closes_by_f1(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "escape")
    await till.says("Leave this sale?")
    await till.press("f1")
    await till.says("Help: a question")
    await till.press("f1")
    await till.until(lambda: isinstance(till.app.screen, AskScreen))
    await till.press("enter")
    await till.at(Place.EVENTS)


async def test_f1_types_nothing_and_nothing_reaches_the_screen_below(till: Till) -> None:
    await till.says("PIN")
    await till.press(*"11", "f1", *"22", "escape", *"33")
    assert till.app.screen.query_one(Field).value == "1133"


async def test_a_scan_while_the_help_is_open_says_to_close_it(till: Till) -> None:
    await till.sign_in()
    (code,) = await till.sell()
    await till.press("escape", "f3", "f1")
    await till.says("Help: admit")
    till.scan(code)
    await till.until(lambda: "Close the help first" in till.headline)
    await till.press("escape")
    till.scan(code)
    await till.says("GREEN · LET IN")


async def test_the_help_repeats_in_full_what_the_message_line_says(till: Till) -> None:
    await till.press(*"12", "enter")
    await till.says("A PIN has at least 4 digits")
    await till.pilot.resize_terminal(40, 10)
    await till.press("f1", "pagedown")
    await till.says("Type yours, then Enter.")


async def test_a_click_opens_the_help_and_the_look_can_be_changed_there(till: Till) -> None:
    await till.click("F1 help")
    await till.says("Help: sign-in")
    await till.says("Now: standard")
    await till.click("Ctrl-L look")
    assert till.app.look.value == "high-contrast"
    await till.press("escape")
    await till.says("Who is at this kiosk?")


async def test_the_help_goes_when_the_kiosk_asks_for_a_pin(till: Till) -> None:
    await till.sign_in()
    await till.press("f1")
    await till.says("Help: events")
    till.app.kiosk.signed_out()
    await till.at(Place.SIGN_IN)
    await till.says("Who is at this kiosk?")
    assert "Help:" not in till.text
