"""Finding a sale again in this kiosk's journal: by receipt, ticket or name. Needs no line."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from kiosk_agent.domain.carts import find_event, find_type, reduced_by
from kiosk_agent.domain.gates import Verify, read_code
from kiosk_agent.domain.looking_up import Wanted, standing_of, understand
from kiosk_agent.domain.people import StaffMember, require
from kiosk_agent.domain.refunding import Earlier
from kiosk_agent.ports.journal import JournalReader, JournalRow
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import StaffView
from kiosk_agent.services.refund_facts import refunds_of
from kiosk_agent.services.selling import voidable
from kiosk_agent.services.status import list_row
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.kiosk_status import JournalState, LineState
from kiosk_contracts.look_up import (
    AfterSale,
    FoundBy,
    FoundSale,
    FoundSales,
    FoundTicket,
    TicketStanding,
)
from kiosk_contracts.payloads import RefundPayload, SaleLine, SalePayload, VoidPayload
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.staff import StaffRole
from kiosk_texts import mark, tr

_Hit = tuple[int, UUID, FoundBy]
"""Where what fits stands, which transaction it is, and how it was found."""
_NO_LINE: Final = mark(
    "A refund needs the line, and there is none now: the customer keeps the tickets and comes back."
)
_NOTHING_LEFT: Final = mark("Every ticket of it was used or given back.")


class LookUp:
    """Searches this kiosk's own journal, also what went to its archives."""

    def __init__(self, kiosk: Kiosk, verify: Verify, staff: StaffView) -> None:
        self._kiosk = kiosk
        self._verify = verify
        self._staff = staff

    async def find(self, person: StaffMember, text: str, *, before: int, limit: int) -> FoundSales:
        """Return the sales that `text` leads to, newest first.

        Raises ProblemError for a scanned code that is no good ticket.
        """
        require(person, StaffRole.CASHIER)
        wanted = understand(text)

        def work(reader: JournalReader) -> FoundSales:
            hits = self._hits(reader, wanted, before, limit + 1)
            shown, more = hits[:limit], len(hits) > limit
            found = [self._sale(reader, txn_id) for _, txn_id, _ in shown]
            sales = {one.sale.txn_id: one for one in found if one is not None}
            return FoundSales(
                text=text,
                found_by=tuple(dict.fromkeys(by for _, _, by in shown)),
                sales=tuple(sales.values()),
                next_before=shown[-1][0] if more else None,
                unreadable=found.count(None),
            )

        return await self._kiosk.journal.read(work)

    def _hits(self, reader: JournalReader, wanted: Wanted, before: int, limit: int) -> list[_Hit]:
        hits = [*self._by_ticket(reader, wanted)]
        for end in wanted.receipt_ends:
            found = reader.by_receipt(end, before, limit)
            hits += [(sequence, txn_id, FoundBy.RECEIPT) for sequence, txn_id in found]
            if found:
                break
        if wanted.name:
            found = reader.by_buyer(wanted.name, before, limit)
            hits += [(sequence, txn_id, FoundBy.NAME) for sequence, txn_id in found]
        newest = sorted(hits, key=lambda hit: -hit[0])
        return [hit for hit in newest if hit[0] < before][:limit]

    def _by_ticket(self, reader: JournalReader, wanted: Wanted) -> Iterable[_Hit]:
        serial = wanted.serial
        if wanted.code:
            keys = {key.key_id: key for key in reader.verify_keys()}
            serial = read_code(wanted.code, keys, self._verify).serial
        item = reader.stock_item(serial) if serial else None
        if item is None or item.cart_txn_id is None:
            return
        row = _row(reader, item.cart_txn_id)
        if row is not None:
            yield row.sequence, row.txn_id, FoundBy.TICKET

    def _sale(self, reader: JournalReader, txn_id: UUID) -> FoundSale | None:
        """Return the sale of a transaction that fits; None if nobody can tell it any more."""
        try:
            row = _sale_of(reader, txn_id)
            sale = None if row is None else row.read_payload()
            if row is None or not isinstance(sale, SalePayload):
                return None
            return self._found(reader, row, sale)
        except ProblemError:
            return None

    def _found(self, reader: JournalReader, row: JournalRow, sale: SalePayload) -> FoundSale:
        listed = list_row(reader, row, self._staff)
        earlier = refunds_of(reader, row.txn_id)
        catalogue = reader.catalogue()
        tickets = tuple(
            _ticket(reader, catalogue, line, serial, earlier, voided=listed.voided)
            for line in sale.lines
            for serial in line.serials
        )
        can, why_not = self._can(reader, row, tickets)
        personal = row.readable().personal
        return FoundSale(
            sale=listed,
            buyer=(personal.buyer.name if personal else None) or "",
            tickets=tickets,
            can=can,
            why_not=why_not,
            archived=not reader.has_all(row.sequence, row.sequence),
        )

    def _can(
        self, reader: JournalReader, row: JournalRow, tickets: Sequence[FoundTicket]
    ) -> tuple[tuple[AfterSale, ...], str]:
        if row.state is not JournalState.SETTLED:
            try:
                voidable(reader, row.txn_id)
            except ProblemError as refusal:
                return (), refusal.problem.detail
            return (AfterSale.VOID,), ""
        if all(ticket.standing != TicketStanding.VALID for ticket in tickets):
            return (), tr(_NOTHING_LEFT)
        if self._kiosk.line.state() is not LineState.ONLINE:
            return (), tr(_NO_LINE)
        return (AfterSale.REFUND,), ""


def _row(reader: JournalReader, txn_id: UUID) -> JournalRow | None:
    try:
        return reader.row(txn_id)
    except ProblemError:
        # Its archive is out of reach.
        return None


def _sale_of(reader: JournalReader, txn_id: UUID) -> JournalRow | None:
    """Return the row of a sale, or of the sale that a void or refund is about."""
    row = reader.row(txn_id)
    payload = None if row is None else row.read_payload()
    if isinstance(payload, VoidPayload | RefundPayload):
        return reader.row(payload.sale_txn_id)
    return row


def _ticket(  # noqa: PLR0913  what is known of a ticket
    reader: JournalReader,
    catalogue: Catalogue | None,
    line: SaleLine,
    serial: str,
    earlier: Sequence[Earlier],
    *,
    voided: bool,
) -> FoundTicket:
    event = find_event(catalogue, line.event_id)
    kind = find_type(event, line.ticket_type_id) if event else None
    at_gate = reader.gate_knowledge(line.event_id, serial)
    return FoundTicket(
        serial=serial,
        event_id=line.event_id,
        event_name=event.name if event else line.event_id,
        ticket_type_id=line.ticket_type_id,
        ticket_type_name=kind.name if kind else line.ticket_type_id,
        unit_price=line.unit_price,
        reduced_by=reduced_by(catalogue, line.event_id, line.concession_id or line.rule_id),
        standing=standing_of(serial, at_gate, earlier, voided=voided),
        gate=at_gate.last_gate,
        at=at_gate.last_at,
    )
