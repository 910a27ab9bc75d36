"""Transactions: what was done at this kiosk, and where each stands on its way to being settled."""

from collections.abc import Iterator
from typing import ClassVar, Final
from uuid import UUID

from pydantic import SecretStr
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from kiosk_contracts.kiosk_status import JournalState, TransactionRow
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.selling import MakeVoid
from kiosk_ui.hints import Hint
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.void import VoidAnswers, VoidScreen
from kiosk_ui.selling import new_txn_id
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.words import kind_words, recorded_notice, row_note, state_words

_WAITING: Final = (
    JournalState.QUEUED,
    JournalState.UPLOADING,
    JournalState.PARKED,
    JournalState.QUARANTINED,
)
_PAGE: Final = 50
_PIN_REFUSED: Final = frozenset({ProblemCode.PIN_WRONG, ProblemCode.PIN_LOCKED})
"""Refusals of a void after which the PIN is typed again."""


class TransactionsScreen(KioskScreen):
    """The journal, newest first."""

    HINTS = (
        Hint("↑ ↓", "choose"),
        Hint("Enter", "its tickets", "enter"),
        Hint("F8", "void", "f8"),
        Hint("F9", "only what waits", "f9"),
        Hint("Esc", "back", "escape"),
    )
    TITLE_WORDS = "transactions"
    finish_first: ClassVar[str] = "Leave the transactions first (Esc)"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f8", "void", show=False),
        Binding("f9", "only_waiting", show=False),
        Binding("escape", "back", show=False),
    ]
    _only_waiting = False
    _wanted = _PAGE

    def compose_body(self) -> ComposeResult:
        """List the transactions."""
        yield RowList(
            (
                Column("No.", 6, "right"),
                Column("Kind", 12),
                Column("Receipt", 13),
                Column("Amount", 11, "right"),
                Column("State", wraps=True),
            ),
            empty="… reading the transactions",
        )

    def on_mount(self) -> None:
        """Read the newest."""
        self._listed: dict[str, TransactionRow] = {}
        self._older = False
        self._read()

    def status_changed(self) -> None:
        """Read again: a transaction was added, sent or settled."""
        self._read(REFRESH)

    def agent_back(self) -> None:
        """Read again."""
        self._read(REFRESH)

    @on(OptionList.OptionHighlighted)
    def read_older(self, event: OptionList.OptionHighlighted) -> None:
        """Read older ones when the last is reached."""
        if self._older and event.option_index + 1 >= len(self._listed):
            self._wanted += _PAGE
            self._read()

    @on(OptionList.OptionSelected)
    def show_tickets(self) -> None:
        """Show the tickets of the chosen sale again."""
        row = self._chosen()
        if row is not None and row.kind == TransactionKind.SALE and not row.voided:
            self.run_worker(self._show_sale(row.txn_id), exclusive=True, group="tickets")

    def action_void(self) -> None:
        """Undo the chosen sale, after asking why."""
        row = self._chosen()
        if row is None or self.desk.asking.pending:
            return
        if row.kind != TransactionKind.SALE:
            self.desk.announcer.announce(
                refused(f"A {kind_words(row.kind)} cannot be voided", "Choose a sale.")
            )
            return
        self._ask_void(row)

    def action_only_waiting(self) -> None:
        """Show only what waits, or all again."""
        self._only_waiting = not self._only_waiting
        self._wanted = _PAGE
        self._read()

    def action_back(self) -> None:
        """Go to Events."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    def _ask_void(self, row: TransactionRow, *, reason: str = "", problem: str = "") -> None:
        sale = f"{row.receipt_number or 'this sale'}, {row.total or ''}".rstrip(", ")
        needs_pin = not self.desk.session.is_manager()
        screen = VoidScreen(sale, needs_pin=needs_pin, reason=reason, problem=problem)
        self.app.push_screen(screen, lambda answers: self._answered(row, answers))

    def _answered(self, row: TransactionRow, answers: VoidAnswers | None) -> None:
        if answers is not None:
            self.run_worker(self._record_void(row, answers), exclusive=True, group="void")

    async def _record_void(self, row: TransactionRow, answers: VoidAnswers) -> None:
        def ask_again(refusal: ProblemError) -> None:
            if refusal.code in _PIN_REFUSED:
                self._ask_void(row, reason=answers.reason, problem=refusal.problem.title)

        desk = self.desk
        void = MakeVoid(
            txn_id=new_txn_id(),
            sale_txn_id=row.txn_id,
            reason=answers.reason,
            approval_pin=SecretStr(answers.pin) if answers.pin else None,
        )
        recorded = await desk.asking.ask(
            lambda: desk.client.void(void), what="recording the void", on_refused=ask_again
        )
        if recorded is not None:
            back = f"Give back {recorded.total}; {len(recorded.serials)} tickets admit no more."
            desk.announcer.announce(recorded_notice(recorded, "", back))

    async def _show_sale(self, txn_id: UUID) -> None:
        desk = self.desk
        sale = await desk.asking.ask(lambda: desk.client.sale(txn_id), what="reading the tickets")
        if sale is not None:
            desk.session.sale = sale
            self.go(Place.TICKET)

    def _read(self, group: str = "rows") -> None:
        self.run_worker(self._read_rows(), exclusive=True, group=group)

    async def _read_rows(self) -> None:
        wanted, only_waiting, client = self._wanted, self._only_waiting, self.desk.client
        page = await self.desk.asking.ask_quietly(
            lambda: client.transactions(limit=wanted, states=_WAITING if only_waiting else ())
        )
        if page is None or (wanted, only_waiting) != (self._wanted, self._only_waiting):
            # The agent is away, or something else was asked for meanwhile.
            return
        self._older = page.next_before is not None
        self._listed = {str(row.txn_id): row for row in page.transactions}
        empty = "Nothing waits: all is settled." if self._only_waiting else "Nothing was done yet."
        self.query_one(RowList).show(self._rows(page.transactions), empty=empty)

    def _rows(self, rows: tuple[TransactionRow, ...]) -> Iterator[Row]:
        for row in rows:
            state = state_words(row)
            if row.voided:
                state = f"voided · {state}"
            cells = (
                f"#{row.sequence}",
                kind_words(row.kind),
                row.receipt_number or "",
                str(row.total) if row.total is not None else "",
                state,
            )
            yield Row(str(row.txn_id), cells, note=row_note(row), dim=row.voided)

    def _chosen(self) -> TransactionRow | None:
        key = self.query_one(RowList).chosen
        return self._listed.get(key) if key is not None else None
