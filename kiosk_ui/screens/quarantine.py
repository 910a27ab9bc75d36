"""One quarantined transaction: why, what to do, and the acts that make sense."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from kiosk_contracts.kiosk_status import TransactionRow
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.quarantine import QuarantineAct
from kiosk_texts import mark, money, tr
from kiosk_ui.cleaning import clean
from kiosk_ui.clock import Clock
from kiosk_ui.hints import Hint
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.frame.key_hints import KeyHintColumn
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import event_time, flag_words, handed_over_by, recorded_by, title_words


class Choice(StrEnum):
    """What a person chose."""

    RETRY = "retry"
    VOID = "void"
    HAND_OVER = "hand_over"
    TICKETS = "tickets"


_HINTS: Final = {
    Choice.RETRY: Hint("F5", mark("try again: it is sent once more and judged afresh"), "f5"),
    Choice.VOID: Hint("F8", mark("void: a manager; the money goes back, no ticket admits"), "f8"),
    Choice.HAND_OVER: Hint("F6", mark("hand over: a manager, with a note; it stays listed"), "f6"),
    Choice.TICKETS: Hint("Enter", mark("its tickets"), "enter"),
}
_ACTS: Final = {
    Choice.RETRY: QuarantineAct.RETRY,
    Choice.VOID: QuarantineAct.VOID,
    Choice.HAND_OVER: QuarantineAct.HAND_OVER,
}


class QuarantineScreen(PanelScreen[Choice]):
    """Shows a transaction that a manager must see to; nothing is done here but by its own key."""

    finish_first: ClassVar[str] = mark("Leave this transaction first (Esc)")
    HELP_TITLE: ClassVar[str] = mark("quarantined")
    PURPOSE: ClassVar[str] = mark(
        "Shows a transaction that the ticket API could not settle: why, and what can be done. "
        "Nothing leaves the list by itself; only the acts that make sense are offered."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "choose('retry')", show=False),
        Binding("f8", "choose('void')", show=False),
        Binding("f6", "choose('hand_over')", show=False),
        Binding("enter", "choose('tickets')", show=False),
    ]
    DEFAULT_CSS = """
    QuarantineScreen > Vertical { width: 76; }
    QuarantineScreen VerticalScroll { height: auto; max-height: 50vh; margin-bottom: 1; }
    QuarantineScreen VerticalScroll > Static { height: auto; }
    """

    def __init__(self, row: TransactionRow, clock: Clock) -> None:
        super().__init__()
        self._row = row
        self._clock = clock
        self._choices = tuple(_choices(row))

    def compose(self) -> ComposeResult:
        """Say what it is, why, what to do; below, the acts with their keys."""
        question = SteadyText(classes="question")
        question.say(Text(self._title()))
        with Vertical():
            yield question
            with VerticalScroll():
                yield Static(self._words())
            yield KeyHintColumn(self.shown_hints())

    def hints(self) -> Sequence[Hint]:
        """Return the keys of the acts that make sense."""
        acts = (_HINTS[choice] for choice in self._choices)
        return (*acts, Hint("Esc", mark("back"), "escape"))

    def action_choose(self, choice: str) -> None:
        """Answer with a choice that makes sense; others do nothing."""
        if choice in self._choices:
            self.dismiss(Choice(choice))

    def _title(self) -> str:
        row = self._row
        at = event_time(row.recorded_at, self._clock)
        total = "" if row.total is None else money(row.total)
        words = (title_words(row), total, at, recorded_by(row))
        return " · ".join(filter(None, words))

    def _words(self) -> Text:
        row, text = self._row, Text()
        for label, words in self._facts():
            text.append(f"{label}: ", style="bold").append(f"{clean(words)}\n")
        if row.voided:
            voided = tr("Voided: the money went back, its tickets admit no more.")
            text.append(f"{voided}\n")
        text.rstrip()
        return text

    def _facts(self) -> Iterator[tuple[str, str]]:
        row = self._row
        yield tr("For a manager"), row.reason or tr("It could not be settled.")
        if row.hint:
            yield tr("What to do"), row.hint
        if row.flags:
            yield tr("Look at"), ", ".join(map(flag_words, row.flags))
        if row.handed_over is not None:
            at = event_time(row.handed_over.at, self._clock)
            label = tr("Handed over by {name}, {when}", name=handed_over_by(row), when=at)
            yield label, row.handed_over.note


def _choices(row: TransactionRow) -> Iterator[Choice]:
    yield from (choice for choice, act in _ACTS.items() if act in row.acts)
    if row.kind == TransactionKind.SALE and not row.voided:
        yield Choice.TICKETS
