"""The top line in training: it says so at any width, and never cuts the screen's name for it."""

from datetime import UTC, datetime

import pytest
from textual.app import ComposeResult

from kiosk_ui.looking_app import LookingApp
from kiosk_ui.looks import Look
from kiosk_ui.theme import DARK
from kiosk_ui.widgets.frame.top_bar import TopBar

NOW = datetime(2026, 11, 21, 19, 14, 5, tzinfo=UTC)
SHORT, LONG = "drawer", "which tickets come back"


class _Bar(LookingApp):
    """Has the top line alone."""

    def compose(self) -> ComposeResult:
        yield TopBar()


@pytest.mark.parametrize(
    ("width", "place", "said"),
    [
        (120, LONG, f"TRAINING: nothing is sold · {LONG}"),
        (80, SHORT, f"TRAINING: nothing is sold · {SHORT}"),
        (80, LONG, f"TRAINING · {LONG}"),
    ],
)
async def test_the_screens_name_stays_whole(width: int, place: str, said: str) -> None:
    app = _Bar(Look.STANDARD, DARK.name)
    async with app.run_test(size=(width, 2)) as pilot:
        app.query_one(TopBar).show("Hall", place, "Maxi Manager (manager)", NOW, training=True)
        await pilot.pause()
        first = app.screen._compositor.render_strips(app.size)[0].text
    assert said in first
    assert "Maxi Manager" in first


@pytest.mark.parametrize(
    ("venue", "begins"),
    [("Hall", " Hall · TRAINING: "), ("Harbour Hall at the Northern Docks", " TRAINING: ")],
)
async def test_in_training_a_venues_name_is_whole_or_left_out(venue: str, begins: str) -> None:
    app = _Bar(Look.STANDARD, DARK.name)
    async with app.run_test(size=(80, 2)) as pilot:
        app.query_one(TopBar).show(venue, SHORT, "Ana (cashier)", NOW, training=True)
        await pilot.pause()
        first = app.screen._compositor.render_strips(app.size)[0].text
    assert first.startswith(begins), first
