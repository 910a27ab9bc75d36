"""Scanner: one scan of the code shown teaches the kiosk what its keyboard makes of a scanner.

The code takes all lines between top and message, so the key hints stand beside it.
"""

from collections.abc import Awaitable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll

from kiosk_contracts.scanning import CALIBRATION_TEXT, ScannerReport
from kiosk_texts import mark, tr
from kiosk_ui.calibrating import Calibrating, scanner_words
from kiosk_ui.hints import Hint
from kiosk_ui.looks import REACTIVE, Look, look_of
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.places import Place
from kiosk_ui.scanner import Scan
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.frame.key_hints import KeyHintPairs
from kiosk_ui.widgets.frame.line_status import LineStatus
from kiosk_ui.widgets.frame.message_line import MessageLine
from kiosk_ui.widgets.frame.top_bar import TopBar
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.widgets.tickets.qr_code import QrCode

_LEAST_WIDTH = 78
_LEAST_HEIGHT = 24
_WHAT_FOR = mark(
    "A scanner that is a keyboard types keys. If this kiosk has another keyboard layout, letters"
    " come out wrong. Scan this code once: the kiosk learns what arrives."
)


class ScannerScreen(KioskScreen):
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
        Binding("f7", "code_on_or_off", show=False),
        Binding("f8", "forget", show=False),
        Binding("escape", "back", show=False),
    ]
    DEFAULT_CSS = """
    ScannerScreen .code { height: 1fr; }
    ScannerScreen .facts { height: 1fr; padding: 1 0 0 2; }
    ScannerScreen .words { height: auto; }
    ScannerScreen .answer { height: auto; margin-top: 1; color: $foreground-muted; }
    ScannerScreen KeyHintPairs { margin-top: 1; }
    ScannerScreen LineStatus { max-height: 1; }
    ScannerScreen.without-code QrCode { display: none; }
    """
    _small = False
    _with_code: bool | None = None
    """What F7 chose; None: with it, but without in the plain look."""

    def compose(self) -> ComposeResult:
        """QR code on the left, words on the right, one line each above and below."""
        yield TopBar()
        with Horizontal(classes="code"):
            yield QrCode()
            with VerticalScroll(classes="facts", can_focus=False):
                yield SteadyText(classes="words")
                yield SteadyText(classes="answer")
                yield KeyHintPairs(self.HINTS)
        yield MessageLine(headline_only=True)
        yield LineStatus()

    def on_mount(self) -> None:
        """Show the code, and read what is known."""
        self._calibrating = Calibrating(self.desk)
        self._report: ScannerReport | None = None
        self.query_one(QrCode).show(CALIBRATION_TEXT)
        self._show()
        self.watch(self.app, REACTIVE, self._show, init=False)
        self._read()

    def on_resize(self, event: events.Resize) -> None:
        """Leave the QR code out where it could not be whole."""
        self._small = event.size.width < _LEAST_WIDTH or event.size.height < _LEAST_HEIGHT
        self._show()

    def show_frame(self, notice: Notice | None) -> None:
        """Show the details of a notice beside the QR code."""
        super().show_frame(notice)
        details = "\n".join(notice.details) if notice is not None else ""
        self.query_one(".answer", SteadyText).say(Text(details))

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

    def action_code_on_or_off(self) -> None:
        """Show the code, or leave it out."""
        self._with_code = not self._shows_code
        self._show()

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

    @property
    def _shows_code(self) -> bool:
        # Read aloud, a QR code is noise.
        plain = look_of(self) is Look.PLAIN
        return not self._small and (not plain if self._with_code is None else self._with_code)

    def _show(self) -> None:
        self.set_class(not self._shows_code, "without-code")
        text = Text(f"{tr('Scanner')}\n\n", style="bold")
        text.append(f"{tr(_WHAT_FOR)}\n\n", style="not bold")
        for sentence in scanner_words(self._report, self.desk.clock):
            text.append(f"{sentence}\n", style="not bold")
        if self._small:
            words = tr("Make the window 80x24 for the QR code, or scan the printed one.")
            text.append(f"\n{words}")
        elif not self._shows_code:
            text.append(f"\n{tr('F7 shows the QR code; or scan the printed one.')}")
        self.query_one(".words", SteadyText).say(text)
