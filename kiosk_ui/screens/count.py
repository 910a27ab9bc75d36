"""Counting the drawer by notes and coins, and closing the shift with it.

What should be there is not shown here, but the X report before has it: this is no blind count.
"""

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from kiosk_contracts.cash import MAX_PIECES, CountedPieces, worth
from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.shifts import ShiftReport
from kiosk_texts import mark, money, tr
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.cleaning import clean
from kiosk_ui.denominations import pieces_of
from kiosk_ui.drawer import Count, DrawerDesk
from kiosk_ui.hints import PAD, Hint
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.quantity_entry import NumberEntry
from kiosk_ui.report_words import over_short_words
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.closing import Closing, ClosingScreen
from kiosk_ui.widgets.drawer.counted_line import CountedLine
from kiosk_ui.widgets.lists.quantity_rows import QuantityRows
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.words import problem_text

_TYPING = mark("Digits go behind each other. Backspace takes the last one away, Delete all.")


class CountScreen(KioskScreen):
    """Takes how many there are of each note and coin."""

    HINTS = (
        Hint("↑ ↓", mark("note or coin"), "up down"),
        Hint(
            "0-9",
            mark("how many"),
            PAD,
            more=mark(
                "How many of it, digit after digit; on another note or coin a new number begins."
            ),
        ),
        Hint("+", mark("more"), "plus", mark("One more of it."), shown=False),
        Hint("-", mark("less"), "minus", mark("One less of it."), shown=False),
        Hint(
            "Backspace",
            mark("last digit"),
            "backspace",
            mark("Takes the last digit away."),
            shown=False,
        ),
        Hint("Delete", mark("none"), "delete", mark("None of it."), shown=False),
        Hint(
            "Enter",
            mark("close the shift"),
            "enter",
            mark("Compares, and asks before it closes the shift."),
        ),
        Hint(
            "Esc", mark("back"), "escape", mark("Goes back to the drawer; the count is forgotten.")
        ),
    )
    PURPOSE = mark(
        "Counts the drawer by notes and coins. Type how many there are of each. What should be "
        "there is compared when you are done."
    )
    TITLE_WORDS = mark("count the drawer")
    finish_first: ClassVar[str] = mark("Finish or leave counting first")
    SCOPED_CSS = False
    DEFAULT_CSS = """
    CountScreen .typing { height: auto; color: $foreground-muted; }
    CountScreen.-short .typing { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]

    def compose_body(self) -> ComposeResult:
        """List notes and coins, and what they are worth."""
        columns = (
            Column(tr("Note or coin")),
            Column(tr("How many"), 12, "right"),
            Column(tr("Worth"), 18, "right"),
        )
        yield RowList(columns, empty="", rows=QuantityRows(NumberEntry(), self._pieces_now))
        yield Static(Text(tr(_TYPING)), classes="typing")
        yield CountedLine()

    def on_mount(self) -> None:
        """Begin with an empty count."""
        self._drawer = DrawerDesk(self.desk)
        self._counts: dict[Money, int] = dict.fromkeys(pieces_of(self._currency), 0)
        self._show_counts()
        self.query_one(QuantityRows).focus()

    @property
    def _currency(self) -> str:
        staff = self.desk.session.staff
        return staff.currency if staff is not None else ""

    @on(QuantityRows.Quantity)
    def set_count(self, message: QuantityRows.Quantity) -> None:
        """Take how many there are of the chosen one."""
        message.stop()
        self._count(message.quantity)

    @on(QuantityRows.Step)
    def step_count(self, message: QuantityRows.Step) -> None:
        """One more or one less of the chosen one."""
        message.stop()
        value = self._chosen()
        if value is not None:
            self._count(max(0, self._counts[value] + message.step))

    @on(QuantityRows.Done)
    def done(self, message: QuantityRows.Done) -> None:
        """Compare with what should be there, and ask before closing."""
        message.stop()
        if not self.desk.asking.pending:
            self.run_worker(self._compare(), exclusive=True, group="closing")

    def action_back(self) -> None:
        """Go back to the drawer; the count is forgotten."""
        if not self.desk.asking.pending:
            self.go(Place.SHIFT if self._another else Place.DRAWER)

    def title_words(self) -> str:
        """Return whose drawer it is, where it is another's."""
        if self._another is None:
            return super().title_words()
        return tr("the drawer of {name}", name=clean(self._another.staff_name))

    @property
    def _another(self) -> ShiftReport | None:
        """The shift of another that a manager counts; None: it is one's own."""
        session = self.desk.session
        return session.shift if session.counts_chosen else None

    async def _compare(self) -> None:
        # As it is now: the shift may have sold since the drawer was shown.
        another = self._another
        report = (
            await self._drawer.report_of(another.shift_id)
            if another is not None
            else await self.desk.asking.ask(
                self.desk.client.shift_report, what=tr("adding up the shift")
            )
        )
        if report is not None:
            self._ask(report)

    def _ask(self, report: ShiftReport, typed: Closing | None = None, problem: str = "") -> None:
        counted = self._worth()
        over_short = counted - report.expected_cash
        words = tr(
            "Counted {amount}: {difference}. Close the shift?",
            amount=money(counted),
            difference=over_short_words(over_short),
        )
        if report.approval_above is not None and self._needs_manager(report, over_short):
            above = money(report.approval_above)
            words = f"{words}\n{tr('By more than {amount} a manager agrees.', amount=above)}"
        question = ClosingScreen(
            words,
            differs=bool(over_short.amount),
            # Asked for at once where the agent will; also of a manager who is none any more.
            needs_pin=typed is not None or self._needs_manager(report, over_short),
            reason=typed.reason if typed is not None else "",
            problem=problem,
        )
        self.app.push_screen(question, lambda closing: self._answered(report, closing))

    def _answered(self, report: ShiftReport, closing: Closing | None) -> None:
        if closing is not None:
            self.run_worker(self._close(report, closing), exclusive=True, group="closing")

    async def _close(self, report: ShiftReport, closing: Closing) -> None:
        def ask_again(refusal: ProblemError) -> None:
            if refusal.code in PIN_REFUSED:
                self._ask(report, closing, problem_text(refusal.problem))

        count = Count(self._pieces(), self._currency, closing.reason)
        z_report = await self._drawer.close(report.shift_id, count, closing.pin, ask_again)
        if z_report is not None:
            session = await self.desk.asking.ask_quietly(self.desk.client.session)
            if session is not None:
                self.desk.session.staff = session
            if self._another is not None:
                self.desk.session.shift = z_report
                self.go(Place.SHIFT)
                return
            self.desk.session.z_report = z_report
            self.go(Place.Z_REPORT)

    def _needs_manager(self, report: ShiftReport, over_short: Money) -> bool:
        above = report.approval_above
        far_off = above is not None and abs(over_short.amount) > above.amount
        return far_off and not self.desk.session.is_manager()

    def _count(self, pieces: int) -> None:
        value = self._chosen()
        if value is None:
            return
        if pieces > MAX_PIECES:
            most = tr("At most {most} of one kind", most=MAX_PIECES)
            words = refused(most, tr("The count stays as it was."))
            self.desk.announcer.announce(words)
            return
        self._counts[value] = pieces
        self._show_counts()

    def _pieces_now(self) -> int:
        """Return how many of the chosen one are counted."""
        value = self._chosen()
        return 0 if value is None else self._counts[value]

    def _chosen(self) -> Money | None:
        key = self.query_one(RowList).chosen
        return next((value for value in self._counts if str(value) == key), None)

    def _pieces(self) -> list[CountedPieces]:
        return [CountedPieces(value=value, pieces=n) for value, n in self._counts.items() if n]

    def _worth(self) -> Money:
        return worth(self._pieces(), self._currency)

    def _show_counts(self) -> None:
        self.query_one(RowList).show(
            Row(str(value), (money(value), str(n) if n else "·", money(value * n) if n else ""))
            for value, n in self._counts.items()
        )
        self.query_one(CountedLine).show(self._worth())
