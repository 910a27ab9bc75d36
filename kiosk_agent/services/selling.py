"""Sales and voids: each one SQLite transaction, answered when it is on disk."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from kiosk_agent.domain import refusals, refusals_cart, refusals_refund, refusals_staff
from kiosk_agent.domain.cart_rights import check_own
from kiosk_agent.domain.carts import sale_lines, sold_tickets
from kiosk_agent.domain.holds import has_expired
from kiosk_agent.domain.people import StaffMember, require
from kiosk_agent.domain.pricing import PricedItem, total_of, with_prices
from kiosk_agent.domain.printing import sheets_of_sale
from kiosk_agent.domain.refunding import cash_of
from kiosk_agent.domain.tenders import (
    check_has_taken,
    check_tender,
    give_back,
    gives_away,
    is_complimentary,
)
from kiosk_agent.domain.voiding import check_void
from kiosk_agent.domain.wording import VOIDED_HERE
from kiosk_agent.ports.journal import (
    JournalReader,
    JournalRow,
    JournalWriter,
    NewTransaction,
    StoredCart,
)
from kiosk_agent.services import recording
from kiosk_agent.services.cart_views import over
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.quarantine import quarantined
from kiosk_agent.services.recording import RECORDED_BY
from kiosk_agent.services.shift_reports import ShiftReports
from kiosk_contracts.gates import GateFact
from kiosk_contracts.payloads import SalePayload, TransactionKind
from kiosk_contracts.personal import Buyer, PersonalData
from kiosk_contracts.selling import CartState, MakeSale, MakeVoid, SaleRecorded, VoidRecorded
from kiosk_contracts.staff import StaffRole

_Drawer = Callable[[JournalReader, SalePayload], tuple[str, UUID | None]]
"""Who gives the money back, and in which shift."""


class Selling:
    """Closes carts with sales, and undoes sales that have not settled."""

    def __init__(self, kiosk: Kiosk, reports: ShiftReports) -> None:
        self._kiosk = kiosk
        self._reports = reports

    async def is_repeat(self, request: MakeSale) -> bool:
        """Say whether this sale was recorded before."""
        wanted = _wanted(request)
        return await self._kiosk.journal.read(
            lambda reader: recording.find_repeat(reader, request.txn_id, wanted) is not None
        )

    async def check_payable(self, person: StaffMember, request: MakeSale) -> None:
        """Raise ProblemError if this can't close the cart; so nobody types a PIN in vain."""
        require(person, StaffRole.CASHIER)
        await self._kiosk.journal.read(lambda reader: self._payable(reader, person, request))

    async def sell(
        self, person: StaffMember, request: MakeSale, approver: StaffMember | None = None
    ) -> dict[str, Any]:
        """Record the sale of a cart; return a SaleRecorded. Idempotent by txn_id.

        `approver` is the manager who agreed that tickets are given away; ProblemError
        `approval_needed` where they are and nobody did.
        """
        require(person, StaffRole.CASHIER)
        wanted = _wanted(request)

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                _check_buyer(known, request.buyer)
                return recording.again(known)
            cart, items, shift_id = self._payable(writer, person, request)
            if approver is None and gives_away(request.tender):
                raise refusals_staff.approval_needed()
            catalogue = writer.catalogue()
            lines = sale_lines(items, catalogue)
            payload = {
                **recording.common_payload(self._kiosk, writer, person.staff_id, shift_id),
                "lines": [line.to_json() for line in lines],
            }
            if approver is not None:
                # Only where somebody agreed: a sale for money is what it was before.
                payload["approved_by"] = approver.staff_id
            row = recording.record(
                self._kiosk.agent, writer, self._sale(request, payload, request_hash=wanted)
            )
            writer.set_stock_state([one.item.serial for one in items], "sold")
            writer.put_cart(replace(cart, state=CartState.CLOSED))
            answer = SaleRecorded(
                **recording.recorded(row),
                receipt_number=row.receipt_number or "",
                total=request.total,
                tender=request.tender,
                tickets=sold_tickets(items, catalogue),
            )
            for sheet in sheets_of_sale(answer, self._kiosk.paper, row.recorded_at):
                writer.add_print(sheet)
            return recording.keep(writer, row, answer)

        return await self._written(work)

    async def repeat_of_void(self, request: MakeVoid) -> dict[str, Any] | None:
        """Return the first answer if this void was recorded before, else None."""
        kind = TransactionKind.VOID
        wanted = recording.request_hash(kind, request, "approval_pin")
        known = await self._kiosk.journal.read(
            lambda reader: recording.find_repeat(reader, request.txn_id, wanted)
        )
        return None if known is None else recording.again(known)

    async def check_voidable(self, person: StaffMember, sale_txn_id: UUID) -> None:
        """Raise ProblemError if the sale cannot be voided; so nobody types a PIN in vain."""
        require(person, StaffRole.CASHIER)

        def work(reader: JournalReader) -> None:
            sale = voidable(reader, sale_txn_id)
            self._drawer_of(reader, person, sale)

        await self._kiosk.journal.read(work)

    async def void(
        self, person: StaffMember, approver: StaffMember, request: MakeVoid
    ) -> dict[str, Any]:
        """Undo a sale; return a VoidRecorded. Idempotent by txn_id."""
        require(person, StaffRole.CASHIER)
        return await self._void(
            request,
            approver.staff_id,
            lambda reader, sale: (person.staff_id, self._drawer_of(reader, person, sale)),
        )

    async def void_by_root(self, request: MakeVoid, approved_by: str) -> dict[str, Any]:
        """Undo a quarantined sale by command; the money goes back from the sale's own shift.

        Whatever its drawer holds: it may be closed, and what is settled so must not wait for cash.
        """

        def drawer(reader: JournalReader, sale: SalePayload) -> tuple[str, UUID | None]:
            quarantined(reader, request.sale_txn_id)
            return RECORDED_BY, sale.shift_id

        return await self._void(request, approved_by, drawer)

    async def _void(self, request: MakeVoid, approved_by: str, drawer: _Drawer) -> dict[str, Any]:
        kind = TransactionKind.VOID
        wanted = recording.request_hash(kind, request, "approval_pin")

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                return recording.again(known)
            sale = voidable(writer, request.sale_txn_id)
            cashier_id, shift_id = drawer(writer, sale)
            if shift_id is None:
                raise refusals_staff.shift_not_open()
            row = recording.record(
                self._kiosk.agent,
                writer,
                NewTransaction(
                    txn_id=request.txn_id,
                    kind=kind,
                    payload={
                        **recording.common_payload(self._kiosk, writer, cashier_id, shift_id),
                        "sale_txn_id": str(request.sale_txn_id),
                        "serials": list(sale.serials()),
                        "total": sale.total.to_json(),
                        "tender": [line.to_json() for line in give_back(sale.tender)],
                        "reason": request.reason,
                        "approved_by": approved_by,
                    },
                    numbered=True,
                    request_hash=wanted,
                    depends_on=request.sale_txn_id,
                    offline=self._kiosk.line.is_offline(),
                ),
            )
            self._revoke(writer, sale)
            # Nobody shall hold a ticket in hand that every gate refuses.
            writer.cancel_tickets(request.sale_txn_id)
            answer = VoidRecorded(
                **recording.recorded(row),
                receipt_number=row.receipt_number or "",
                sale_receipt_number=sale.receipt_number,
                serials=sale.serials(),
                total=sale.total,
                tender=give_back(sale.tender),
            )
            return recording.keep(writer, row, answer)

        return await self._written(work)

    def _drawer_of(self, reader: JournalReader, person: StaffMember, sale: SalePayload) -> UUID:
        """Return the person's open shift, if its drawer holds the cash that goes back."""
        shift_id = reader.open_shift(person.staff_id)
        if shift_id is None:
            raise refusals_staff.shift_not_open()
        cash = cash_of(sale.tender, sale.total.currency)
        # Adding up a shift takes its time: a sale by card asks nothing of the drawer.
        there = self._reports.cash_in_drawer(reader, shift_id) if cash.amount else cash
        if cash.amount > there.amount:
            raise refusals_refund.drawer_short_to_give_back(cash, there)
        return shift_id

    async def _written(self, work: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return answer

    def _payable(
        self, reader: JournalReader, person: StaffMember, request: MakeSale
    ) -> tuple[StoredCart, Sequence[PricedItem], UUID]:
        """Return cart, items and shift if this request may close the cart; raise otherwise."""
        cart = reader.cart(request.txn_id)
        if cart is None:
            raise refusals_cart.cart_unknown(request.txn_id)
        check_own(cart, person)
        shift_id = reader.open_shift(person.staff_id)
        if shift_id is None:
            raise refusals_staff.shift_not_open()
        moment = self._kiosk.moment(reader)
        if cart.state == CartState.EXPIRED or has_expired(cart, moment):
            raise over(cart, moment, was_paying=True)
        items = with_prices(reader.cart_items(request.txn_id), cart.prices)
        if not items:
            raise refusals_cart.cart_empty()
        if any(one.item.state != "held" for one in items):
            raise refusals_cart.tickets_frozen()
        due = total_of(items, self._kiosk.currency)
        if request.total != due:
            raise refusals_cart.price_differs(request.total, due)
        check_tender(request.tender, due)
        self._kiosk.limits.check_change(request.tender)
        check_has_taken(request.tender, cart.taken)
        if cart.state != CartState.PAYMENT_STARTED:
            if not is_complimentary(request.tender):
                raise refusals_cart.payment_not_started()
            self._kiosk.room.check_new()
        return cart, items, shift_id

    def _sale(
        self, request: MakeSale, payload: dict[str, Any], *, request_hash: str
    ) -> NewTransaction:
        personal = _personal(request.buyer)
        payload = {
            **payload,
            "total": request.total.to_json(),
            "tender": [line.to_json() for line in request.tender],
            "personal_hash": personal.salted_hash(request.txn_id) if personal else None,
        }
        return NewTransaction(
            txn_id=request.txn_id,
            kind=TransactionKind.SALE,
            payload=payload,
            numbered=True,
            personal=personal,
            request_hash=request_hash,
            offline=self._kiosk.line.is_offline(),
        )

    def _revoke(self, writer: JournalWriter, sale: SalePayload) -> None:
        # A salvage may have saved the sale and not its tickets: the fact at the gate counts.
        there = [serial for serial in sale.serials() if writer.stock_item(serial) is not None]
        writer.set_stock_state(there, "revoked")
        for line in sale.lines:
            for serial in line.serials:
                writer.note_gate_fact(
                    event_id=line.event_id,
                    serial=serial,
                    fact=GateFact.REVOKED,
                    at=self._kiosk.clock.now(),
                    gate="",
                    reason=VOIDED_HERE,
                )


def voidable(reader: JournalReader, sale_txn_id: UUID) -> SalePayload:
    """Return what a sale sold if it may be voided now; raise ProblemError saying why not."""
    row = reader.row(sale_txn_id)
    if row is None:
        raise refusals_staff.txn_unknown(sale_txn_id)
    sale = row.read_payload()
    at_gates = (
        [
            (serial, reader.gate_knowledge(line.event_id, serial))
            for line in sale.lines
            for serial in line.serials
        ]
        if isinstance(sale, SalePayload)
        else []
    )
    stock = [reader.stock_item(serial) for serial, _ in at_gates]
    taken_back = any(item is not None and item.state == "revoked" for item in stock)
    return check_void(row, reader.void_of(sale_txn_id), at_gates, taken_back=taken_back)


def _wanted(request: MakeSale) -> str:
    return recording.request_hash(TransactionKind.SALE, request, "buyer", "approval_pin")


def _personal(buyer: Buyer | None) -> PersonalData | None:
    return None if buyer is None else PersonalData(salt=secrets.token_hex(16), buyer=buyer)


def _check_buyer(row: JournalRow, buyer: Buyer | None) -> None:
    """Compare what the request hash leaves out, as long as it was not erased."""
    sale = row.readable()
    erased = sale.personal is None and sale.payload.get("personal_hash") is not None
    known = None if sale.personal is None else sale.personal.buyer
    if not erased and known != buyer:
        raise refusals.txn_payload_differs()
