"""The tickets of a sale that was made before, as the UI reads them again. Knows no screen."""

from typing import Final
from uuid import UUID

from kiosk_contracts.look_up import TicketStanding
from kiosk_contracts.selling import Recorded, SaleRecorded
from kiosk_texts import tr
from kiosk_ui.desk import Desk

NOT_VALID: Final = frozenset(
    {
        TicketStanding.VOIDED,
        TicketStanding.REFUNDED,
        TicketStanding.REFUND_ASKED,
        TicketStanding.REVOKED,
    }
)
"""Standings of tickets that are not handed out again."""


async def read_sale(desk: Desk, txn_id: UUID) -> bool:
    """Take a sale's tickets in hand, with what each is worth now; False if refused."""
    sale = await desk.asking.ask(lambda: desk.client.sale(txn_id), what=tr("reading the tickets"))
    if sale is None:
        return False
    desk.session.sale = sale
    desk.session.standings = await _standings(desk, sale)
    return True


async def serials_of(desk: Desk, txn_id: UUID) -> tuple[str, ...]:
    """Return the serials that a transaction's first answer names; none where it names none."""
    path = f"/v1/transactions/{txn_id}"
    answer = await desk.asking.ask_quietly(lambda: desk.client.call(Recorded, "GET", path))
    told = (answer.model_extra or {}) if answer is not None else {}
    serials, serial = told.get("serials"), told.get("serial")
    named = serials if isinstance(serials, list) else [serial]
    return tuple(one for one in named if isinstance(one, str) and one)


async def _standings(desk: Desk, sale: SaleRecorded) -> dict[str, str]:
    """Return each ticket's standing by serial; empty where the agent cannot tell now."""
    receipt = sale.receipt_number
    found = await desk.asking.ask_quietly(lambda: desk.client.look_up(receipt))
    return {
        ticket.serial: ticket.standing
        for one in (found.sales if found is not None else ())
        if one.sale.txn_id == sale.txn_id
        for ticket in one.tickets
    }
