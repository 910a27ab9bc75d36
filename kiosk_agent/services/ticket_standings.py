"""What each ticket of a sale is worth now, as far as this kiosk knows."""

from collections.abc import Mapping

from kiosk_agent.domain.looking_up import standing_of
from kiosk_agent.ports.journal import JournalReader
from kiosk_agent.services.refund_facts import refunds_of
from kiosk_contracts.look_up import TicketStanding
from kiosk_contracts.selling import SaleRecorded


def standings_of(reader: JournalReader, sale: SaleRecorded) -> Mapping[str, TicketStanding]:
    """Return the standing of each of a sale's tickets by its serial, in the sale's order.

    ProblemError `journal_damaged` where a refund of it can't be read.
    """
    voided = reader.void_of(sale.txn_id) is not None
    earlier = refunds_of(reader, sale.txn_id)
    return {
        ticket.serial: standing_of(
            ticket.serial,
            reader.gate_knowledge(ticket.event_id, ticket.serial),
            earlier,
            voided=voided,
        )
        for ticket in sale.tickets
    }
