"""Scanner: one scan of the code shown teaches the kiosk what its keyboard makes of a scanner."""

from collections.abc import Awaitable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from kiosk_contracts.scanning import CALIBRATION_TEXT, ScannerReport
from kiosk_texts import mark, tr
from kiosk_ui.calibrating import Calibrating, scanner_words
from kiosk_ui.hints import Hint
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.places import Place
from kiosk_ui.scanner import Scan
from kiosk_ui.screens.beside_code import BesideCodeScreen
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.widgets.tickets.qr_code import QrCode

_WHAT_FOR = mark(
    "A scanner that is a keyboard types keys. If this kiosk has another keyboard layout, letters"
    " come out wrong. Scan this code once: the kiosk learns what arrives."
)


class ScannerScreen(BesideCodeScreen):
    """Shows the calibration code, and what is known of this kiosk's scanners."""

    HINTS = (
        Hint(
            "scan",
            mark("the code"),
            more=mark("Scan the code that is shown here, or the printed one."),
        ),
        Hint(
            "F7",
            mark("code on, off"),
            "f7",
            mark("Shows the code, or leaves it out, as the plain look does."),
        ),
        Hint("F8", mark("forget it"), "f8", mark("Forgets what was learnt of the scanner.")),
        Hint("Esc", mark("back"), "escape", mark("Goes back to the gate.")),
    )
    PURPOSE = mark(
        "Teaches this kiosk what its keyboard makes of a scanner, where scans come out wrong: one "
        "scan of the code is enough, and it is kept. It also says what is known of the scanners "
        "here."
    )
    TITLE_WORDS = mark("scanner")
    learns: ClassVar[bool] = True
    """Any quick text is a scan here, whatever it begins with."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f8", "forget", show=False),
        Binding("escape", "back", show=False),
    ]

    def on_mount(self) -> None:
        """Show the code, and read what is known."""
        self._calibrating = Calibrating(self.desk)
        self._report: ScannerReport | None = None
        self.query_one(QrCode).show(CALIBRATION_TEXT)
        super().on_mount()
        self._read()

    def status_changed(self) -> None:
        """Read again: the scanner may have come or gone."""
        self._read()

    def agent_back(self) -> None:
        """Read again."""
        self._read()

    def scanned(self, scan: Scan) -> bool:
        """Learn from a scan, or say why nothing can be learnt."""
        found = self._calibrating.judge(scan)
        if isinstance(found, Notice):
            if found.tone is not Tone.RECORDED:
                self.app.bell()
            self.desk.announcer.announce(found)
        elif not self.desk.asking.pending:
            self.run_worker(self._keep(self._calibrating.keep(found)), exclusive=True)
        return True

    def action_forget(self) -> None:
        """Read characters as what they seem again."""
        if not self.desk.asking.pending:
            self.run_worker(self._keep(self._calibrating.forget()), exclusive=True)

    def action_back(self) -> None:
        """Go back to the gate."""
        if not self.desk.asking.pending:
            self.go(Place.ADMIT)

    async def _keep(self, asked: Awaitable[ScannerReport | None]) -> None:
        report = await asked
        if report is not None:
            self._report = report
            self._show()

    def _read(self) -> None:
        self.run_worker(self._read_report(), exclusive=True, group=REFRESH)

    async def _read_report(self) -> None:
        report = await self.desk.asking.ask_quietly(self.desk.client.scanner)
        if report is not None:
            self._report = report
            self._show()

    def show_words(self, words: SteadyText) -> None:
        """Say what the code is for, and what is known of the scanners."""
        text = Text(f"{tr('Scanner')}\n\n", style="bold")
        text.append(f"{tr(_WHAT_FOR)}\n\n", style="not bold")
        for sentence in scanner_words(self._report, self.desk.clock):
            text.append(f"{sentence}\n", style="not bold")
        if self.is_small:
            how = tr("Make the window 80x24 for the QR code, or scan the printed one.")
            text.append(f"\n{how}")
        elif not self.shows_code:
            text.append(f"\n{tr('F7 shows the QR code; or scan the printed one.')}")
        words.say(text)
