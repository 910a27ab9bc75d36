"""What did not change is not painted again: a screen reader would read it again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk_ui.looks import Look
from kiosk_ui.places import Go, Place
from kiosk_ui.widgets.forms.field import Line
from tests.support.refund_counter import PIN, counter_in
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, kiosk_app, open_till

LEADING = {
    Place.SELL: ("f2", "1"),
    Place.PAYMENT: ("f2", "1", "enter"),
    Place.TICKET: ("f2", "1", "enter", "enter"),
    Place.ADMIT: ("f3",),
}
"""Keys to the places that need something to be there."""


@pytest.fixture
async def plain(agent: UiAgent) -> AsyncIterator[Till]:
    app = kiosk_app(agent.socket_path, look=Look.PLAIN)
    async with open_till(agent, app=app) as till:
        yield till


async def at_rest(till: Till) -> None:
    """Wait for what the screens read, and paint what waits for the next frame."""
    app = till.app
    await till.at_rest()
    app.screen._on_timer_update()
    await till.pilot.pause()
    app.screen._on_timer_update()


async def painted_by_time(till: Till) -> list[str]:
    """Let a second pass, and the agent say again what it said before; return what is painted."""
    painted: list[str] = []
    await at_rest(till)
    show = till.app._display

    def note(screen: object, update: object) -> None:
        if update is not None:
            spans = getattr(update, "spans", ())
            painted.append(f"{update} {list(spans)}")
        show(screen, update)  # type: ignore[arg-type]

    till.app._display = note  # type: ignore[method-assign,assignment]
    till.app.kiosk._tick()
    till.app.kiosk._status_changed()
    await at_rest(till)
    till.app._display = show  # type: ignore[method-assign]
    return painted


@pytest.mark.parametrize("place", list(Place), ids=lambda place: place.value)
async def test_time_that_passes_paints_nothing_in_the_plain_look(plain: Till, place: Place) -> None:
    await plain.says("PIN")
    if place is not Place.SIGN_IN:
        await plain.sign_in()
        await plain.says("Harbour Lights")
        await plain.press(*LEADING.get(place, ()))
        if place not in LEADING:
            plain.app.post_message(Go(place))
        await plain.at(place)
    assert await painted_by_time(plain) == []


async def test_the_cursor_of_a_line_stands_still_from_the_start(till: Till) -> None:
    await till.says("PIN")
    lines = till.app.screen.query(Line)
    assert lines
    for line in lines:
        assert not line.cursor_blink
        assert line._blink_timer is not None
        assert not line._blink_timer._active.is_set()


async def test_a_refund_that_is_not_decided_yet_paints_nothing(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN, look=Look.PLAIN) as counter:
        till = counter.till
        await till.press("f4", "f6", "1", "enter")
        await till.says("F8 refunds it")
        assert await painted_by_time(till) == [], till.text
        await till.press("f8", "enter", *"ill", "enter")
        await till.says("asking the ticket API")
        await counter.hear()
        assert await painted_by_time(till) == [], till.text


async def test_what_changed_below_a_panel_is_painted_when_it_goes(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN, look=Look.PLAIN) as counter:
        till = counter.till
        await till.press("f4")
        await till.says("HB1-1-000001")
        await till.press("f8")
        await till.says("Refund which tickets")
        await counter.line(up=False)
        assert await painted_by_time(till) == []
        await till.press("escape")
        await till.says("OFFLINE since")
        await counter.line(up=True)
        await till.says("ONLINE since")
