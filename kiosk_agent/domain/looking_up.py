"""What a text means that somebody looks for, and what a ticket that was found is worth."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kiosk_agent.domain.records import GateKnowledge
from kiosk_agent.domain.refunding import Earlier
from kiosk_contracts.look_up import TicketStanding
from kiosk_contracts.serials import SerialError, normalise_serial
from kiosk_contracts.ticket_code import PREFIX

_RECEIPT_END: Final = re.compile(r"(?:[A-Z][A-Z0-9]{1,5}-)?(?:[0-9]{1,6}-)?[0-9]{1,12}")
_COUNTER_DIGITS: Final = 6
_FEWEST_LETTERS: Final = 2
_OF_REVOKED: Final = {
    "refunded": TicketStanding.REFUNDED,
    "voided": TicketStanding.VOIDED,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The ways in which a text may be understood; each that is not empty is tried."""

    code: str = ""
    """A scanned ticket code."""
    serial: str = ""
    receipt_ends: tuple[str, ...] = ()
    """Ends of receipt numbers: the first that leads anywhere counts."""
    name: str = ""


def understand(text: str) -> Wanted:
    """Return what is meant: a scanned code, a serial, a receipt number or its end, a name."""
    said = text.strip()
    capitals = said.upper()
    if capitals.startswith(PREFIX) and len(said) > len(PREFIX):
        return Wanted(code=said)
    has_letters = sum(char.isalpha() for char in said) >= _FEWEST_LETTERS
    return Wanted(
        serial=_serial(said),
        receipt_ends=_receipt_ends(capitals),
        name=said if has_letters and not _is_receipt(capitals) else "",
    )


def standing_of(
    serial: str, at_gate: GateKnowledge, earlier: Sequence[Earlier], *, voided: bool
) -> TicketStanding:
    """Return what a sold ticket is worth now, as far as this kiosk knows."""
    if voided:
        return TicketStanding.VOIDED
    for one in earlier:
        if serial in one.payload.serials:
            return TicketStanding.REFUNDED if one.is_settled else TicketStanding.REFUND_ASKED
    if at_gate.revoked_reason is not None:
        return _OF_REVOKED.get(at_gate.revoked_reason, TicketStanding.REVOKED)
    return TicketStanding.VALID if at_gate.last_fact is None else TicketStanding.USED


def _serial(said: str) -> str:
    try:
        return normalise_serial(said)
    except SerialError:
        return ""


def _is_receipt(capitals: str) -> bool:
    return _RECEIPT_END.fullmatch(capitals) is not None


def _receipt_ends(capitals: str) -> tuple[str, ...]:
    if not _is_receipt(capitals):
        return ()
    head, _, counter = capitals.rpartition("-")
    # The counter as people say it, without its noughts; else any that ends so.
    whole = f"{head}-{counter.zfill(_COUNTER_DIGITS)}"
    return (whole, capitals) if whole != capitals else (capitals,)
