"""What stands on a screen while another one of the kiosk answers keys: whole, in every look."""

from pathlib import Path

import pytest

from kiosk_ui.looks import Look
from kiosk_ui.screens.waiting_turn import WaitingTurnScreen
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, kiosk_app

WORDS = (
    "This kiosk goes on at its other screen, and comes back here by itself. A cart in hand is kept."
)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 10)])
@pytest.mark.parametrize("look", list(Look))
async def test_it_says_what_goes_on_whole_and_takes_no_key(
    tmp_path: Path, look: Look, size: tuple[int, int]
) -> None:
    socket = tmp_path / "ui.sock"
    app = kiosk_app(socket, look=look)
    async with UiAgent(socket), app.run_test(size=size) as pilot:
        till = Till(app, pilot)
        await till.says("Who is at this kiosk?")
        await app.push_screen(WaitingTurnScreen())
        await pilot.pause()
        shown = " ".join(till.text.split())
        assert WORDS in shown
        assert look is Look.LARGE or "One moment, please" in shown
        await till.press("escape", "f1", "enter")
        assert isinstance(app.screen, WaitingTurnScreen)
