"""Voids and refunds: a serial is given back once, by one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from core_services.ticket_api.records import (
    SerialState,
    TransactionRecord,
    TransactionStatus,
)
from core_services.ticket_api.transactions.domain.amounts import adds_up
from core_services.ticket_api.transactions.domain.clocks import happened_at
from core_services.ticket_api.transactions.domain.decision import (
    Case,
    Effect,
    Later,
    PlacesTaken,
    Refuse,
    SerialBecomes,
    Settle,
    Takings,
    TellGates,
)
from core_services.ticket_api.transactions.domain.serials import listed
from core_services.ticket_api.transactions.domain.striking import (
    judge_void_of_quarantined,
    never_counts,
)
from kiosk_contracts.catalogue import EventState
from kiosk_contracts.flags import Flag
from kiosk_contracts.gates import GateFact
from kiosk_contracts.payloads import RefundPayload, TransactionKind, VoidPayload
from kiosk_contracts.problem import ProblemCode

_ASK_AGAIN_S = 15


@dataclass(frozen=True, slots=True)
class _Undoing:
    """A void or refund, where they are alike."""

    case: Case
    payload: VoidPayload | RefundPayload
    state: SerialState

    @property
    def serials(self) -> Sequence[str]:
        return list(dict.fromkeys(self.payload.serials))


def judge_void(case: Case, payload: VoidPayload) -> Settle | Refuse | Later:
    """Judge a void; only the kiosk that sold may void, from whichever of its journals."""
    sale = case.known.sale
    if sale is not None and sale.kiosk_id != case.known.asker.kiosk_id:
        return _not_ours("the sale was made at another kiosk, and only that one may void it")
    if sale is not None and never_counts(case, sale):
        return judge_void_of_quarantined(case, payload)
    sale_or_not = _sale_of(case, payload)
    if not isinstance(sale_or_not, TransactionRecord):
        return sale_or_not
    return _judge(_Undoing(case, payload, SerialState.VOIDED))


def judge_refund(case: Case, payload: RefundPayload) -> Settle | Refuse | Later:
    """Judge a refund; any kiosk of the event's venue may make it, once, all or nothing."""
    sale = _sale_of(case, payload)
    if not isinstance(sale, TransactionRecord):
        return sale
    venue = case.known.asker.venue_id
    records = [case.known.serials.get(serial) for serial in payload.serials]
    events = [case.known.events.get(record.event_id) for record in records if record]
    if any(event is not None and event.venue_id != venue for event in events):
        return _not_ours("the sale was for an event of another venue")
    undoing = _Undoing(case, payload, SerialState.REFUNDED)
    judged = _judge(undoing)
    # Whoever gave a ticket back twice, or never bought it, hears of that first.
    return judged if isinstance(judged, Refuse) else _used(undoing) or judged


def _used(undoing: _Undoing) -> Refuse | None:
    """Refuse a refund of a ticket that somebody went in with, unless its event was cancelled."""
    known = undoing.case.known
    for serial in undoing.serials:
        record = known.serials[serial]
        used = known.admissions.get((record.event_id, serial))
        event = known.events.get(record.event_id)
        cancelled = event is not None and event.state == EventState.CANCELLED
        if used is None or cancelled or record.closed_by == undoing.case.txn_id:
            continue
        at = used.last.at.astimezone(UTC)
        return Refuse(
            ProblemCode.TICKET_ALREADY_USED,
            f"{serial} was used at {used.last.gate} on {at:%Y-%m-%d} at {at:%H:%M} UTC",
            "Give no money back: somebody went in with this ticket.",
        )
    return None


def _sale_of(
    case: Case, payload: VoidPayload | RefundPayload
) -> TransactionRecord | Later | Refuse:
    sale = case.known.sale
    if sale is not None and sale.voided_by is not None:
        return Refuse(
            ProblemCode.SALE_ALREADY_VOIDED,
            f"its sale {payload.sale_txn_id} was voided before it could settle",
            "The money may have been given back twice: count the drawer and tell the operators.",
        )
    if sale is None or sale.status is not TransactionStatus.SETTLED:
        why = "has not arrived" if sale is None else "is quarantined"
        return Later(
            ProblemCode.SALE_NOT_KNOWN_YET,
            f"its sale {payload.sale_txn_id} {why}",
            "It settles by itself once the sale has settled.",
            _ASK_AGAIN_S,
        )
    if sale.kind != TransactionKind.SALE:
        return Refuse(
            ProblemCode.TXN_UNKNOWN,
            f"transaction {payload.sale_txn_id} is no sale",
            "Hand the receipt to the operators.",
        )
    return sale


