"""Find: a sale of this kiosk by receipt, ticket or name; what it is worth, what can be done."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, OptionList

from kiosk_contracts.kiosk_status import TransactionRow
from kiosk_contracts.look_up import AfterSale, FoundSale, FoundSales
from kiosk_texts import mark, money, tr
from kiosk_ui.hints import Hint
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.refund_words import found_notes, nothing_found, sold_words
from kiosk_ui.scanner import Scan
from kiosk_ui.screens.acts import Acts
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.refunds import RefundFlow
from kiosk_ui.sold_tickets import read_sale
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.widgets.lists.touched_rows import ChoosingRows
from kiosk_ui.words import event_time_width, state_words


class FindScreen(KioskScreen):
    """A field, and below it the sales that fit; a scan is looked for at once."""

    HINTS = (
        Hint("scan", mark("a ticket"), more=mark("Finds its sale at once.")),
        Hint(
            "Enter",
            mark("find, open"),
            "enter",
            mark("Looks for what is typed; in the list below: the tickets of the chosen sale."),
        ),
        Hint("↑ ↓", mark("choose"), "up down", more=mark("Choose a sale."), shown=False),
        Hint("F6", mark("look for another"), "f6", mark("Empties the field, to type another.")),
        Hint(
            "F8",
            mark("give back"),
            "f8",
            mark(
                "Voids the chosen sale, or refunds it, whichever is right now; below it stands "
                "which."
            ),
        ),
        Hint("Esc", mark("back"), "escape", mark("Goes to Transactions.")),
    )
    PURPOSE = mark(
        "Finds a sale of this kiosk by the end of its receipt number, by a ticket or by letters of "
        "the buyer's name; says what each of its tickets is worth, and what can be done now. What "
        "other kiosks sold is not found here."
    )
    TITLE_WORDS = mark("find a sale")
    finish_first: ClassVar[str] = mark("Leave this sale first (Esc)")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f6", "another", show=False),
        Binding("f8", "give_back", show=False),
        Binding("escape", "back", show=False),
    ]
    DEFAULT_CSS = """
    FindScreen RowList { margin-top: 1; }
    FindScreen.-short RowList { margin-top: 0; }
    """

    def compose_body(self) -> ComposeResult:
        """Field, then what was found."""
        yield Field(tr("Receipt, ticket, name"), max_length=400)
        columns = (
            Column(tr("Receipt"), 14),
            Column(tr("Sold"), event_time_width()),
            Column(tr("Amount"), 11, "right"),
            Column(tr("State"), wraps=True),
        )
        yield RowList(
            columns,
            empty=tr("Type the end of a receipt number, a ticket's serial or letters of a name."),
            rows=ChoosingRows(markup=False),
        )

    def on_mount(self) -> None:
        """Look for what was scanned on the way here, if anything was."""
        self._found: dict[str, FoundSale] = {}
        self._older: int | None = None
        self._looked_for = ""
        self._acts = Acts(self, show_tickets=self._show_tickets, acted=lambda _: self._again())
        self._refunds = RefundFlow(self, acted=self._again)
        wanted, self.desk.session.wanted = self.desk.session.wanted, ""
        self.query_one(Field).line.focus()
        if wanted:
            self._look_for(wanted)

    def status_changed(self) -> None:
        """Look again: something was recorded, sent or settled."""
        self._refunds.status_changed()
        if self._looked_for:
            self.run_worker(self._refresh(), exclusive=True, group=REFRESH)

    def agent_back(self) -> None:
        """Look again."""
        self.status_changed()

    def scanned(self, scan: Scan) -> bool:
        """Look for the ticket."""
        if not self.desk.asking.pending:
            self._look_for(scan.text)
        return True

    @on(Input.Submitted)
    def look(self, event: Input.Submitted) -> None:
        """Look for what was typed."""
        event.stop()
        text = event.value.strip()
        if text and not self.desk.asking.pending:
            self._look_for(text)

    @on(OptionList.OptionSelected)
    def open_chosen(self) -> None:
        """Show the tickets of the chosen sale."""
        found = self._chosen()
        if found is not None and not self.desk.asking.pending:
            self._show_tickets(found.sale)

    @on(OptionList.OptionHighlighted)
    def read_older(self, event: OptionList.OptionHighlighted) -> None:
        """Read older ones when the last is reached."""
        if self._older is not None and event.option_index + 1 >= len(self._found):
            self.run_worker(self._read_older(), exclusive=True, group="older")

    def action_another(self) -> None:
        """Type another one."""
        self.query_one(Field).clear()
        self.query_one(Field).line.focus()

    def action_give_back(self) -> None:
        """Void or refund the chosen sale, whichever is right for it now."""
        found = self._chosen()
        if found is None or self.desk.asking.pending:
            return
        if AfterSale.VOID in found.can:
            self._acts.void(found.sale)
        else:
            self._refunds.begin(found)

    def action_back(self) -> None:
        """Go to Transactions."""
        if not self.desk.asking.pending:
            self.go(Place.TRANSACTIONS)

    def _look_for(self, text: str) -> None:
        self.run_worker(self._look(text), exclusive=True, group="find")

    async def _look(self, text: str) -> None:
        client = self.desk.client
        found = await self.desk.asking.ask(lambda: client.look_up(text), what=tr("looking for it"))
        if found is None:
            return
        self._looked_for = text
        self._show(found)
        self.query_one(Field).clear()
        if found.sales:
            self.query_one(RowList).rows.focus()
        else:
            self.app.bell()
            self.desk.announcer.announce(refused(tr("Nothing found"), nothing_found(found)))

    async def _refresh(self) -> None:
        client, text, shown = self.desk.client, self._looked_for, len(self._found)
        found = await self.desk.asking.ask_quietly(lambda: client.look_up(text))
        # Pages that were read on demand are not read again: only the first is brought up to date.
        if found is not None and text == self._looked_for and shown <= len(found.sales):
            self._show(found)

    async def _read_older(self) -> None:
        client, text, before = self.desk.client, self._looked_for, self._older
        found = await self.desk.asking.ask_quietly(lambda: client.look_up(text, before=before))
        if found is not None and (text, before) == (self._looked_for, self._older):
            self._show(found, keep=True)

    def _show(self, found: FoundSales, *, keep: bool = False) -> None:
        new = {str(one.sale.txn_id): one for one in found.sales}
        self._found = {**self._found, **new} if keep else new
        self._older = found.next_before
        self.query_one(RowList).show(map(self._row, self._found.values()))

    def _row(self, found: FoundSale) -> Row:
        sale, clock = found.sale, self.desk.clock
        state = f"{tr('voided')} · {state_words(sale)}" if sale.voided else state_words(sale)
        cells = (
            sale.receipt_number or f"#{sale.sequence}",
            sold_words(found, clock),
            money(sale.total) if sale.total is not None else "",
            state,
        )
        note = "\n".join(found_notes(found, clock))
        return Row(str(sale.txn_id), cells, note=note, dim=sale.voided)

    def _again(self) -> None:
        self.status_changed()

    def _chosen(self) -> FoundSale | None:
        key = self.query_one(RowList).chosen
        return self._found.get(key) if key is not None else None

    def _show_tickets(self, row: TransactionRow) -> None:
        self.run_worker(self._show_sale(row), exclusive=True, group="tickets")

    async def _show_sale(self, row: TransactionRow) -> None:
        if await read_sale(self.desk, row.txn_id):
            self.go(Place.TICKET)
