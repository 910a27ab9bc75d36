"""The pad on the screen: when it is there, what it types, what it leaves to be seen."""

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from kiosk_texts import read_language, speaking
from kiosk_ui.looks import Look
from kiosk_ui.notices import Tone
from kiosk_ui.pad_keys import PadKey, PadRows, pad_rows
from kiosk_ui.places import Place
from kiosk_ui.screens.buyer import BuyerScreen
from kiosk_ui.takes import Takes
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.frame.line_status import LineStatus
from kiosk_ui.widgets.frame.message_line import MessageLine
from kiosk_ui.widgets.pad.pad import Pad
from tests.support.ui_agent import UiAgent, pin_of
from tests.support.ui_judges import is_plain, is_readable, is_whole
from tests.support.ui_till import Till, key_event, key_name_of, kiosk_app, open_till

_ACTS = {"enter", "backspace", "shift", ""}
_ROOM_FOR_ALL = 16
"""Lines with room for a field, the keys of its pad, and a message; fewer have no letters."""
SIZES = ((40, 10), (40, 16), (60, 16), (80, 24), (120, 40))


def presses(rows: PadRows) -> list[str]:
    return [key.press for row in rows for key in row if key.press]


def on(rows: PadRows) -> str:
    return "".join(key.shown for row in rows for key in row if len(key.shown) == 1)


# When it is there


async def test_who_types_never_sees_it(till: Till) -> None:
    await till.sign_in()
    await till.sell()
    assert not list(till.app.screen.query(Pad))
    assert till.app.touching is False


async def test_it_comes_with_a_touch_and_goes_with_the_first_key(till: Till) -> None:
    await till.says("PIN")
    assert not till.pad()
    await till.click("PIN")
    await till.until(till.pad, "a pad")
    await till.press("1")
    await till.until(lambda: not till.pad(), "no pad")
    assert till.app.screen.query_one(Field).value == "1"


async def test_it_is_there_from_the_start_where_there_is_no_keyboard(agent: UiAgent) -> None:
    async with open_till(agent, app=kiosk_app(agent.socket_path, touch=True)) as till:
        await till.says("PIN")
        await till.tap(pin_of("Ana Cashier"), "enter")
        await till.at(Place.OPENING_FLOAT)
        await till.until(till.pad, "a pad on the next screen")


async def test_it_goes_where_nothing_is_typed_and_comes_back_with_a_field(till: Till) -> None:
    await till.sign_in()
    await till.click("F2 sell" if "F2 sell" in till.text else "Enter sell")
    await till.at(Place.SELL)
    await till.says("Adult")
    assert not till.pad()
    await till.click("+ more")
    await till.click("Enter pay", last=True)
    await till.at(Place.PAYMENT)
    await till.until(till.pad, "a pad")
    await till.click("Enter complete")
    await till.at(Place.TICKET)
    assert not till.pad()


