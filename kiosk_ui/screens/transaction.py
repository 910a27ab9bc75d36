"""One transaction of the list: of which tickets, when, by whom, how far it has come."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from kiosk_contracts.kiosk_status import TransactionRow
from kiosk_texts import mark, money, tr
from kiosk_ui.cleaning import clean
from kiosk_ui.clock import Clock
from kiosk_ui.hints import Hint
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.frame.key_hints import KeyHintColumn
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import (
    clock_time,
    event_time,
    recorded_by,
    row_note,
    state_words,
    title_words,
)


class TransactionScreen(PanelScreen[None]):
    """Shows a transaction; nothing is done here."""

    finish_first: ClassVar[str] = mark("Leave this transaction first (Esc)")
    HELP_TITLE: ClassVar[str] = mark("a transaction")
    PURPOSE: ClassVar[str] = mark(
        "Shows one transaction: its tickets by their serials, when and by whom it was recorded, "
        "and how far it has come."
    )
    DEFAULT_CSS = """
    TransactionScreen VerticalScroll { height: auto; max-height: 50vh; margin-bottom: 1; }
    TransactionScreen VerticalScroll > Static { height: auto; }
    """

    def __init__(self, row: TransactionRow, serials: Sequence[str], clock: Clock) -> None:
        """Show a row of the list; `serials` are of the tickets that it is about, if any."""
        super().__init__()
        self.row = row
        self._serials = serials
        self._clock = clock

    def compose(self) -> ComposeResult:
        """Say what it is; below, its facts."""
        with Vertical():
            yield Static(Text(self._title()), classes="question")
            with VerticalScroll():
                yield SteadyText(classes="facts")
            yield KeyHintColumn(self.shown_hints())

    def on_mount(self) -> None:
        """Show it as it is."""
        self.show(self.row)

    def show(self, row: TransactionRow) -> None:
        """Show how far the transaction has come now."""
        self.row = row
        self.query_one(".facts", SteadyText).say(self._words())

    def hints(self) -> Sequence[Hint]:
        """Return the key."""
        return (Hint("Esc", mark("back"), "escape"),)

    def _title(self) -> str:
        """Return what it is; what has no receipt number is known by its cash."""
        row = self.row
        cash = money(row.total) if row.total is not None and row.receipt_number is None else ""
        return f"{title_words(row)} {cash}".rstrip()

    def _words(self) -> Text:
        text = Text()
        for label, words in self._facts():
            text.append(f"{label}: ", style="bold").append(f"{words}\n")
        text.rstrip()
        return text

    def _facts(self) -> Iterator[tuple[str, str]]:
        row, clock = self.row, self._clock
        day, at = event_time(row.recorded_at, clock), clock_time(row.recorded_at, clock)
        yield tr("Recorded"), f"{day} ({at})"
        yield tr("By"), recorded_by(row)
        if row.total is not None:
            yield tr("Amount"), money(row.total)
        if self._serials:
            yield tr("Serials"), ", ".join(map(clean, self._serials))
        yield tr("State"), " · ".join(filter(None, (state_words(row), row_note(row))))
