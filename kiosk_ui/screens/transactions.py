"""Transactions: what was done at this kiosk, and where each stands on its way to being settled."""

from typing import ClassVar, Final
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from kiosk_contracts.kiosk_status import JournalState, TransactionRow
from kiosk_contracts.payloads import TransactionKind
from kiosk_texts import mark, money, tr, trn
from kiosk_ui.cleaning import clean
from kiosk_ui.hints import Hint
from kiosk_ui.listed_times import listed_time, listed_time_width
from kiosk_ui.listings import LISTINGS, Listing
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.refund_words import decision_words
from kiosk_ui.scanner import Scan
from kiosk_ui.screens.acts import Acts
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.refunds import RefundFlow
from kiosk_ui.screens.transaction import TransactionScreen
from kiosk_ui.sold_tickets import read_sale, serials_of
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.words import kind_words, row_note, state_words

_PAGE: Final = 50


class TransactionsScreen(KioskScreen):
    """The journal, newest first."""

    HINTS = (
        Hint(
            "↑ ↓",
            mark("row"),
            "up down",
            more=mark("Choose a row; at the last one older ones are read."),
        ),
        Hint(
            "Enter",
            mark("open"),
            "enter",
            mark(
                "A sale's tickets again; what can be done where it is stuck; where a refund "
                "stands; of all else its serials, when it was and by whom."
            ),
        ),
        Hint(
            "F6",
            mark("find"),
            "f6",
            mark("Finds a sale by receipt, ticket or name; a scan does, too."),
        ),
        Hint("F7", mark("stuck"), "f7", mark("Lists only what waits for a person; again: all.")),
        Hint(
            "F8",
            mark("give back"),
            "f8",
            mark(
                "Undoes the chosen sale: voids it, or refunds it once it is settled. Asks why, and "
                "for a manager's PIN where one is needed. On anything else it chooses the last "
                "sale."
            ),
        ),
        Hint("F9", mark("waiting"), "f9", mark("Lists only what is not settled yet; again: all.")),
        Hint("Esc", mark("back"), "escape", mark("Goes to Events.")),
    )
    PURPOSE = mark(
        "What was done at this kiosk, newest first, and how far each has come: waiting to be sent, "
        "settled for good, set aside, or for a manager. A scan of a ticket finds its sale."
    )
    finish_first: ClassVar[str] = mark("Leave the transactions first (Esc)")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f6", "find", show=False),
        Binding("f7", "list('stuck')", show=False),
        Binding("f8", "give_back", show=False),
        Binding("f9", "list('waiting')", show=False),
        Binding("escape", "back", show=False),
    ]
    _listing = Listing.ALL
    _wanted = _PAGE

    def compose_body(self) -> ComposeResult:
        """List the transactions."""
        yield RowList(
            (
                Column(tr("Time"), listed_time_width()),
                Column(tr("No."), 6, "right"),
                Column(tr("Kind"), 12),
                Column(tr("Receipt"), 12),
                Column(tr("Amount"), 10, "right"),
                Column(tr("State"), wraps=True),
            ),
            empty=tr("… reading the transactions"),
        )

    def on_mount(self) -> None:
        """Read the newest of the list that was asked for."""
        self._listing = self.desk.session.listing
        self._acts = Acts(self, show_tickets=self._show_tickets, acted=self._keep_listed)
        self._refunds = RefundFlow(self, acted=self._read)
        self._acted: set[int] = set()
        self._listed: dict[str, TransactionRow] = {}
        self._older = False
        self._read()

    def status_changed(self) -> None:
        """Read again: a transaction was added, sent or settled."""
        self._refunds.status_changed()
        self._read(REFRESH)
        shown = self.app.screen
        if isinstance(shown, TransactionScreen):
            # A worker of the panel's own: the screen's would cancel it.
            shown.run_worker(self._show_again(shown), exclusive=True, group=REFRESH)

    def agent_back(self) -> None:
        """Read again."""
        self.status_changed()

    def scanned(self, scan: Scan) -> bool:
        """Find the sale of a scanned ticket."""
        if not self.desk.asking.pending:
            self.desk.session.wanted = scan.text
            self.go(Place.FIND)
        return True

    @on(OptionList.OptionHighlighted)
    def read_older(self, event: OptionList.OptionHighlighted) -> None:
        """Read older ones when the last is reached."""
        if self._older and event.option_index + 1 >= len(self._listed):
            self._wanted += _PAGE
            self._read()

    @on(OptionList.OptionSelected)
    def open_chosen(self) -> None:
        """Show what can be done about the chosen transaction, or the tickets of a sale again."""
        row = self._chosen()
        if row is None or self.desk.asking.pending:
            return
        if row.state == JournalState.QUARANTINED:
            self._acts.open(row)
        elif row.kind == TransactionKind.REFUND:
            self._refunds.open(row.txn_id)
        elif row.kind == TransactionKind.SALE:
            self._show_tickets(row)
        else:
            self.run_worker(self._show_detail(row), exclusive=True, group="tickets")

    def action_give_back(self) -> None:
        """Undo the chosen sale, after asking why: a void, or a refund once it has settled."""
        row = self._chosen()
        if row is None or self.desk.asking.pending:
            return
        if row.kind == TransactionKind.REFUND:
            self._refunds.open(row.txn_id)
        elif _is_refunded(row):
            self._refunds.begin_row(row)
        elif row.kind != TransactionKind.SALE and (sale := self._last_sale_before(row)):
            self._choose_instead(row, sale)
        else:
            self._acts.void(row)

    def action_find(self) -> None:
        """Look for a sale."""
        if not self.desk.asking.pending:
            self.go(Place.FIND)

    def action_list(self, listing: str) -> None:
        """Show this list alone, or all again."""
        asked = Listing(listing)
        self._listing = Listing.ALL if self._listing is asked else asked
        self._wanted = _PAGE
        self._acted.clear()
        self._read()
        self.show_frame(self._latest)

    def title_words(self) -> str:
        """Return which list it is."""
        return tr(LISTINGS[self._listing].name)

    def action_back(self) -> None:
        """Go to Events."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    def _last_sale_before(self, row: TransactionRow) -> TransactionRow | None:
        earlier = (one for one in self._listed.values() if one.sequence < row.sequence)
        sales = (one for one in earlier if one.kind == TransactionKind.SALE and not one.voided)
        return next(sales, None)

    def _choose_instead(self, row: TransactionRow, sale: TransactionRow) -> None:
        """Choose the sale that is meant, and say so: a key more, and nobody undoes another."""
        self.query_one(RowList).choose(str(sale.txn_id))
        cannot = tr("Cannot be voided: {kind}", kind=kind_words(row.kind))
        instead = tr(
            "The last sale before it is chosen now, {receipt}: F8 gives that back.",
            receipt=clean(sale.receipt_number or f"#{sale.sequence}"),
        )
        self.desk.announcer.announce(refused(cannot, instead))

    async def _show_detail(self, row: TransactionRow) -> None:
        serials = await serials_of(self.desk, row.txn_id)
        self.app.push_screen(TransactionScreen(row, serials, self.desk.clock))

    async def _show_again(self, shown: TransactionScreen) -> None:
        """Bring the transaction that is shown up to date, also where it left the list meanwhile."""
        sequence = shown.row.sequence
        if row := (await self._read_one(sequence)).get(sequence):
            shown.show(row)

    def _show_tickets(self, row: TransactionRow) -> None:
        self.run_worker(self._show_sale(row.txn_id), exclusive=True, group="tickets")

    def _keep_listed(self, row: TransactionRow) -> None:
        """Keep a transaction in the list whatever its state, to show what became of it."""
        self._acted.add(row.sequence)
        self._read()

    async def _show_sale(self, txn_id: UUID) -> None:
        if await read_sale(self.desk, txn_id):
            self.go(Place.TICKET)

    def _read(self, group: str = "rows") -> None:
        self.run_worker(self._read_rows(), exclusive=True, group=group)

    async def _read_rows(self) -> None:
        wanted, listing, client = self._wanted, self._listing, self.desk.client
        states = LISTINGS[listing].states
        if listing is Listing.REFUNDS:
            await self._read_refunds()
            return
        page = await self.desk.asking.ask_quietly(
            lambda: client.transactions(limit=wanted, states=states)
        )
        if page is None:
            return
        listed = {row.sequence: row for row in page.transactions}
        for sequence in self._acted - listed.keys() if states else ():
            listed |= await self._read_one(sequence)
        if (wanted, listing) != (self._wanted, self._listing):
            # Something else was asked for meanwhile.
            return
        rows = sorted(listed.values(), key=lambda row: row.sequence, reverse=True)
        self._older = page.next_before is not None
        self._listed = {str(row.txn_id): row for row in rows}
        self.query_one(RowList).show(map(self._row, rows), empty=tr(LISTINGS[listing].empty))

    async def _read_refunds(self) -> None:
        refunds = await self.desk.asking.ask_quietly(self.desk.client.refunds)
        if refunds is None:
            return
        self._acted.update(one.sequence for one in refunds.refunds)
        listed: dict[int, TransactionRow] = {}
        for sequence in self._acted:
            listed |= await self._read_one(sequence)
        if self._listing is not Listing.REFUNDS:
            return
        rows = sorted(listed.values(), key=lambda row: row.sequence, reverse=True)
        self._older = False
        self._listed = {str(row.txn_id): row for row in rows}
        empty = tr(LISTINGS[Listing.REFUNDS].empty)
        self.query_one(RowList).show(map(self._row, rows), empty=empty)

    async def _read_one(self, sequence: int) -> dict[int, TransactionRow]:
        client = self.desk.client
        page = await self.desk.asking.ask_quietly(
            lambda: client.transactions(before=sequence + 1, limit=1)
        )
        return {row.sequence: row for row in page.transactions} if page is not None else {}

    def _row(self, row: TransactionRow) -> Row:
        return _listed_row(row, listed_time(row.recorded_at, self.desk.clock))

    def _chosen(self) -> TransactionRow | None:
        key = self.query_one(RowList).chosen
        return self._listed.get(key) if key is not None else None


def _is_refunded(row: TransactionRow) -> bool:
    """Say whether a sale is given back by a refund, for it is too late to void it."""
    is_sale = row.kind == TransactionKind.SALE and not row.voided
    return is_sale and row.state == JournalState.SETTLED


def _listed_row(row: TransactionRow, at: str) -> Row:
    state, note = state_words(row), row_note(row)
    if row.voided:
        state = f"{tr('voided')} · {state}"
    if row.refunded:
        tickets = trn("{count} ticket refunded", "{count} tickets refunded", row.refunded)
        state = f"{tickets} · {state}"
    if decided := decision_words(row):
        state = decided if row.state == JournalState.SETTLED else f"{decided} · {state}"
    stuck = row.state == JournalState.QUARANTINED
    if stuck:
        state = f"▲ {state}"
        note = " · ".join(filter(None, (note, tr("Enter opens it"))))
    cells = (
        at,
        f"#{row.sequence}",
        kind_words(row.kind),
        row.receipt_number or "",
        money(row.total) if row.total is not None else "",
        state,
    )
    # What was voided or handed over stays marked, but no longer asks for anyone.
    strong = stuck and row.handed_over is None and not row.voided
    return Row(str(row.txn_id), cells, note=note, dim=row.voided, strong=strong)