async def test_it_has_the_keys_of_the_field_that_is_typed_in(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.click("Given")
    await till.until(lambda: "full_stop" in till.pad() and "q" not in till.pad(), "an amount's")
    await till.click("F6 Card")
    await till.until(lambda: "q" in till.pad(), "letters")
    await till.click("Amount, empty")
    await till.until(lambda: till.pad() and "q" not in till.pad(), "an amount's again")
    await till.click("F5 Cash")
    await till.until(lambda: "full_stop" in till.pad() and "q" not in till.pad(), "an amount's")


async def test_a_panel_has_its_own_and_the_screen_below_none_meanwhile(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.click("F4 name")
    await till.until(lambda: "q" in till.pad(), "letters")
    assert [len(screen.query(Pad)) for screen in till.app.screen_stack[-2:]] == [0, 1]
    await till.click("Esc leave it")
    await till.until(lambda: till.pad() and "q" not in till.pad(), "the amount's")


# What it types


class Recorder:
    """Takes what is touched, in a kiosk's place."""

    def __init__(self) -> None:
        self.touched_keys: list[events.Key] = []

    def touched(self, key: events.Key) -> None:
        self.touched_keys.append(key)


@pytest.mark.parametrize("tag", ["en_GB", "de_DE", "fr_CH"])
@pytest.mark.parametrize("takes", Takes)
@pytest.mark.parametrize("flat", [True, False])
def test_each_of_its_keys_is_the_key_that_a_keyboard_sends(
    tmp_path: Path, tag: str, takes: Takes, *, flat: bool
) -> None:
    app, recorder = kiosk_app(tmp_path / "ui.sock"), Recorder()
    app._kiosk = recorder  # type: ignore[assignment]
    with speaking(read_language(tag)):
        rows = pad_rows(takes, flat=flat)
    keys = [shown for row in rows for key in row for shown in {key, key.shifted()}]
    typed = {key for key in keys if key.press not in _ACTS}
    for key in typed:
        app.simulate_key(key.press)
        character = " " if key.press == "space" else key.shown
        touched = recorder.touched_keys.pop()
        assert (touched.key, touched.character) == (key_name_of(character), character)
    assert len(typed) >= 10
    for press in ("enter", "backspace"):
        app.simulate_key(press)
        assert recorder.touched_keys.pop().key == press


async def test_texts_and_amounts_come_out_as_from_the_keyboard(agent: UiAgent) -> None:
    async with open_till(agent, size=(80, 24)) as till:
        await till.sign_in()
        await till.open_sale()
        await till.press("1", "enter")
        await till.at(Place.PAYMENT)
        await till.press("f6", *"Ab-c'1. d", "backspace", "Z")
        typed = till.app.screen.query(Input).first().value
        await till.press("f5", "f6")
        assert not till.app.screen.query(Input).first().value
        await till.click("Reference")
        await till.tap("Ab-c'1. d", "backspace")
        await till.tap("Z")
        assert till.app.screen.query(Input).first().value == typed == "Ab-c'1. Z"


async def test_ten_digits_tapped_at_once_are_no_scanners_and_an_enter_behind_no_bounce(
    till: Till,
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.click("F6 Card")
    await till.until(till.pad, "a pad")
    for key in "1234567890123":
        till.app.simulate_key(key)
    await till.all_typed()
    assert till.app.screen.query(Input).first().value == "1234567890123"
    assert till.tone is not Tone.REFUSED
    till.app.simulate_key("enter")
    till.app.simulate_key("enter")
    await till.all_typed()
    # The second one means the screen that the first opened.
    await till.at(Place.EVENTS)


async def test_scans_are_taken_while_it_is_there_and_leave_it(till: Till) -> None:
    await till.sign_in()
    (code,) = await till.sell()
    await till.click("done")
    await till.at(Place.EVENTS)
    await till.click("F3 admit")
    await till.at(Place.ADMIT)
    await till.tap("ab")
    till.scan(code)
    await till.says("GREEN · LET IN")
    assert till.app.screen.query_one(Field).value == "ab"
    assert till.pad()


async def test_another_code_that_a_scanner_sends_leaves_it(till: Till) -> None:
    await till.sign_in()
    await till.click("F3 admit")
    await till.at(Place.ADMIT)
    await till.until(till.pad, "a pad")
    begun = key_event("4").time
    for number, character in enumerate("4006381333931\r"):
        event = key_event("enter" if character == "\r" else character)
        event.time = begun + 0.003 * number
        till.app.post_message(event)
    await till.until(lambda: till.headline == "✖ That was no ticket's code")
    await till.until(till.pad, "the pad")


def test_letters_are_where_the_language_has_them() -> None:
    with speaking(read_language("de_DE")):
        german = pad_rows(Takes.TEXT, flat=True)
        amount = pad_rows(Takes.AMOUNT, flat=False)
    english = pad_rows(Takes.TEXT, flat=True)
    assert "qwertzuiopü" in on(german)
    assert "asdfghjklöä" in on(german)
    assert "ß" in on(german)
    assert "qwertyuiop" in on(english)
    for rows in (german, english):
        assert {"minus", "apostrophe", "full_stop", "space", "shift", "backspace", "enter"} <= {
            *presses(rows)
        }
        assert {*"0123456789abcdefghijklmnopqrstuvwxyz"} <= {*presses(rows)}
    assert "comma" in presses(amount)
    assert "full_stop" not in presses(amount)
    assert "full_stop" in presses(pad_rows(Takes.AMOUNT, flat=True))
    assert {"full_stop", "comma"}.isdisjoint(presses(pad_rows(Takes.DIGITS, flat=False)))


@pytest.mark.parametrize("takes", Takes)
@pytest.mark.parametrize("flat", [True, False])
def test_no_row_is_wider_than_the_first_and_each_key_is_there_once(
    takes: Takes, *, flat: bool
) -> None:
    for tag in ("en_GB", "de_DE"):
        with speaking(read_language(tag)):
            rows = pad_rows(takes, flat=flat)
        widths = [sum(key.width for key in row) for row in rows]
        assert max(widths) == widths[0]
        assert len(presses(rows)) == len({*presses(rows)})


def test_a_shifted_key_is_a_capital_and_what_has_none_stays() -> None:
    assert PadKey("ü", "ü").shifted() == PadKey("Ü", "Ü")
    for stays in (PadKey("ß", "ß"), PadKey("-", "minus"), PadKey("Enter", "enter")):
        assert stays.shifted() == stays


# What is to be seen beside it


@pytest.mark.parametrize("look", Look)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
async def test_field_message_and_line_status_stay_in_sight(
    agent: UiAgent, look: Look, size: tuple[int, int]
) -> None:
    app = kiosk_app(agent.socket_path, look=look, touch=True)
    async with open_till(agent, size=size, app=app) as till:
        await till.says("PIN")
        await see(till)
        await till.tap(pin_of("Ana Cashier"), "enter")
        await till.at(Place.OPENING_FLOAT)
        await see(till)
        # Refused: the message takes of the room.
        await till.tap("..", "enter")
        await till.until(lambda: till.tone is Tone.REFUSED)
        await see(till)
        till.app.kiosk.announce(None)
        await till.tap("", "backspace", "backspace", "enter")
        await till.at(Place.EVENTS)
        for key in ("f2", "plus", "enter"):
            till.app.simulate_key(key)
            await till.all_typed()
        await till.at(Place.PAYMENT)
        till.app.simulate_key("f6")
        await till.says("Reference")
        await see(till)
        till.app.simulate_key("f4")
        # On small screens its title makes way for its field.
        await till.until(lambda: isinstance(till.app.screen, BuyerScreen))
        await see(till)


async def see(till: Till) -> None:
    """Wait until what is typed into is in sight; no pad covers it, nor the lines of the frame."""
    app, screen = till.app, till.app.screen
    await till.until(lambda: in_sight(till), "a field in sight")
    if app.size.width >= 80:
        is_whole(app)
    if app.look is Look.PLAIN and app.size.width >= 80:
        is_plain(app)
    if app.look is Look.HIGH_CONTRAST:
        is_readable(app)
    (pad,) = screen.query(Pad)
    below = app.screen_stack[-2] if not screen.query(LineStatus) else screen
    if below is screen or app.look is not Look.PLAIN:
        for line in (MessageLine, LineStatus):
            assert not pad.region.overlaps(below.query_one(line).region)


def in_sight(till: Till) -> bool:
    """Say whether the field that is typed in can be seen, and a pad where there is room."""
    screen = till.app.screen
    typed, pads = screen.focused, list(screen.query(Pad))
    if not isinstance(typed, Input) or not pads:
        return False
    seen, pad = screen.find_widget(typed).visible_region, pads[0].region
    has_room = bool(pad.area) or till.app.size.height < _ROOM_FOR_ALL
    return (
        seen.height >= 1 and seen.width >= 4 and has_room and not (pad.area and pad.overlaps(seen))
    )
