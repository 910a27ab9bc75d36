"""Which tickets of a sale go to paper, and what paper says of those that are worth nothing."""

from collections.abc import Mapping
from typing import Final

from kiosk_contracts.look_up import TicketStanding
from kiosk_contracts.printing import PrintKind
from kiosk_texts import tr

_WORTHLESS: Final = frozenset(
    {TicketStanding.VOIDED, TicketStanding.REFUNDED, TicketStanding.REVOKED}
)
_NOT_AGAIN: Final = _WORTHLESS | {TicketStanding.REFUND_ASKED}

Standings = Mapping[str, TicketStanding]
"""By serial."""


def worthless(standings: Standings) -> Standings:
    """Return the tickets that no gate lets in, whatever comes: they never come out of a printer."""
    return {serial: one for serial, one in standings.items() if one in _WORTHLESS}


def not_again(standings: Standings) -> Standings:
    """Return the tickets of which nobody gets a copy: worthless ones, and those to be refunded.

    One that was used is printed: its holder may come back in, and a gate knows it was used.
    """
    return {serial: one for serial, one in standings.items() if one in _NOT_AGAIN}


def copy_number(kind: PrintKind, last: int | None, *, forgotten: bool) -> int:
    """Return which copy a sheet is that a person asks for; 0 is none, the first.

    A ticket that a person asks for is a copy: the sale printed it, or showed it to be photographed.
    A receipt or a Z report comes out only where it is asked for or set so, so the first is none.
    `last` is the highest that the queue knows; `forgotten`: it may have known one, too long ago.
    """
    if last is not None:
        return last + 1
    return 1 if kind is PrintKind.TICKET or forgotten else 0


def standing_words(standing: TicketStanding) -> str:
    """Return why a ticket is not printed, on paper and in refusals."""
    match standing:
        case TicketStanding.VOIDED:
            return tr("voided")
        case TicketStanding.REFUNDED:
            return tr("refunded")
        case TicketStanding.REFUND_ASKED:
            return tr("refund asked for")
        case _:
            return tr("worth nothing any more")
