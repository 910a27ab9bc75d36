"""What keyboard scanners type that is no ticket's code: it changes nothing on any screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from textual.widgets import Input, OptionList

from kiosk_contracts.ticket_code import TicketCode, TicketFacts
from kiosk_ui.places import Place
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, of_kind

TICKET: Final = TicketCode(TicketFacts(1, 7, 1, "0000000000"), b"\x01" * 64).encode()
NO_TICKET: Final = "✖ That was no ticket's code"
EAN: Final = "4006381333931"
ADDRESS: Final = "https://tickets.example/e?a=b&c=%20"


def _spaced(text: str) -> Sequence[str]:
    """Return the keys of a text, as the pilot names them."""
    return ["space" if char == " " else char for char in text]


OTHERS: Final[Mapping[str, Sequence[str]]] = {
    "a web address": (*ADDRESS, "enter"),
    "a web address with a Tab": (*ADDRESS, "tab"),
    "a bottle with a Tab": (*EAN, "tab"),
    "a bottle with a Tab and an Enter": (*EAN, "tab", "enter"),
    "a bottle with two line ends": (*EAN, "enter", "ctrl+j"),
    "a bottle and a space": (*EAN, "space", "enter"),
    "a padded membership card": (*"MEMBER-0012345-A", "space", "space", "enter"),
    "GS1 with a separator": (*"0109506000134352", "ctrl+right_square_bracket", *"105", "enter"),
    "an account with spaces": (*_spaced("DE89 3704 0044 0532 0130 00"), "enter"),
    "a network with a space": (*_spaced("WIFI:S:Hall Guest;T:WPA;P:showtime;;"), "enter"),
    "a bottle in two, 1 and 12": (*EAN[:1], "enter", *EAN[1:], "enter"),
    "a bottle in two, 6 and 7": (*EAN[:6], "enter", *EAN[6:], "enter"),
    "a bottle in two, 12 and 1": (*EAN[:12], "enter", *EAN[12:], "enter"),
}
TICKETS: Final[Mapping[str, Sequence[str]]] = {
    "a ticket with a Tab": (*TICKET, "tab"),
    "a ticket with two line ends": (*TICKET, "enter", "ctrl+j"),
    "a ticket without its last character, which follows": (
        *TICKET[:-1],
        "enter",
        *TICKET[-1:],
        "enter",
    ),
}
WAYS: Final[Mapping[str, Sequence[str]]] = {
    "events": (),
    "a sale": ("f2", "1"),
    "an empty sale": ("f2",),
    "cash": ("f2", "1", "enter", *"20"),
    "a card": ("f2", "1", "enter", "f6", *"40", "down", *"8"),
    "a manager's PIN": ("f2", "1", "enter", "f7", *"press", "enter", *"99"),
    "a name": ("f2", "1", "enter", "f4", *"Bea"),
    "a question": ("f2", "1", "escape"),
    "its tickets": ("f2", "2", "enter", "enter"),
    "a refused payment": ("f2", "1", "enter", *"1", "enter"),
    "the transactions": ("f4",),
    "a search": ("f4", "f6", *"HB"),
    "help": ("f2", "f1"),
}
TAKE_NO_TICKET: Final = [
    way for name, way in WAYS.items() if name not in {"events", "the transactions", "a search"}
]
_BY_ITSELF_S: Final = 0.45
"""After so long a key is no part of what comes."""


@dataclass(frozen=True)
class Standing:
    """All that a key could change."""

    place: Place
    screens: tuple[Any, ...]
    focused: Any
    typed: tuple[str, ...]
    chosen: tuple[int | None, ...]
    wanted: tuple[tuple[Any, int], ...]
    held: tuple[int, ...]
    recorded: int
    payments: tuple[str, ...]


def standing(till: Till, agent: UiAgent) -> Standing:
    app, carts = till.app, agent.books.open_carts()
    screens = tuple(app.screen_stack)
    return Standing(
        app.kiosk.place,
        screens,
        app.focused,
        tuple(line.value for screen in screens for line in screen.query(Input)),
        tuple(rows.highlighted for screen in screens for rows in screen.query(OptionList)),
        tuple(app.kiosk.selling._wanted.items()),
        tuple(len(line["serials"]) for cart in carts for line in cart["lines"]),
        len(agent.books.rows),
        tuple(str(cart["state"]) for cart in carts if cart["lines"]),
    )


async def _by_itself(till: Till) -> None:
    await till.press(f"wait:{_BY_ITSELF_S * 1000:.0f}")


async def _is_said(till: Till, words: str) -> None:
    await till.until(lambda: till.headline.startswith(words), words)
    await till.all_typed()
    await till.until(lambda: till.settled and till.app.kiosk.selling.in_step)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_other_codes_change_nothing_and_press_nothing(
    till: Till, agent: UiAgent, way: Sequence[str]
) -> None:
    await till.sign_in()
    await till.press(*way)
    await till.until(lambda: till.settled)
    for name, keys in OTHERS.items():
        await _by_itself(till)
        before = standing(till, agent)
        till.app.kiosk.announce(None)
        till.burst(*keys)
        await _is_said(till, NO_TICKET)
        assert standing(till, agent) == before, name


@pytest.mark.parametrize("way", TAKE_NO_TICKET, ids="-".join)
async def test_what_a_scanner_sends_behind_a_ticket_presses_nothing(
    till: Till, agent: UiAgent, way: Sequence[str]
) -> None:
    await till.sign_in()
    await till.press(*way)
    await till.until(lambda: till.settled)
    for name, keys in TICKETS.items():
        await _by_itself(till)
        before = standing(till, agent)
        till.app.kiosk.announce(None)
        till.burst(*keys)
        await _is_said(till, "✖")
        assert standing(till, agent) == before, name


async def test_a_pin_that_is_being_typed_goes_on_behind_other_codes(
    till: Till, agent: UiAgent
) -> None:
    await till.says("PIN")
    await till.press(*"11")
    for name, keys in {**OTHERS, **TICKETS}.items():
        await _by_itself(till)
        before = standing(till, agent)
        till.app.kiosk.announce(None)
        till.burst(*keys)
        await _is_said(till, "✖")
        assert standing(till, agent) == before, name
    assert "POST /v1/sign-in" not in agent.requests
    await _by_itself(till)
    await till.press(*"11", "enter")
    await till.at(Place.OPENING_FLOAT)


@pytest.mark.parametrize("keys", OTHERS.values(), ids=OTHERS)
async def test_at_a_gate_other_codes_are_no_ticket_and_search_for_nobody(
    till: Till, agent: UiAgent, keys: Sequence[str]
) -> None:
    await till.sign_in("Gil Gate")
    await till.press("f3")
    await till.at(Place.ADMIT)
    before = standing(till, agent)
    till.burst(*keys)
    await _is_said(till, NO_TICKET)
    assert standing(till, agent) == before
    assert "GET /v1/gates/{event_id}/tickets" not in agent.requests
    assert "POST /v1/admissions" not in agent.requests


@pytest.mark.parametrize("end", [("tab",), ("tab", "enter"), ("enter", "tab"), ("enter", "ctrl+j")])
async def test_at_a_gate_a_ticket_is_judged_once_whatever_stands_behind_it(
    till: Till, agent: UiAgent, end: Sequence[str]
) -> None:
    await till.sign_in()
    (code,) = await till.sell()
    await till.press("escape", "f3")
    await till.at(Place.ADMIT)
    before = standing(till, agent)
    till.burst(*code, *end)
    await till.until(lambda: "admission" in till.headline)
    await till.all_typed()
    assert [judged.word for judged in till.app.kiosk.gate.verdicts] == ["LET IN"]
    assert len(list(of_kind(agent, "admission"))) == 1
    after = standing(till, agent)
    assert (after.focused, after.typed, after.place) == (before.focused, before.typed, before.place)


async def test_a_ticket_inside_a_web_address_is_judged_and_the_address_is_no_ticket(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    (code,) = await till.sell()
    await till.press("escape", "f3")
    await till.at(Place.ADMIT)
    till.burst(*f"https://tickets.example/t/{code}", "enter")
    await till.until(lambda: till.app.kiosk.gate.verdicts)
    assert len(list(of_kind(agent, "admission"))) == 1
    assert till.app.screen.query_one("Line").value == ""  # type: ignore[attr-defined]
