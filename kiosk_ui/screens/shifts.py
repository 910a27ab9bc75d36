"""The shifts of this kiosk, newest first: one's own, or everybody's for a manager."""

from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from kiosk_contracts.shifts import ShiftSummary
from kiosk_texts import mark, tr
from kiosk_ui.cleaning import clean
from kiosk_ui.drawer import DrawerDesk
from kiosk_ui.hints import Hint
from kiosk_ui.places import Place
from kiosk_ui.report_words import over_short_words
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.words import event_time, event_time_width

_PAGE: Final = 50


class ShiftsScreen(KioskScreen):
    """Lists who had the drawer, when, and how much it was over or short."""

    HINTS = (
        Hint(
            "↑ ↓",
            mark("choose"),
            "up down",
            more=mark("Choose a shift; at the last older ones are read."),
        ),
        Hint(
            "Enter",
            mark("its report"),
            "enter",
            mark("Shows its report, to read, print and export; where it is open, to close it."),
        ),
        Hint("Esc", mark("back"), "escape", mark("Goes to your drawer.")),
    )
    PURPOSE = mark(
        "The shifts of this kiosk, newest first: your own, or everybody's for a manager. Each has "
        "its report; an absent cashier's drawer is counted and closed from there by a manager."
    )
    TITLE_WORDS = mark("shifts")
    finish_first: ClassVar[str] = mark("Leave the shifts first (Esc)")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]
    _wanted = _PAGE

    def compose_body(self) -> ComposeResult:
        """List the shifts."""
        yield RowList(
            (
                Column(tr("Cashier"), wraps=True),
                Column(tr("Opened"), event_time_width()),
                Column(tr("Closed"), event_time_width()),
                Column(tr("Difference"), 20, "right"),
            ),
            empty=tr("… reading the shifts"),
        )

    def on_mount(self) -> None:
        """Read the newest."""
        self._drawer = DrawerDesk(self.desk)
        self._listed: dict[str, ShiftSummary] = {}
        self._read()

    def status_changed(self) -> None:
        """Read again: a shift was opened or closed."""
        self._read()

    def agent_back(self) -> None:
        """Read again."""
        self._read()

    @on(OptionList.OptionHighlighted)
    def read_older(self, event: OptionList.OptionHighlighted) -> None:
        """Read older ones when the last is reached."""
        if len(self._listed) >= self._wanted and event.option_index + 1 >= self._wanted:
            self._wanted += _PAGE
            self._read()

    @on(OptionList.OptionSelected)
    def open_chosen(self) -> None:
        """Show the chosen shift's report."""
        key = self.query_one(RowList).chosen
        shift = self._listed.get(key) if key is not None else None
        if shift is not None and not self.desk.asking.pending:
            self._show_report(shift)

    def action_back(self) -> None:
        """Go to the drawer."""
        if not self.desk.asking.pending:
            self.go(Place.DRAWER)

    @work(exclusive=True, group="report")
    async def _show_report(self, shift: ShiftSummary) -> None:
        report = await self._drawer.report_of(shift.shift_id)
        if report is not None:
            self.desk.session.shift = report
            self.go(Place.SHIFT)

    @work(exclusive=True, group=REFRESH)
    async def _read(self) -> None:
        found = await self._drawer.shifts(self._wanted)
        if found is not None:
            self._listed = {str(one.shift_id): one for one in found.shifts}
            empty = tr("No shift was opened here yet.")
            self.query_one(RowList).show(map(self._row, found.shifts), empty=empty)

    def _row(self, shift: ShiftSummary) -> Row:
        clock, is_open = self.desk.clock, shift.closed_at is None
        cells = (
            clean(shift.staff_name or shift.staff_id),
            event_time(shift.opened_at, clock),
            tr("open") if shift.closed_at is None else event_time(shift.closed_at, clock),
            over_short_words(shift.over_short) if shift.over_short is not None else "",
        )
        closer = clean(shift.closed_by_name)
        note = tr("Closed by {name}", name=closer) if closer else ""
        return Row(str(shift.shift_id), cells, note=note, strong=is_open)
