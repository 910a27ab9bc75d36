"""Learning the layout of a keyboard scanner, and keeping it in the agent. Knows no screen."""

from datetime import datetime
from typing import Final

from kiosk_contracts.scanning import (
    CALIBRATION_TEXT,
    CODE_CHARACTERS,
    LearnLayout,
    ScannerReport,
    ScannerState,
)
from kiosk_ui.clock import Clock
from kiosk_ui.desk import Desk
from kiosk_ui.keyboard_layout import KeyboardLayout, LayoutError, learn
from kiosk_ui.notices import Notice, Tone, refused
from kiosk_ui.scanner import Scan
from kiosk_ui.words import clean, since

READ_RIGHT: Final = Notice(
    Tone.RECORDED, "That is the scanner's calibration code", ("It was read as it should be.",)
)
OTHER_CODE: Final = (
    "Nothing was done with it; take out of the field what it typed.",
    "If it was a ticket, calibrate the scanner: Admit, then F9.",
)


class Calibrating:
    """What becomes of a scan of the calibration code."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def judge(self, scan: Scan) -> Notice | KeyboardLayout:
        """Return the layout to keep; a Notice where there is none, or nothing to keep."""
        if not scan.raw:
            if scan.text == CALIBRATION_TEXT:
                return Notice(Tone.RECORDED, "The agent's scanner reads the code as it is")
            return refused("That is another code", "Scan the code on this screen.")
        if self._in_force() and scan.text == CALIBRATION_TEXT:
            return Notice(Tone.RECORDED, "This scanner is read as it should be: nothing to change")
        try:
            return learn(scan.raw)
        except LayoutError as error:
            return refused("This scanner is not calibrated", str(error), error.what_to_do)

    async def keep(self, layout: KeyboardLayout) -> ScannerReport | None:
        """Keep a layout in the agent, and say what was learnt; None if that was refused."""
        desk, learnt = self._desk, LearnLayout(arrives=layout.arrives)
        report = await desk.asking.ask(
            lambda: desk.client.learn_layout(learnt), what="keeping the scanner's layout"
        )
        if report is not None:
            desk.announcer.announce(_learnt(layout))
        return report

    async def forget(self) -> ScannerReport | None:
        """Read characters as what they seem again."""
        desk = self._desk
        report = await desk.asking.ask(
            desk.client.forget_layout, what="forgetting the scanner's layout"
        )
        if report is not None:
            words = "Tickets are read as they arrive, until the code is scanned again."
            desk.announcer.announce(
                Notice(Tone.RECORDED, "The scanner's layout is forgotten", (words,))
            )
        return report

    def _in_force(self) -> bool:
        status = self._desk.link.status
        return status is not None and bool(status.scanner_layout)


def layout_of(arrives: str) -> KeyboardLayout | None:
    """Return the layout that the agent's status tells of, if it does and it can be read."""
    whole = len(set(arrives)) == len(arrives) == len(CODE_CHARACTERS)
    return KeyboardLayout(arrives) if whole else None


def scanner_words(report: ScannerReport | None, clock: Clock) -> tuple[str, ...]:
    """Return what is known of this kiosk's scanners, a sentence each."""
    if report is None:
        return ()
    kept = report.layout
    if kept is None:
        layout = "Nobody has calibrated a scanner here."
    else:
        layout = (
            f"{moved_words(KeyboardLayout(kept.arrives))}"
            f" Calibrated by {clean(kept.learnt_by)} {_when(kept.learnt_at, clock)}."
        )
    match report.scanner:
        case ScannerState.READY:
            return layout, "The agent's own scanner is there."
        case ScannerState.AWAY:
            return layout, "▲ The agent's own scanner does not answer."
        case _:
            return (layout,)


def moved_words(layout: KeyboardLayout) -> str:
    """Return how far what arrives differs from what the code holds."""
    if layout.moved == 0:
        return "All characters arrive as what they are."
    if layout.moved == 1:
        return "1 character arrives as another."
    return f"{layout.moved} characters arrive as others."


def _learnt(layout: KeyboardLayout) -> Notice:
    details = [moved_words(layout), "Codes are read right from now on. Scan again to test it."]
    if layout.may_be_dead:
        dead = " ".join(layout.may_be_dead)
        details.append(f"If some tickets fail: {dead} may be a dead key. Set the layouts alike.")
    return Notice(Tone.RECORDED, "The scanner is calibrated", tuple(details))


def _when(moment: datetime, clock: Clock) -> str:
    return since(moment, clock).removeprefix("since ")
