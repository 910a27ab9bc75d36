"""The print queue: what has not come out, and what to do about each sheet."""

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_contracts.printing import Print, Prints, PrintState
from kiosk_texts import mark, tr
from kiosk_ui.hints import Hint
from kiosk_ui.places import Place
from kiosk_ui.printing import PaperDesk, printer_words, sheet_words, state_of_sheet
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import event_time, event_time_width

_DOUBT = mark(
    "Look at the printer first: if it is there, F7 takes it off; if not, F8 prints it once more, "
    "marked as a copy."
)


class PaperScreen(KioskScreen):
    """Shows the sheets that wait, and those of which nobody knows whether they came out."""

    HINTS = (
        Hint("↑ ↓", mark("choose"), "up down", more=mark("Choose a sheet.")),
        Hint(
            "F7",
            mark("take off the queue"),
            "f7",
            mark("Takes the chosen sheet off: it came out, or nobody wants it."),
        ),
        Hint(
            "F8",
            mark("print again"),
            "f8",
            mark("Prints the chosen sheet once more, marked as a copy; only one in doubt."),
        ),
        Hint("Esc", mark("back"), "escape", mark("Goes to Events.")),
    )
    PURPOSE = mark(
        "What has not come out of the printer: sheets that wait come out by themselves once it "
        "prints again. Of a sheet in doubt nobody knows whether it came out: look at the printer, "
        "then say so here."
    )
    TITLE_WORDS = mark("paper")
    finish_first: ClassVar[str] = mark("Leave the print queue first (Esc)")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "give_up", show=False),
        Binding("f8", "again", show=False),
        Binding("escape", "back", show=False),
    ]
    DEFAULT_CSS = """
    PaperScreen .printer { height: auto; padding: 0 1; text-style: bold; margin-bottom: 1; }
    PaperScreen.-short .printer { margin: 0; }
    """

    def compose_body(self) -> ComposeResult:
        """Say how the printer is; list the sheets."""
        yield SteadyText(classes="printer")
        yield RowList(
            (
                Column(tr("Asked for"), event_time_width()),
                Column(tr("Sheet")),
                Column(tr("State"), 12),
            ),
            empty=tr("… reading the queue"),
        )

    def on_mount(self) -> None:
        """Read the queue."""
        self._paper = PaperDesk(self.desk)
        self._sheets: dict[str, Print] = {}
        self._read()

    def status_changed(self) -> None:
        """Read it again: a sheet came out, or another was asked for."""
        self._read()

    def agent_back(self) -> None:
        """Read it again."""
        self._read()

    def action_give_up(self) -> None:
        """Take the chosen sheet off: it is there, or nobody wants it."""
        sheet = self._chosen()
        if sheet is not None:
            self._act(sheet, again=False)

    def action_again(self) -> None:
        """Print the chosen sheet once more, as a copy; one that waits comes out by itself."""
        sheet = self._chosen()
        if sheet is not None and sheet.state == PrintState.DOUBTFUL:
            self._act(sheet, again=True)

    def action_back(self) -> None:
        """Go to Events."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    @work(exclusive=True, group="paper")
    async def _act(self, sheet: Print, *, again: bool) -> None:
        do = self._paper.print_once_more if again else self._paper.give_up
        prints = await do(sheet)
        if prints is not None:
            self._show(prints)

    @work(exclusive=True, group=REFRESH)
    async def _read(self) -> None:
        prints = await self._paper.queue()
        if prints is not None:
            self._show(prints)

    def _show(self, prints: Prints) -> None:
        self._sheets = {str(one.print_id): one for one in prints.prints}
        self.query_one(".printer", SteadyText).say(Text(printer_words(prints.printer)))
        self.query_one(RowList).show(
            map(self._row, prints.prints), empty=tr("Nothing waits for paper.")
        )

    def _row(self, sheet: Print) -> Row:
        doubtful = sheet.state == PrintState.DOUBTFUL
        cells = (
            event_time(sheet.asked_at, self.desk.clock),
            sheet_words(sheet),
            state_of_sheet(sheet),
        )
        return Row(str(sheet.print_id), cells, note=tr(_DOUBT) if doubtful else "", strong=doubtful)

    def _chosen(self) -> Print | None:
        key = self.query_one(RowList).chosen
        return None if key is None or self.desk.asking.pending else self._sheets.get(key)
