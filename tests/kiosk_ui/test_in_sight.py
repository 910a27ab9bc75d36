"""What is typed in stays in sight, whatever changes above it or takes of its room."""

import asyncio

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, Static

from kiosk_ui.takes import Takes
from kiosk_ui.widgets.frame.body import WITH_PAD, Body


class Line(Input):
    """Takes text."""

    takes = Takes.TEXT
    pad_when_asked = False


class OneBody(App[None]):
    """Lines that are paid, in ten lines of room, and below them what is typed in."""

    CSS = "Body, Static, Line { height: auto; } Body { height: 10; } #below { height: 20; }"

    def on_mount(self) -> None:
        """Have a pad to type on."""
        self.screen.add_class(WITH_PAD)

    def compose(self) -> ComposeResult:
        """Lay out what grows, what is typed in, and much below it."""
        with Body():
            yield Static("total", id="above")
            yield Line()
            yield Static("", id="below")


def in_sight(pilot: Pilot[None]) -> bool:
    app = pilot.app
    return app.query_one(Body).region.contains_region(app.query_one(Line).region)


async def until_in_sight(pilot: Pilot[None]) -> None:
    """Wait for it; the test's own timeout ends a wait for ever."""
    async with asyncio.timeout(20):
        while not in_sight(pilot):
            await pilot.pause(0.005)


async def grow(pilot: Pilot[None], lines: int) -> None:
    pilot.app.query_one("#above", Static).update("\n".join("paid" for _ in range(lines)))
    await pilot.pause()


async def test_lines_that_come_above_do_not_push_it_out_of_sight() -> None:
    async with OneBody().run_test(size=(40, 20)) as pilot:
        pilot.app.query_one(Line).focus()
        await pilot.pause()
        for lines in (8, 12, 9, 15):
            await grow(pilot, lines)
            await until_in_sight(pilot)


async def test_room_that_is_taken_away_does_not_hide_it() -> None:
    async with OneBody().run_test(size=(40, 20)) as pilot:
        pilot.app.query_one(Line).focus()
        await grow(pilot, 5)
        pilot.app.query_one(Body).styles.height = 5
        await pilot.pause()
        await until_in_sight(pilot)


async def test_who_scrolls_is_not_scrolled_back() -> None:
    async with OneBody().run_test(size=(40, 20)) as pilot:
        pilot.app.query_one(Line).focus()
        await pilot.pause()
        body = pilot.app.query_one(Body)
        body.scroll_to(y=12, animate=False)
        await pilot.pause()
        pilot.app.query_one("#below", Static).update("other words")
        await pilot.pause()
        assert body.scroll_offset.y == 12


async def test_without_a_pad_nothing_is_moved() -> None:
    async with OneBody().run_test(size=(40, 20)) as pilot:
        pilot.app.query_one(Line).focus()
        pilot.app.screen.remove_class(WITH_PAD)
        await pilot.pause()
        await grow(pilot, 15)
        assert pilot.app.query_one(Body).scroll_offset.y == 0


async def test_lines_above_what_is_not_typed_in_leave_it_where_it_is() -> None:
    async with OneBody().run_test(size=(40, 20)) as pilot:
        pilot.app.screen.set_focus(None)
        await grow(pilot, 15)
        assert pilot.app.query_one(Body).scroll_offset.y == 0
