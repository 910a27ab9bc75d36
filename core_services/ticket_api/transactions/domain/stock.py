"""Returns of stock: the kiosk removed the serials from its stock; their places are free."""

from core_services.ticket_api.records import SerialState
from core_services.ticket_api.transactions.domain.decision import (
    Case,
    Effect,
    HeldByKiosk,
    PlacesTaken,
    Refuse,
    SerialBecomes,
    Settle,
)
from core_services.ticket_api.transactions.domain.serials import listed, refuse_foreign
from kiosk_contracts.flags import Flag
from kiosk_contracts.payloads import ReturnOfStockPayload
from kiosk_contracts.problem import ProblemCode


def judge_return(case: Case, payload: ReturnOfStockPayload) -> Settle | Refuse:
    """Judge a return of stock; a serial that was sold can't be in stock."""
    serials = tuple(dict.fromkeys(payload.serials))
    refusal = refuse_foreign(case, serials)
    if refusal is not None:
        return refusal
    known = case.known.serials
    sold = [serial for serial in serials if known[serial].txn_id is not None]
    if sold:
        return Refuse(
            ProblemCode.SERIAL_ALREADY_SOLD,
            f"{listed(sold)} was sold, so it can't be returned unsold",
            "Ask the operators to compare this kiosk's journal with its ticket stock.",
        )
    groups = [group for serial in serials if (group := _effects(case, serial))]
    return Settle(flags=tuple(sorted(_flags(case, payload))), effects=tuple(groups))


def _effects(case: Case, serial: str) -> tuple[Effect, ...]:
    before = case.known.serials[serial]
    if before.state is not SerialState.LEASED:
        # Its place was given back already.
        return ()
    after = before.model_copy(update={"state": SerialState.RETURNED, "closed_by": case.txn_id})
    kind = (before.event_id, before.ticket_type_id)
    return (
        SerialBecomes(serial, after),
        PlacesTaken(*kind, -1),
        HeldByKiosk(before.kiosk_id, before.journal_id, *kind, -1),
    )


def _flags(case: Case, payload: ReturnOfStockPayload) -> set[str]:
    flags: set[str] = set()
    for serial in payload.serials:
        record = case.known.serials[serial]
        if (record.event_id, record.ticket_type_id) != (payload.event_id, payload.ticket_type_id):
            flags.add(Flag.TYPE_DIFFERS)
        if record.closed_by == case.txn_id:
            continue
        if record.state is SerialState.WRITTEN_OFF:
            flags.add(Flag.SERIAL_WRITTEN_OFF)
        if record.state is SerialState.RETURNED:
            flags.add(Flag.SERIAL_RETURNED)
    return flags
