"""What the tickets of a cart cost, by the price lists as this kiosk knows them now."""

from collections.abc import Sequence
from uuid import UUID

from kiosk_agent.domain import refusals
from kiosk_agent.domain.carts import find_event
from kiosk_agent.domain.pricing import price_tickets
from kiosk_agent.ports.journal import JournalReader, TicketPrice
from kiosk_contracts.selling import WantedLine


def prices_of(
    reader: JournalReader, txn_id: UUID, lines: Sequence[WantedLine]
) -> tuple[TicketPrice, ...]:
    """Return the price of each ticket that a cart holds for these lines.

    Raises ProblemError `concession_unknown`; a rule that is not known any more just ends.
    """
    chosen = {
        (line.event_id, line.ticket_type_id, line.concession_id): line.quantity for line in lines
    }
    catalogue = reader.catalogue()
    price_lists = {}
    for event_id in {line.event_id for line in lines}:
        if event := find_event(catalogue, event_id):
            price_lists[event_id] = event.price_list
    for event_id, type_id, concession_id in chosen:
        known = price_lists.get(event_id)
        if concession_id and not (known and known.terms().concession(concession_id, type_id)):
            raise refusals.concession_unknown(concession_id)
    return price_tickets(reader.cart_items(txn_id), chosen, price_lists)