def _judge(undoing: _Undoing) -> Settle | Refuse:
    refusal = _refuse(undoing)
    if refusal is not None:
        return refusal
    groups = [group for serial in undoing.serials if (group := _effects(undoing, serial))]
    return Settle(
        flags=tuple(sorted(_flags(undoing))),
        effects=tuple(groups),
        all_together=undoing.state is SerialState.REFUNDED,
    )


def _refuse(undoing: _Undoing) -> Refuse | None:
    known = undoing.case.known.serials
    sold = {serial for serial in undoing.serials if _was_sold(undoing, serial)}
    others = [serial for serial in undoing.serials if serial not in sold]
    if others or not undoing.serials:
        return Refuse(
            ProblemCode.SERIAL_NOT_IN_SALE,
            f"{listed(others) or 'no ticket'} is not part of that sale",
            "Compare the receipt with the tickets.",
        )
    for serial in undoing.serials:
        record = known[serial]
        if record.closed_by == undoing.case.txn_id:
            continue
        if record.state is SerialState.VOIDED:
            return _given_back(undoing, ProblemCode.SALE_ALREADY_VOIDED, serial, "voided")
        if record.state is SerialState.REFUNDED:
            return _given_back(undoing, ProblemCode.SALE_ALREADY_REFUNDED, serial, "refunded")
    return None


def _was_sold(undoing: _Undoing, serial: str) -> bool:
    record = undoing.case.known.serials.get(serial)
    return record is not None and record.txn_id == undoing.payload.sale_txn_id


def _given_back(undoing: _Undoing, code: ProblemCode, serial: str, how: str) -> Refuse:
    if undoing.state is SerialState.REFUNDED:
        hint = "Give no money back for it: that was done before."
    else:
        hint = "The money may have been given back twice: count the drawer and tell the operators."
    return Refuse(code, f"{serial} was {how} before", hint)


def _not_ours(detail: str) -> Refuse:
    return Refuse(ProblemCode.SALE_NOT_OURS, detail, "Hand the receipt to the operators.")


def _effects(undoing: _Undoing, serial: str) -> tuple[Effect, ...]:
    case = undoing.case
    before = case.known.serials[serial]
    if before.closed_by == case.txn_id:
        return ()
    paid = before.sold_price or before.unit_price
    event = case.known.events.get(before.event_id)
    voided = undoing.state is SerialState.VOIDED
    after = before.model_copy(update={"state": undoing.state, "closed_by": case.txn_id})
    return (
        SerialBecomes(serial, after),
        PlacesTaken(before.event_id, before.ticket_type_id, -1),
        Takings(
            case.journal_id,
            before.event_id,
            before.ticket_type_id,
            paid * -1,
            voided=int(voided),
            refunded=int(not voided),
        ),
        TellGates(
            event.venue_id if event else case.known.asker.venue_id,
            GateFact.REVOKED,
            serial,
            before.event_id,
            happened_at(undoing.payload.recorded),
            reason=undoing.state.value,
        ),
    )


def _flags(undoing: _Undoing) -> set[str]:
    known = undoing.case.known
    records = [(serial, known.serials[serial]) for serial in undoing.serials]
    flags: set[str] = set()
    paid = [record.sold_price or record.unit_price for _, record in records]
    if not adds_up(paid, undoing.payload.total):
        flags.add(Flag.TOTAL_DIFFERS)
    if not adds_up([line.amount for line in undoing.payload.tender], undoing.payload.total):
        flags.add(Flag.TENDER_DIFFERS)
    if any((record.event_id, serial) in known.admissions for serial, record in records):
        flags.add(Flag.TICKET_ALREADY_USED)
    return flags
