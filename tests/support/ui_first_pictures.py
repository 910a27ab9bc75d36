"""Pictures of the first picture, before there is a kiosk behind it."""

import threading
from pathlib import Path
from typing import Final

from kiosk_texts import tr
from kiosk_ui.app import KioskApp, MakeKiosk
from kiosk_ui.kiosk import Kiosk
from kiosk_ui.looks import Look
from kiosk_ui.screens.first import FirstScreen
from kiosk_ui.settings import UiSettings
from tests.support.clock import FakeClock
from tests.support.ui_picture import Picture, picture_of
from tests.support.ui_pictures import Judge
from tests.support.ui_till import AgentClock, Till

NAMES: Final = ("first", "first-typed")


async def take_first_pictures(
    folder: Path, size: tuple[int, int], judge: Judge, shown: tuple[Look, str]
) -> dict[str, Picture]:
    """Return an SVG of it by its names: as it stands, and with a PIN that was typed and entered.

    `shown` is the look and the locale.
    """
    look, locale = shown
    settings = UiSettings(socket=folder / "ui.sock", look=look, locale=locale)
    may_be_read = threading.Event()

    def read() -> MakeKiosk:
        may_be_read.wait()
        return lambda app: Kiosk(app, settings)

    app = KioskApp(settings, read, AgentClock(FakeClock()))
    async with app.run_test(size=size) as pilot:
        try:
            till, pictures = Till(app, pilot), {}
            while not isinstance(app.screen, FirstScreen):
                await pilot.pause()
            for name, keys in zip(NAMES, ((), (*"2222", "enter")), strict=True):
                await pilot.press(*keys)
                await pilot.pause()
                judge(app)
                pictures[name] = picture_of(app)
            assert tr("checking the PIN").strip("⟦⟧ ")[:8] in till.text
        finally:
            may_be_read.set()
        return pictures
