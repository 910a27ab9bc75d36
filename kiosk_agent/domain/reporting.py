"""What the kiosk says of itself: rows of lists, stock lines, warnings, all pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from kiosk_agent.domain.leases import LeaseState
from kiosk_agent.domain.quarantine import acts_for, advice_for, hint_of
from kiosk_agent.domain.records import AllotmentStock, Counts, JournalRow
from kiosk_agent.domain.room import RoomLimits, RoomState, in_megabytes, room_state
from kiosk_agent.domain.wording import sentences
from kiosk_contracts.catalogue import Catalogue, Event, EventState
from kiosk_contracts.kiosk_status import (
    JournalState,
    StatusWarning,
    StockLine,
    TransactionRow,
)
from kiosk_contracts.money import Money
from kiosk_contracts.transactions import Transaction
from kiosk_texts import mark, tr, trn

UNSENT: Final = (JournalState.QUEUED, JournalState.UPLOADING, JournalState.PARKED)

_CALL: Final = mark("It is tried again by itself. Tell a manager if it stays here.")


@dataclass(slots=True)
class TypeLeft:
    """What is left of one ticket type, by what its leases say."""

    live: int = 0
    held: int = 0
    ended: int = 0
    clock_behind: int = 0
    until: datetime | None = None
    """When the last of what is live stops selling; None if nothing is live."""


def left_by_type(
    stock: Iterable[AllotmentStock],
    states: Mapping[UUID, LeaseState],
    until: Mapping[UUID, datetime] = MappingProxyType({}),
) -> dict[tuple[str, str], TypeLeft]:
    """Add up allotments by (event_id, ticket_type_id); `until` says when live ones end."""
    left: dict[tuple[str, str], TypeLeft] = {}
    for part in stock:
        sums = left.setdefault((part.event_id, part.ticket_type_id), TypeLeft())
        sums.held += part.held
        match states.get(part.allotment_id, LeaseState.ENDED):
            case LeaseState.LIVE:
                sums.live += part.available
                if part.available and (ends := until.get(part.allotment_id)):
                    sums.until = max(ends, sums.until or ends)
            case LeaseState.ENDED:
                sums.ended += part.available
            case LeaseState.CLOCK_BEHIND:
                sums.clock_behind += part.available
    return left


def stock_lines(
    catalogue: Catalogue | None,
    left: Mapping[tuple[str, str], TypeLeft],
    frozen: Mapping[tuple[str, str], int],
) -> tuple[StockLine, ...]:
    """Return what may be sold now of every ticket type, in the order of the catalogue."""
    return tuple(
        StockLine(
            event_id=event.event_id,
            event_name=event.name,
            ticket_type_id=kind.ticket_type_id,
            ticket_type_name=kind.name,
            left=sums.live if sells(event) else 0,
            held=sums.held,
            frozen=frozen.get((event.event_id, kind.ticket_type_id), 0),
            sells_until=sums.until if sells(event) else None,
        )
        for event in (catalogue.events if catalogue else ())
        for kind in event.ticket_types
        for sums in [left.get((event.event_id, kind.ticket_type_id), TypeLeft())]
    )


def why_not_selling(event: Event, left: TypeLeft, *, offline: bool) -> str:
    """Return why a ticket type does not sell here, in words; empty if it does."""
    if not sells(event):
        return tr("cancelled") if event.state == EventState.CANCELLED else tr("not on sale")
    if left.live:
        return ""
    if left.clock_behind:
        return tr("the kiosk's clock is wrong")
    if left.ended:
        return tr("sales have closed here")
    if left.held:
        return tr("the last ones are in open carts")
    return tr("sold out here until the line is back") if offline else tr("sold out here")


def sells(event: Event) -> bool:
    """Say whether the event is on sale; a state only a newer peer knows sells nothing."""
    return event.state == EventState.ON_SALE


def warnings_of(
    counts: Counts,
    catalogue: Catalogue | None,
    left: Mapping[tuple[str, str], TypeLeft],
    *,
    enrolled: bool,
) -> list[StatusWarning]:
    """Return what a person should know now, most pressing first."""
    warnings = [
        *_transaction_warnings(counts),
        *_stock_warnings(catalogue, left),
    ]
    if not enrolled:
        warnings.append(
            StatusWarning(
                code="not_enrolled",
                text=tr("The fleet service has not told this kiosk who it is yet."),
                hint=tr("It needs the line once before it can sell."),
            )
        )
    elif not left:
        warnings.append(
            StatusWarning(
                code="nothing_leased",
                text=tr("This kiosk has no tickets to sell."),
                hint=tr("It asks for stock by itself when there is a line."),
            )
        )
    return warnings


def roster_warnings(members: int) -> list[StatusWarning]:
    """Return what to say of a roster of so many people."""
    if members:
        return []
    return [
        StatusWarning(
            code="roster_missing",
            text=tr("Nobody can sign in: this kiosk has no roster yet."),
            hint=tr("It comes with the line, once the venue has one."),
        )
    ]


def room_warnings(
    free_bytes: int, limits: RoomLimits, *, reserve_held: bool
) -> list[StatusWarning]:
    """Return what to say of the disk."""
    free = in_megabytes(free_bytes)
    match room_state(free_bytes, limits):
        case RoomState.PLENTY:
            return []
        case RoomState.LOW:
            text = tr(
                "The kiosk's disk fills up: {free} are free, and sales stop below {least}.",
                free=free,
                least=in_megabytes(limits.stop_bytes),
            )
            hint = tr("Nothing is lost. Tell the control room, to make room in time.")
            return [StatusWarning(code="storage_low", text=text, hint=hint)]
        case RoomState.STOP:
            text = tr("The kiosk's disk is nearly full: {free} are free. No new sales.", free=free)
            return [
                StatusWarning(
                    code="storage_full",
                    text=text if reserve_held else sentences(text, tr("Its reserve is in use.")),
                    hint=tr(
                        "Sales in payment, voids and gates go on. Call support to make room; "
                        "selling starts again by itself."
                    ),
                )
            ]


def transaction_row(
    row: JournalRow, *, voided: bool, decision: str = "", refunded: int = 0
) -> TransactionRow:
    """Return a transaction for lists, with why it is stuck and what to do."""
    payload = row.transaction.payload if isinstance(row.transaction, Transaction) else {}
    stuck = row.state in {JournalState.PARKED, JournalState.QUARANTINED}
    outcome = row.outcome
    advice = advice_for(outcome.code, row.kind) if stuck and outcome else None
    quarantined = row.state is JournalState.QUARANTINED
    return TransactionRow(
        txn_id=row.txn_id,
        sequence=row.sequence,
        kind=row.kind,
        state=row.state,
        receipt_number=row.receipt_number,
        recorded_at=row.recorded_at,
        cashier_id=str(payload.get("cashier_id", "")),
        total=_total(payload),
        tickets=_tickets(payload),
        voided=voided,
        attempts=row.attempts,
        reason=(outcome.detail or advice.words) if outcome and advice else "",
        hint=(hint_of(outcome) or (advice.hint if quarantined else tr(_CALL)))
        if outcome and advice
        else "",
        flags=outcome.flags if outcome else (),
        acts=acts_for(outcome.code, row.kind, voided=voided) if outcome and quarantined else (),
        handed_over=row.handed_over if quarantined else None,
        decision=decision,
        refunded=refunded,
    )


def _transaction_warnings(counts: Counts) -> list[StatusWarning]:
    by_state = counts.by_state
    warnings = []
    if quarantined := by_state.get(JournalState.QUARANTINED, 0):
        warnings.append(
            StatusWarning(
                code="quarantined",
                text=_quarantined(quarantined, counts.handed_over),
                hint=tr("Open Transactions (F4): each says why. A manager must act."),
            )
        )
    if parked := by_state.get(JournalState.PARKED, 0):
        warnings.append(
            StatusWarning(
                code="parked",
                text=trn(
                    "{count} transaction kept being refused and stands aside.",
                    "{count} transactions kept being refused and stand aside.",
                    parked,
                ),
                hint=tr("Nothing is lost; they are tried again by themselves."),
            )
        )
    return warnings


def _stock_warnings(
    catalogue: Catalogue | None, left: Mapping[tuple[str, str], TypeLeft]
) -> list[StatusWarning]:
    clock_behind = any(sums.clock_behind for sums in left.values())
    warnings = (
        [
            StatusWarning(
                code="clock_behind",
                text=tr("The kiosk's clock is behind its last recorded sale."),
                hint=tr(
                    "Ask a manager to confirm the time; until then some tickets cannot be sold."
                ),
            )
        ]
        if clock_behind
        else []
    )
    for event in catalogue.events if catalogue else ():
        for kind in event.ticket_types if sells(event) else ():
            sums = left.get((event.event_id, kind.ticket_type_id), TypeLeft())
            what = f"{event.name}, {kind.name}"
            if sums.ended and not sums.live:
                text = tr(
                    "{what}: sales have closed here, {count} unsold.", what=what, count=sums.ended
                )
                warnings.append(StatusWarning(code="lease_ended", text=text))
            elif 0 < sums.live < event.stock_rule.top_up_below:
                text = tr("{what}: only {count} left to sell here.", what=what, count=sums.live)
                warnings.append(StatusWarning(code="stock_low", text=text))
    return warnings


def _quarantined(count: int, handed_over: int) -> str:
    if not handed_over:
        return trn(
            "{count} transaction could not be settled.",
            "{count} transactions could not be settled.",
            count,
        )
    return trn(
        "{count} transaction could not be settled, {handed_over} handed over.",
        "{count} transactions could not be settled, {handed_over} handed over.",
        count,
        handed_over=handed_over,
    )


def _total(payload: Mapping[str, Any]) -> Money | None:
    try:
        return Money.model_validate(payload.get("total", payload.get("amount")))
    except ValidationError:
        return None


def _tickets(payload: Mapping[str, Any]) -> int:
    """Count what is there; a damaged payload, or a newer peer's, must not break a list."""
    match payload:
        case {"lines": [*lines]}:
            return sum(_tickets(line) for line in lines)
        case {"serials": [*serials]}:
            return len(serials)
        case {"serial": str()}:
            return 1
        case _:
            return 0
