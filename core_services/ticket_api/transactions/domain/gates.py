"""Admissions and exits are facts: always recorded, and flagged where they contradict."""

from core_services.ticket_api.records import AdmissionRecord, SerialState
from core_services.ticket_api.transactions.domain.clocks import happened_at
from core_services.ticket_api.transactions.domain.decision import (
    AdmissionBecomes,
    Case,
    Settle,
    TellGates,
)
from kiosk_contracts.flags import Flag
from kiosk_contracts.gates import GateFact
from kiosk_contracts.ledger import GateConflict, GateSighting
from kiosk_contracts.payloads import AdmissionPayload, ExitPayload


def judge_admission(case: Case, payload: AdmissionPayload) -> Settle:
    """Record an admission; the first one heard of stands, another is a conflict."""
    if _is_elsewhere(case, payload):
        return _kept_apart()
    seen = _sighting(case, payload)
    before = case.known.admissions.get((payload.event_id, payload.serial))
    flags = _ticket_flags(case, payload)
    if before is not None and before.inside:
        conflict = GateConflict(
            event_id=payload.event_id, serial=payload.serial, first=before.last, second=seen
        )
        after = before.model_copy(update={"conflicts": (*before.conflicts, seen)})
        return Settle(
            flags=tuple(sorted({*flags, Flag.GATE_CONFLICT})),
            detail=_in_words(conflict),
            effects=((AdmissionBecomes(payload.event_id, payload.serial, after),),),
            conflict=conflict,
        )
    after = AdmissionRecord(
        first=before.first if before else seen,
        last=seen,
        inside=True,
        conflicts=before.conflicts if before else (),
    )
    return _recorded(case, payload, after, flags)


def judge_exit(case: Case, payload: ExitPayload) -> Settle:
    """Record that a ticket holder left."""
    if _is_elsewhere(case, payload):
        return _kept_apart()
    before = case.known.admissions.get((payload.event_id, payload.serial))
    flags = _ticket_flags(case, payload)
    if before is None:
        return _recorded(case, payload, None, {*flags, Flag.NOT_INSIDE})
    if not before.inside:
        flags.add(Flag.NOT_INSIDE)
    return _recorded(case, payload, before.model_copy(update={"inside": False}), flags)


def _is_elsewhere(case: Case, payload: AdmissionPayload | ExitPayload) -> bool:
    event, asker = case.known.events.get(payload.event_id), case.known.asker
    if event is None or event.venue_id == asker.venue_id:
        return False
    # A kiosk that was moved still sends what it did with its own tickets where it stood before.
    ticket = case.known.serials.get(payload.serial)
    return ticket is None or ticket.kiosk_id != asker.kiosk_id


def _kept_apart() -> Settle:
    """Record what a gate did at another venue's event; that venue's gates do not act on it."""
    return Settle(
        flags=(Flag.TICKET_WRONG_EVENT,), detail="the event is of another venue than the kiosk's"
    )


def _recorded(
    case: Case,
    payload: AdmissionPayload | ExitPayload,
    after: AdmissionRecord | None,
    flags: set[str],
) -> Settle:
    event = case.known.events.get(payload.event_id)
    entered = isinstance(payload, AdmissionPayload)
    tell = TellGates(
        event.venue_id if event else case.known.asker.venue_id,
        GateFact.ADMITTED if entered else GateFact.EXITED,
        payload.serial,
        payload.event_id,
        happened_at(payload.recorded),
        gate=payload.gate,
    )
    becomes = (AdmissionBecomes(payload.event_id, payload.serial, after),) if after else ()
    return Settle(flags=tuple(sorted(flags)), effects=((*becomes, tell),))


def _ticket_flags(case: Case, payload: AdmissionPayload | ExitPayload) -> set[str]:
    record = case.known.serials.get(payload.serial)
    if record is None:
        return {Flag.SERIAL_UNKNOWN}
    flags: set[str] = set()
    if record.event_id != payload.event_id:
        flags.add(Flag.TICKET_WRONG_EVENT)
    match record.state:
        case SerialState.VOIDED | SerialState.REFUNDED | SerialState.WRITTEN_OFF:
            flags.add(Flag.TICKET_REVOKED)
        case SerialState.RETURNED:
            flags.add(Flag.SERIAL_RETURNED)
        case SerialState.LEASED | SerialState.SOLD:
            # A leased serial's sale may come later, by another kiosk's line.
            pass
    return flags


def _sighting(case: Case, payload: AdmissionPayload) -> GateSighting:
    return GateSighting(
        txn_id=case.txn_id,
        kiosk_id=case.known.asker.kiosk_id,
        gate=payload.gate,
        at=happened_at(payload.recorded),
    )


def _in_words(conflict: GateConflict) -> str:
    first, second = conflict.first, conflict.second
    return (
        f"ticket {conflict.serial} was admitted at {_where(second)} "
        f"while it was inside since {_where(first)}; the admission at {first.gate} stands"
    )


def _where(seen: GateSighting) -> str:
    return f"{seen.gate} (kiosk {seen.kiosk_id}, {seen.at:%Y-%m-%d %H:%M:%S} UTC)"
