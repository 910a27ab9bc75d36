"""Looks: chosen by a setting, changed by a key on any screen, and nothing typed is lost."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.terminal import Terminal
from kiosk_texts.block_letters import HEIGHT, ROWS, can_draw, large_rows, small_rows
from kiosk_ui.looks import Look, in_words
from kiosk_ui.places import Go, Place
from kiosk_ui.theme import CONTRAST, DARK, PLAIN
from kiosk_ui.widgets.forms.field import Line
from kiosk_ui.widgets.lists.row_list import Rows
from tests.support.ui_agent import UiAgent
from tests.support.ui_judges import contrast_drawn, drawn, has_block_letters, is_plain
from tests.support.ui_till import Till, kiosk_app, open_till


@pytest.fixture
async def plain(agent: UiAgent) -> AsyncIterator[Till]:
    app = kiosk_app(agent.socket_path, look=Look.PLAIN)
    async with open_till(agent, app=app) as till:
        yield till


async def test_ctrl_l_goes_through_all_looks_and_each_has_its_colours(till: Till) -> None:
    seen = []
    for _ in Look:
        seen.append((till.app.look, till.app.theme))
        await till.press("ctrl+l")
    assert seen == [
        (Look.STANDARD, DARK.name),
        (Look.HIGH_CONTRAST, CONTRAST.name),
        (Look.LARGE, DARK.name),
        (Look.PLAIN, PLAIN.name),
    ]
    assert till.app.look is Look.STANDARD


async def test_a_change_of_look_keeps_what_is_typed_chosen_and_said(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("down", "2")
    await till.says("2 tickets")
    # All that follows from it has come by now: nothing but the look changes what is shown.
    await till.says("61 left to sell")
    await till.until(lambda: till.app.kiosk.selling.in_step)
    standard = till.text
    for _ in Look:
        await till.press("ctrl+l")
        assert till.app.screen.query_one(Rows).highlighted == 1
        await till.says("2 tickets")
    await till.until(lambda: till.text == standard, "the picture before")
    await till.press("enter", *"40")
    for _ in Look:
        await till.press("ctrl+l")
        assert till.app.screen.query_one(Line).value == "40"
        assert till.app.kiosk.place is Place.PAYMENT


async def test_high_contrast_shows_where_to_type_also_while_a_list_has_the_keys(
    agent: UiAgent,
) -> None:
    app = kiosk_app(agent.socket_path, look=Look.HIGH_CONTRAST)
    async with open_till(agent, app=app) as till:
        await till.sign_in()
        app.post_message(Go(Place.FIND))
        await till.at(Place.FIND)
        app.screen.query_one(Rows).focus()
        await till.pilot.pause()
        line = app.screen.query_one(Line)
        assert not line.has_focus
        assert line.styles.background != app.screen.styles.background


async def test_a_question_over_the_screen_changes_with_it(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2", "escape")
    await till.says("Leave this sale?")
    assert "╭" in till.text
    await till.press("ctrl+l", "ctrl+l", "ctrl+l")
    assert till.app.look is Look.PLAIN
    await till.says("Leave this sale?")
    is_plain(till.app)
    await till.press("escape")
    await till.says("Total")
    is_plain(till.app)


async def test_the_look_outlives_sign_out(till: Till) -> None:
    await till.sign_in()
    await till.press("ctrl+l", "f10")
    await till.at(Place.SIGN_IN)
    assert till.app.look is Look.HIGH_CONTRAST


async def test_nothing_moves_by_itself_in_any_look(till: Till) -> None:
    assert till.app.animation_level == "none"


async def test_the_plain_look_begins_with_the_setting_and_writes_words_for_signs(
    plain: Till,
) -> None:
    assert plain.app.look is Look.PLAIN
    await plain.press(*"0000", "enter")
    await plain.says("Refused: ")
    assert "✖" not in plain.text
    await plain.sign_in()
    await plain.says("Done: #1 shift opened")
    assert ">Harbour Lights" in plain.text, "the chosen row has a mark"
    await plain.press("down")
    assert ">Harbour Lights" not in plain.text


async def test_the_plain_look_says_what_is_paid_for_and_what_was_taken_in_words(
    plain: Till,
) -> None:
    await plain.sign_in()
    await plain.open_sale()
    await plain.press("2", "enter")
    await plain.says("2 Adult, Harbour Lights: €25.00")
    await plain.press(*"10", "f9")
    await plain.says("Cash taken: -€10.00")
    await plain.says("Still to pay: €15.00")


async def test_the_plain_look_shows_no_second_that_would_be_read_aloud(plain: Till) -> None:
    await plain.says("PIN")
    now = plain.app.kiosk.desk.clock.now()
    top = plain.text.split("\n")[0]
    assert now.strftime("%H:%M") in top
    assert now.strftime("%H:%M:%S") not in top


async def test_the_plain_look_leads_the_terminals_cursor_along_with_the_chosen_row(
    plain: Till,
) -> None:
    await plain.sign_in()
    rows = plain.app.screen.query_one(Rows)
    await plain.press("down")
    assert plain.app.cursor_position.y == rows.content_region.y + 1
    await plain.press("up")
    assert plain.app.cursor_position.y == rows.content_region.y


async def test_the_plain_look_shows_a_tickets_text_and_f7_its_qr_code(plain: Till) -> None:
    await plain.sign_in()
    (code,) = await plain.sell()
    await plain.says(code[:60])
    is_plain(plain.app)
    await plain.press("f7")
    await plain.says("▀▀▀▀▀")
    assert code[:60] not in plain.text
    await plain.press("f7")
    await plain.says(code[:60])


async def test_the_plain_look_leaves_the_scanners_code_out_until_f7(plain: Till) -> None:
    await plain.sign_in()
    await plain.press("f3", "f9")
    await plain.at(Place.SCANNER)
    await plain.says("F7 shows the QR code")
    is_plain(plain.app)
    await plain.press("f7")
    await plain.says("▀▀▀▀▀")
    await plain.press("ctrl+l")
    await plain.says("▀▀▀▀▀")
    await plain.press("f7")
    await plain.says("F7 shows the QR code")
    assert "▀▀▀▀▀" not in plain.text


async def test_the_plain_look_says_how_long_tickets_are_held_in_minutes(plain: Till) -> None:
    await plain.sign_in()
    await plain.open_sale()
    await plain.press("2")
    await plain.says("2 tickets: Total €25.00, held for 10 minutes")
    await plain.press("ctrl+l")
    await plain.says("2 tickets · held for 10:00")


async def test_in_the_other_looks_f7_shows_the_text_instead_of_the_qr_code(till: Till) -> None:
    await till.sign_in()
    (code,) = await till.sell()
    await till.says("▀▀▀▀▀")
    await till.press("f7")
    await till.says(code[:60])
    assert "▀▀▀▀▀" not in till.text


async def test_the_large_look_has_total_change_and_verdict_in_block_letters(
    agent: UiAgent,
) -> None:
    app = kiosk_app(agent.socket_path, look=Look.LARGE)
    async with open_till(agent, app=app) as till:
        await till.sign_in()
        await till.open_sale()
        await till.press("1")
        await till.says("Total €12.50")
        assert has_block_letters(app)
        await till.press("enter", *"50")
        await till.says("Change: ")
        change = till.text.split("Change: ")[1].split("\n")[0].strip()
        for row in small_rows(change):
            assert row.rstrip() in till.text
        await till.press("enter")
        await till.at(Place.TICKET)
        sale = app.kiosk.desk.session.sale
        assert sale is not None
        await till.press("escape", "f3")
        till.scan(sale.tickets[0].code)
        await till.says("GREEN · LET IN")
        for row in large_rows("LET IN"):
            assert row.rstrip() in till.text


@pytest.mark.parametrize("look", list(Look))
async def test_without_colours_everything_is_visible_and_the_chosen_row_is_marked(
    agent: UiAgent, monkeypatch: pytest.MonkeyPatch, look: Look
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = kiosk_app(agent.socket_path, look=look)
    async with open_till(agent, app=app) as till:
        await till.sign_in()
        await till.says(">Harbour Lights")
        for _ in Look:
            for segment in drawn(app):
                style = segment.style
                assert style is not None
                if app.look is Look.PLAIN:
                    assert style.color is None or style.color.is_default
                    assert style.bgcolor is None or style.bgcolor.is_default
                elif not style.dim:
                    assert contrast_drawn(style) >= 3, segment.text
            await till.press("ctrl+l")


def test_words_stand_for_signs() -> None:
    assert in_words("✔ #1 sale recorded") == "Done: #1 sale recorded"
    assert in_words("ONLINE since 20:14 · 0 unsent") == "ONLINE since 20:14, 0 unsent"
    assert in_words("Give it back. · Enter opens it") == "Give it back. Enter opens it"


def test_block_letters_have_a_shape_for_all_that_amounts_and_verdicts_say() -> None:
    unknown = small_rows("?")
    shapes = set()
    for char in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ€£$.,:-+":
        assert small_rows(char) != unknown, char
        assert len(small_rows(char)) == ROWS
        assert len(large_rows(char)) == HEIGHT
        shapes.add("\n".join(large_rows(char)))
    alike = {"O0", "S5"}
    assert len(shapes) == 47 - len(alike)
    assert can_draw("-1.250,00\xa0€")
    assert not can_draw("¥100")


async def test_the_plain_look_sends_sixteen_colours_at_most(tmp_path: Path) -> None:
    sent = await sent_by_the_ui(tmp_path, "plain")
    assert "Who is at this kiosk?" in sent
    for sequence in ("38;2;", "48;2;", "38;5;", "48;5;"):
        assert sequence not in sent
    assert "48;2;" in await sent_by_the_ui(tmp_path, "high-contrast"), "others do use them"


async def sent_by_the_ui(folder: Path, look: str) -> str:
    """Return what the real UI sends to a terminal that knows all colours, before any agent."""
    argv = [sys.executable, "-m", "kiosk_ui", "--socket", str(folder / "none"), "--look", look]
    cast = folder / f"{look}.cast"
    async with Terminal(argv, name=look, cast=cast) as terminal:
        await terminal.wait_for("Who is at this kiosk?", 60)
        terminal.type("12")
        terminal.press("enter")
        await terminal.wait_for("A PIN has at least 4 digits", 60)
    events = [json.loads(line) for line in cast.read_text().splitlines()[1:]]
    return "".join(text for _, kind, text in events if kind == "o")
