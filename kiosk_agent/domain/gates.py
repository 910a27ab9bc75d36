"""The verdict on a ticket at a gate: pure, from its code and what this kiosk knows."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from kiosk_agent.domain import refusals_gate, refusals_refund
from kiosk_agent.domain.records import GateKnowledge, StockItem
from kiosk_contracts.catalogue import Catalogue, Event
from kiosk_contracts.gates import GateFact, VerifyKey
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.serials import SERIAL_LENGTH, SerialError, normalise_serial
from kiosk_contracts.ticket_code import TicketCode, TicketCodeError, TicketFacts
from kiosk_contracts.typed_code import ALPHABET
from kiosk_texts import tr

Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, signed bytes) -> whether the key's holder signed them."""

_QWERTZ: Final = str.maketrans("YZyz", "ZYzy")
_PASSED_OVER: Final = frozenset(" -")
_TAKEN: Final = frozenset(f"{ALPHABET}ILO")
"""What may be typed in a serial: some take I, L and O for digits."""
_UNSOLD: Final = frozenset({"available", "held", "returned"})


@dataclass(frozen=True, slots=True)
class Presented:
    """A ticket at the gate: what its code says, or its serial typed by hand."""

    serial: str
    facts: TicketFacts | None
    """None if the serial was typed."""
    proved: bool = True
    """False where a code is signed with a key that this kiosk does not know."""


@dataclass(frozen=True, slots=True)
class Known:
    """What this kiosk knows of the presented serial."""

    at_gate: GateKnowledge
    own: StockItem | None
    """The serial in this kiosk's stock, in whatever state."""
    refund_asked: str = ""
    """The receipt number of a refund of it that is not decided."""


def read_code(text: str, keys: Mapping[int, VerifyKey], verify: Verify) -> Presented:
    """Return the ticket of a scanned code; raise ProblemError unless its signature proves it.

    Between an English and a German keyboard a scanner swaps Y and Z, which only the signature
    can tell; so both readings are tried, and a refusal speaks of the text as it came.
    """
    try:
        return _prove(text, keys, verify)
    except ProblemError:
        with suppress(ProblemError):
            return _prove(text.translate(_QWERTZ), keys, verify)
        raise


def _prove(text: str, keys: Mapping[int, VerifyKey], verify: Verify) -> Presented:
    try:
        code = TicketCode.decode(text)
    except TicketCodeError as error:
        raise refusals_gate.unreadable(error.code, len(text.strip())) from error
    key = keys.get(code.facts.key_id)
    if key is None:
        raise refusals_gate.key_unknown(code.facts.key_id)
    if not verify(bytes.fromhex(key.public_key), code.signature, code.facts.signed_bytes()):
        raise refusals_gate.forged(code.facts.serial)
    return Presented(code.facts.serial, code.facts)


def claimed(text: str) -> Presented:
    """Return the ticket that a readable code claims to be, its signature not looked at."""
    facts = TicketCode.decode(text).facts
    return Presented(facts.serial, facts, proved=False)


def read_typed(text: str) -> Presented:
    """Return the ticket of a serial typed by hand; raise ProblemError if it is no serial."""
    try:
        return Presented(normalise_serial(text), None)
    except SerialError as error:
        raise _no_serial(text) from error


def _no_serial(text: str) -> ProblemError:
    """Return what is wrong with a text that is no serial."""
    typed = [char for char in text.strip().upper() if char not in _PASSED_OVER]
    if len(typed) != SERIAL_LENGTH:
        return refusals_gate.serial_of_length(len(typed))
    odd = [char for char in typed if char not in _TAKEN]
    return refusals_gate.serial_with(odd[0]) if odd else refusals_gate.serial_mistyped()


def judge_admission(
    ticket: Presented, event: Event, known: Known, catalogue: Catalogue | None
) -> None:
    """Return if the gate is green; raise ProblemError with the verdict otherwise.

    Someone who left may come in again.
    """
    _check_ticket(ticket, event, known, catalogue)
    if known.at_gate.last_fact == GateFact.ADMITTED:
        raise refusals_gate.already_admitted(
            ticket.serial, known.at_gate.last_gate, known.at_gate.last_at
        )
    if known.refund_asked:
        raise refusals_refund.admits_not_yet(ticket.serial, known.refund_asked)
    # Last: a manager may decide about this, and about nothing that speaks against the ticket.
    _check_known(ticket, known)


def judge_exit(ticket: Presented, event: Event, known: Known, catalogue: Catalogue | None) -> None:
    """Return if the holder is inside, whatever the ticket is worth now; raise otherwise."""
    if known.at_gate.last_fact == GateFact.ADMITTED:
        return
    _check_ticket(ticket, event, known, catalogue)
    _check_known(ticket, known)
    raise refusals_gate.not_inside(ticket.serial)


def _check_ticket(
    ticket: Presented, event: Event, known: Known, catalogue: Catalogue | None
) -> None:
    if ticket.facts is not None and ticket.facts.event_no != event.event_no:
        theirs = _name_of_number(catalogue, ticket.facts.event_no)
        raise refusals_gate.wrong_event(ticket.serial, theirs, event.name)
    own = known.own
    if own is not None and own.event_id != event.event_id:
        theirs = _name_of_id(catalogue, own.event_id)
        raise refusals_gate.wrong_event(ticket.serial, theirs, event.name)
    if known.at_gate.revoked_reason is not None:
        raise refusals_gate.revoked(ticket.serial, known.at_gate.revoked_reason)
    if own is not None and own.state in _UNSOLD:
        raise refusals_gate.not_sold(ticket.serial)


def _check_known(ticket: Presented, known: Known) -> None:
    """Raise ProblemError, amber, where nothing here proves that the ticket was sold."""
    if ticket.facts is not None and not ticket.proved:
        raise refusals_gate.key_unknown(ticket.facts.key_id, ticket.serial)
    own = known.own
    # A frozen serial may have been sold by a transaction that was lost: only its signature tells.
    is_known = own is not None and own.state != "frozen"
    if ticket.facts is None and not is_known and known.at_gate.last_fact is None:
        raise refusals_gate.serial_unknown(ticket.serial)


def _name_of_number(catalogue: Catalogue | None, event_no: int) -> str:
    events = catalogue.events if catalogue else ()
    names = (event.name for event in events if event.event_no == event_no)
    return next(names, "") or tr(
        "an event that this kiosk does not know (number {number})", number=event_no
    )


def _name_of_id(catalogue: Catalogue | None, event_id: str) -> str:
    events = catalogue.events if catalogue else ()
    return next((event.name for event in events if event.event_id == event_id), event_id)
