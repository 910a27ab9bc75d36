"""Voids of quarantined sales: the sale never counts, and what it held of the journal's is freed."""

from core_services.ticket_api.records import SerialState, TransactionRecord, TransactionStatus
from core_services.ticket_api.transactions.domain.clocks import happened_at
from core_services.ticket_api.transactions.domain.decision import (
    Case,
    Effect,
    HeldByKiosk,
    PlacesTaken,
    SaleNeverCounts,
    SerialBecomes,
    Settle,
    TellGates,
)
from kiosk_contracts.flags import Flag
from kiosk_contracts.gates import GateFact
from kiosk_contracts.payloads import TransactionKind, VoidPayload


def never_counts(case: Case, sale: TransactionRecord) -> bool:
    """Say whether this void is one of a sale that has not settled, or was found so before.

    A void that changes much is written in steps; started over, it finds its sale struck already.
    """
    if sale.voided_by is not None:
        return sale.voided_by == case.txn_id
    return sale.kind == TransactionKind.SALE and sale.status is TransactionStatus.QUARANTINED


def judge_void_of_quarantined(case: Case, payload: VoidPayload) -> Settle:
    """Settle it: no money is counted, for none was; serials that are not this journal's stay."""
    strike = SaleNeverCounts(payload.sale_txn_id, case.txn_id)
    groups = [
        group
        for serial in dict.fromkeys(payload.serials)
        if (group := _effects(case, payload, serial))
    ]
    flags = {Flag.SALE_NEVER_COUNTED, *_used(case, payload)}
    return Settle(flags=tuple(sorted(flags)), effects=((strike,), *groups))


def _effects(case: Case, payload: VoidPayload, serial: str) -> tuple[Effect, ...]:
    before = case.known.serials.get(serial)
    if before is None or before.journal_id != case.journal_id:
        return ()
    if before.state is not SerialState.LEASED:
        return ()
    event = case.known.events.get(before.event_id)
    kind = (before.event_id, before.ticket_type_id)
    after = before.model_copy(update={"state": SerialState.VOIDED, "closed_by": case.txn_id})
    return (
        SerialBecomes(serial, after),
        PlacesTaken(*kind, -1),
        HeldByKiosk(before.kiosk_id, before.journal_id, *kind, -1),
        TellGates(
            event.venue_id if event else case.known.asker.venue_id,
            GateFact.REVOKED,
            serial,
            before.event_id,
            happened_at(payload.recorded),
            reason=SerialState.VOIDED.value,
        ),
    )


def _used(case: Case, payload: VoidPayload) -> set[str]:
    known = case.known
    keys = [
        (record.event_id, serial)
        for serial in payload.serials
        if (record := known.serials.get(serial)) is not None
    ]
    return {Flag.TICKET_ALREADY_USED} if any(key in known.admissions for key in keys) else set()
