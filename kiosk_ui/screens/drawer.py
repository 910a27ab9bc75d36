"""The drawer: the X report of one's shift, cash in and out, and the way to closing it."""

from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_contracts.problem import ProblemError
from kiosk_contracts.shifts import ShiftReport
from kiosk_texts import mark, tr
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.drawer import CashWay, DrawerDesk
from kiosk_ui.hints import Hint
from kiosk_ui.places import Place
from kiosk_ui.report_words import report_lines
from kiosk_ui.screens.cash import Cash, CashScreen
from kiosk_ui.screens.long import MORE
from kiosk_ui.screens.report import EXPORT, ReportScreen
from kiosk_ui.widgets.drawer.report_view import ReportView
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import problem_text

_GROUP = "report"
_NO_SHIFT = mark("No shift of yours is open: selling opens one, with the float in the drawer.")


class DrawerScreen(ReportScreen):
    """Shows what should be in the drawer."""

    HINTS = (
        replace(MORE, shown=False),
        replace(EXPORT, shown=False),
        Hint(
            "F4",
            mark("shifts"),
            "f4",
            mark("Shifts of before, with their Z reports; a manager also closes another's here."),
        ),
        Hint("F6", mark("pay in"), "f6", mark("Records cash that is put into the drawer.")),
        Hint(
            "F7",
            mark("pay out"),
            "f7",
            mark("Records cash that is taken out; needs a manager's PIN."),
        ),
        Hint("F8", mark("tally"), "f8", mark("Counts the drawer, to close the shift.")),
        Hint("F9", mark("print"), "f9", mark("Prints this X report.")),
        Hint("Esc", mark("back"), "escape", mark("Goes to Events.")),
    )
    PURPOSE = mark(
        "The X report of your shift as it is now: what was sold and undone, how it was paid, and "
        "what should be in the drawer."
    )
    TITLE_WORDS = mark("drawer")
    finish_first: ClassVar[str] = mark("Leave the drawer first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "shifts", show=False),
        Binding("f6", "move('in')", show=False),
        Binding("f7", "move('out')", show=False),
        Binding("f8", "count", show=False),
        Binding("escape", "back", show=False),
    ]
    _report: ShiftReport | None = None

    def compose_body(self) -> ComposeResult:
        """Leave room for the report."""
        yield from super().compose_body()
        yield SteadyText(classes="empty")

    def on_mount(self) -> None:
        """Read the report."""
        self._drawer = DrawerDesk(self.desk)
        self._read()

    def report(self) -> ShiftReport | None:
        """Return it as it was read last."""
        return self._report

    def status_changed(self) -> None:
        """Read it again: something was recorded."""
        self._read()

    def agent_back(self) -> None:
        """Read it again."""
        self._read()

    def action_move(self, way: str) -> None:
        """Ask how much goes in or out, and why."""
        if self.free_report() is not None:
            self._ask(CashWay(way))

    def action_count(self) -> None:
        """Go to counting, unless there is nothing to count."""
        if self.free_report() is not None:
            self.desk.session.counts_chosen = False
            self.go(Place.COUNT)

    def action_shifts(self) -> None:
        """Go to the shifts of before."""
        if not self.desk.asking.pending:
            self.go(Place.SHIFTS)

    def action_back(self) -> None:
        """Go to Events."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    def _read(self) -> None:
        self.run_worker(self._read_report(), exclusive=True, group=_GROUP)

    async def _read_report(self) -> None:
        report = await self._drawer.report()
        if report is not None:
            self._report = report
            self.query_one(ReportView).show(report_lines(report, self.desk.clock))
        elif self.desk.session.needs_shift():
            self.query_one(".empty", SteadyText).say(Text(tr(_NO_SHIFT)))

    def _ask(self, way: CashWay, typed: Cash | None = None, problem: str = "") -> None:
        staff = self.desk.session.staff
        if staff is None:
            return
        needs_pin = way is CashWay.OUT and (typed is not None or not self.desk.session.is_manager())
        most = staff.limits.moved if staff.limits is not None else None
        question = CashScreen(
            way, staff.currency, needs_pin=needs_pin, most=most, typed=typed, problem=problem
        )
        self.app.push_screen(question, lambda cash: self._answered(way, cash))

    def _answered(self, way: CashWay, cash: Cash | None) -> None:
        if cash is not None:
            self.run_worker(self._move(way, cash), exclusive=True, group="cash")

    async def _move(self, way: CashWay, cash: Cash) -> None:
        def ask_again(refusal: ProblemError) -> None:
            if refusal.code in PIN_REFUSED:
                self._ask(way, cash, problem_text(refusal.problem))

        if await self._drawer.move(way, cash.amount, cash.reason, cash.pin, ask_again):
            self._read()
