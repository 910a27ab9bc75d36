"""Learning the layout of a keyboard scanner, and keeping it in the agent. Knows no screen."""

from typing import Final

from kiosk_contracts.scanning import (
    CALIBRATION_TEXT,
    CODE_CHARACTERS,
    LearnLayout,
    ScannerReport,
    ScannerState,
)
from kiosk_texts import mark, tr, trn
from kiosk_ui.cleaning import clean
from kiosk_ui.clock import Clock
from kiosk_ui.desk import Desk
from kiosk_ui.keyboard_layout import KeyboardLayout, LayoutError, learn
from kiosk_ui.notices import Notice, Tone, refused
from kiosk_ui.scanner import Scan
from kiosk_ui.words import when

OTHER_CODE: Final = (
    mark("Nothing was done with it, and nothing is changed."),
    mark("If it was a ticket, calibrate the scanner: Admit, then F9."),
)


def read_right() -> Notice:
    """Return what is said of the calibration code where nothing is to be learnt from it."""
    details = (tr("It was read as it should be."),)
    return Notice(Tone.RECORDED, tr("That is the scanner's calibration code"), details)


class Calibrating:
    """What becomes of a scan of the calibration code."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def judge(self, scan: Scan) -> Notice | KeyboardLayout:
        """Return the layout to keep; a Notice where there is none, or nothing to keep."""
        if not scan.raw:
            if scan.text == CALIBRATION_TEXT:
                return Notice(Tone.RECORDED, tr("The agent's scanner reads the code as it is"))
            return refused(tr("That is another code"), tr("Scan the code on this screen."))
        if self._in_force() and scan.text == CALIBRATION_TEXT:
            words = tr("This scanner is read as it should be: nothing to change")
            return Notice(Tone.RECORDED, words)
        try:
            return learn(scan.raw)
        except LayoutError as error:
            return refused(tr("This scanner is not calibrated"), str(error), error.what_to_do)

    async def keep(self, layout: KeyboardLayout) -> ScannerReport | None:
        """Keep a layout in the agent, and say what was learnt; None if that was refused."""
        desk, learnt = self._desk, LearnLayout(arrives=layout.arrives)
        report = await desk.asking.ask(
            lambda: desk.client.learn_layout(learnt), what=tr("keeping the scanner's layout")
        )
        if report is not None:
            desk.link.knows(scanner_layout=layout.arrives)
            desk.announcer.announce(_learnt(layout))
        return report

    async def forget(self) -> ScannerReport | None:
        """Read characters as what they seem again."""
        desk = self._desk
        report = await desk.asking.ask(
            desk.client.forget_layout, what=tr("forgetting the scanner's layout")
        )
        if report is not None:
            desk.link.knows(scanner_layout="")
            words = tr("Tickets are read as they arrive, until the code is scanned again.")
            desk.announcer.announce(
                Notice(Tone.RECORDED, tr("The scanner's layout is forgotten"), (words,))
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
        layout = tr("Nobody has calibrated a scanner here.")
    else:
        by = tr(
            "Calibrated by {name} {when}.",
            name=clean(report.learnt_by_name or kept.learnt_by),
            when=when(kept.learnt_at, clock),
        )
        layout = f"{moved_words(KeyboardLayout(kept.arrives))} {by}"
    match report.scanner:
        case ScannerState.READY:
            return layout, tr("The agent's own scanner is there.")
        case ScannerState.AWAY:
            away = tr("The agent's own scanner does not answer.")
            return layout, f"▲ {away}"
        case _:
            return (layout,)


def moved_words(layout: KeyboardLayout) -> str:
    """Return how far what arrives differs from what the code holds."""
    if layout.moved == 0:
        return tr("All characters arrive as what they are.")
    return trn(
        "{count} character arrives as another.",
        "{count} characters arrive as others.",
        layout.moved,
    )


def _learnt(layout: KeyboardLayout) -> Notice:
    details = [moved_words(layout), tr("Codes are read right from now on. Scan again to test it.")]
    if layout.may_be_dead:
        details.append(
            tr(
                "If some tickets fail: {keys} may be a dead key. Set the layouts alike.",
                keys=" ".join(layout.may_be_dead),
            )
        )
    return Notice(Tone.RECORDED, tr("The scanner is calibrated"), tuple(details))
