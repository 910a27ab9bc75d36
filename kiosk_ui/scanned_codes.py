"""What a scan does, where a person is: admits, or is refused with what to do first."""

from collections.abc import Sequence
from typing import Any

from textual.app import App

from kiosk_contracts.scanning import CALIBRATION_TEXT, codes_apart
from kiosk_texts import mark, tr
from kiosk_ui.asking import Announcer
from kiosk_ui.calibrating import OTHER_CODE, read_right
from kiosk_ui.gate import Gate, Presented
from kiosk_ui.notices import refused
from kiosk_ui.scanner import Scan
from kiosk_ui.screens.base import KioskScreen


class ScannedCodes:
    """Takes what scanners read, whether they are keyboards or the agent's."""

    def __init__(self, app: App[Any], gate: Gate, announcer: Announcer) -> None:
        self._app = app
        self._gate = gate
        self._announcer = announcer

    def take(self, scan: Scan) -> None:
        """Hand a scan to the screen that is shown."""
        screen = self._app.screen
        if isinstance(screen, KioskScreen) and screen.scanned(scan):
            return
        if scan.text == CALIBRATION_TEXT:
            self._announcer.announce(read_right())
        elif isinstance(screen, KioskScreen) and screen.admits:
            for code in codes_apart(scan.text):
                presented = Presented(code, scanned=True, at=scan.at)
                self._app.run_worker(self._gate.present(presented), group="gate")
        else:
            first = getattr(screen, "finish_first", "") or mark("Finish this first")
            self._refuse(tr(first), (tr("Then scan the ticket again."),))

    def missed(self) -> None:
        """Say that a scan came too late, and let no verdict of somebody else's stand for it."""
        self._gate.take_down()
        self._refuse(tr("A scan came too late"), (tr("Scan it again: nothing was done."),))

    def refuse_other_code(self) -> None:
        """Say that a code was no ticket's."""
        self._refuse(tr("That was no ticket's code"), [tr(words) for words in OTHER_CODE])

    def _refuse(self, why: str, what_to_do: Sequence[str]) -> None:
        self._app.bell()
        self._announcer.announce(refused(why, *what_to_do))
