"""Tickets that fit what was typed at the gate, to choose the right one from."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static

from kiosk_contracts.admitting import Verdict
from kiosk_contracts.gate_search import GateCandidate, GateCandidates
from kiosk_texts import mark, tr
from kiosk_ui.cleaning import clean
from kiosk_ui.hints import Hint
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.frame.key_hints import KeyHints
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.widgets.lists.touched_rows import ChoosingRows

_WORDS = {
    Verdict.GREEN: ("", mark("let in")),
    Verdict.AMBER: ("▲ ", mark("ask")),
    Verdict.RED: ("✖ ", mark("stop")),
}
"""What the gate would say: a sign, and in a word what to do."""
_BY_HAND = mark("By hand: let them show that they are the buyer, or the receipt.")
_MORE = mark("There are more than these: leave the list and type more of it.")


class CandidatesScreen(PanelScreen[str]):
    """Answers with the serial of the chosen ticket."""

    finish_first: ClassVar[str] = mark("Choose a ticket first, or leave the list (Esc)")
    HELP_TITLE: ClassVar[str] = mark("tickets found")
    PURPOSE: ClassVar[str] = mark(
        "The tickets of this kiosk's sales that fit what was typed, and what the gate would say of "
        "each. Admit by hand only who shows that they are the buyer, or the receipt."
    )
    DEFAULT_CSS = """
    CandidatesScreen > Vertical { width: 76; max-height: 90%; }
    CandidatesScreen RowList { height: auto; max-height: 12; margin-bottom: 1; }
    CandidatesScreen Rows, CandidatesScreen Rows:focus {
        height: auto; max-height: 11; background: $surface;
    }
    CandidatesScreen .hand { margin-bottom: 1; }
    """

    def __init__(self, typed: str, found: GateCandidates) -> None:
        super().__init__()
        self._typed = typed
        self._found = found

    def compose(self) -> ComposeResult:
        """Lay out what was typed, the tickets, what to mind, the keys."""
        with Vertical():
            question = tr("Tickets found for “{text}”", text=clean(self._typed))
            yield Static(Text(question), classes="question")
            yield RowList(
                (
                    Column(tr("Serial"), 10),
                    Column(tr("Buyer")),
                    Column(tr("Receipt"), 13),
                    Column("", 9),
                ),
                empty="",
                rows=ChoosingRows(markup=False),
            )
            yield Static(
                Text(f"{tr(_BY_HAND)}\n{tr(_MORE)}" if self._found.more else tr(_BY_HAND)),
                classes="hand",
            )
            yield KeyHints(self.shown_hints())

    def hints(self) -> Sequence[Hint]:
        """Return the keys that choose, admit, leave."""
        return (
            Hint("↑ ↓", mark("choose"), "up down", more=mark("Choose a ticket.")),
            Hint(
                "Enter",
                mark("admit this ticket"),
                "enter",
                mark("The gate judges it as if it were scanned."),
            ),
            Hint("Esc", mark("leave the list"), "escape", mark("Admits nobody.")),
        )

    def on_mount(self) -> None:
        """Show the tickets; the first that may go in is chosen."""
        rows = self.query_one(RowList)
        rows.show(_rows(self._found.candidates))
        rows.rows.focus()

    @on(OptionList.OptionSelected)
    def choose(self) -> None:
        """Answer with the chosen one."""
        chosen = self.query_one(RowList).chosen
        if chosen is not None:
            self.dismiss(chosen)


def _rows(candidates: Sequence[GateCandidate]) -> list[Row]:
    return [
        Row(
            one.serial,
            (
                one.serial,
                clean(one.buyer) or tr("no name"),
                clean(one.receipt_number),
                _word(one.verdict),
            ),
            note=clean(" · ".join(filter(None, (one.event_name, one.ticket_type_name, one.why)))),
            dim=one.verdict != Verdict.GREEN,
        )
        for one in candidates
    ]


def _word(verdict: str) -> str:
    try:
        sign, word = _WORDS[Verdict(verdict)]
    except ValueError:
        return clean(verdict)
    return f"{sign}{tr(word)}"
