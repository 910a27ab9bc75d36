"""When a sale may still be voided at the kiosk that made it."""

from collections.abc import Sequence
from uuid import UUID

from kiosk_agent.domain import refusals_staff
from kiosk_agent.domain.records import GateKnowledge, JournalRow
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.payloads import SalePayload


def check_void(
    sale: JournalRow,
    earlier: UUID | None,
    at_gates: Sequence[tuple[str, GateKnowledge]],
    *,
    taken_back: bool = False,
) -> SalePayload:
    """Return the sale's payload if it may be voided; raise ProblemError saying why it may not.

    `earlier` is the void that it has already, `at_gates` what is known of each of its serials.
    `taken_back`: the stock says that it was voided, also where a salvage could not read its void.
    """
    payload = sale.read_payload()
    if not isinstance(payload, SalePayload):
        raise refusals_staff.not_a_sale(sale.kind)
    if earlier is not None or (taken_back and sale.state is not JournalState.SETTLED):
        raise refusals_staff.sale_already_voided(payload.receipt_number)
    if sale.state is JournalState.SETTLED:
        raise refusals_staff.sale_settled(payload.receipt_number)
    for serial, known in at_gates:
        if known.last_fact is not None:
            raise refusals_staff.ticket_already_used(serial, known.last_gate)
    return payload
