"""Sales: a serial leased to the journal always settles; what is off is flagged."""

from collections import Counter

from core_services.ticket_api.records import SerialRecord, SerialState
from core_services.ticket_api.transactions.domain.amounts import adds_up
from core_services.ticket_api.transactions.domain.clocks import happened_at
from core_services.ticket_api.transactions.domain.decision import (
    Case,
    Effect,
    HeldByKiosk,
    PlacesTaken,
    Refuse,
    SerialBecomes,
    Settle,
    Takings,
)
from core_services.ticket_api.transactions.domain.prices import is_priced_right
from core_services.ticket_api.transactions.domain.serials import listed, refuse_foreign
from kiosk_contracts.catalogue import EventState
from kiosk_contracts.flags import Flag
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import SaleLine, SalePayload
from kiosk_contracts.problem import ProblemCode


def judge_sale(case: Case, payload: SalePayload) -> Settle | Refuse:
    """Judge a sale."""
    serials = payload.serials()
    refusal = refuse_foreign(case, serials) or _refuse_sold(case, serials)
    if refusal is not None:
        return refusal
    groups = [
        group
        for line in payload.lines
        for serial in line.serials
        if (group := _effects(case, line, serial))
    ]
    flags = {
        *_money_flags(case, payload),
        *_state_flags(case, payload),
        *_time_flags(case, payload),
        *_buyer_flags(case, payload),
    }
    return Settle(flags=tuple(sorted(flags)), effects=tuple(groups))


def _refuse_sold(case: Case, serials: tuple[str, ...]) -> Refuse | None:
    if len(set(serials)) < len(serials):
        twice = [serial for serial, count in Counter(serials).items() if count > 1]
        return _sold(f"the sale lists {listed(twice)} more than once")
    sold = [
        serial for serial in serials if case.known.serials[serial].txn_id not in (None, case.txn_id)
    ]
    if sold:
        return _sold(f"{listed(sold)} was sold by another transaction of this kiosk")
    return None


def _sold(detail: str) -> Refuse:
    return Refuse(
        ProblemCode.SERIAL_ALREADY_SOLD,
        detail,
        "Compare the receipts of both sales; void the one that the customer did not keep.",
    )


def _effects(case: Case, line: SaleLine, serial: str) -> tuple[Effect, ...]:
    before = case.known.serials[serial]
    if before.txn_id == case.txn_id:
        return ()
    paid = _counted(line, before)
    after = before.model_copy(
        update={"state": SerialState.SOLD, "txn_id": case.txn_id, "sold_price": paid}
    )
    sold = Takings(case.journal_id, before.event_id, before.ticket_type_id, paid, sold=1)
    effects: tuple[Effect, ...] = (SerialBecomes(serial, after), sold)
    kind = (before.event_id, before.ticket_type_id)
    if before.state is SerialState.LEASED:
        return (*effects, HeldByKiosk(before.kiosk_id, before.journal_id, *kind, -1))
    # Its place was given back already, and is taken again by this sale.
    return (*effects, PlacesTaken(*kind, 1))


def _counted(line: SaleLine, granted: SerialRecord) -> Money:
    same_currency = line.unit_price.currency == granted.unit_price.currency
    return line.unit_price if same_currency else granted.unit_price


def _money_flags(case: Case, payload: SalePayload) -> set[str]:
    flags: set[str] = set()
    for line in payload.lines:
        for serial in line.serials:
            granted = case.known.serials[serial]
            if line.price_list_version != granted.price_list_version:
                flags.add(Flag.PRICE_DIFFERS)
            if (line.event_id, line.ticket_type_id) != (granted.event_id, granted.ticket_type_id):
                flags.add(Flag.TYPE_DIFFERS)
    if not is_priced_right(case, payload):
        flags.add(Flag.PRICE_DIFFERS)
    prices = [line.unit_price for line in payload.lines for _ in line.serials]
    if not adds_up(prices, payload.total):
        flags.add(Flag.TOTAL_DIFFERS)
    if not adds_up([line.amount for line in payload.tender], payload.total):
        flags.add(Flag.TENDER_DIFFERS)
    return flags


def _state_flags(case: Case, payload: SalePayload) -> set[str]:
    flags: set[str] = set()
    regained: Counter[tuple[str, str]] = Counter()
    for serial in payload.serials():
        before = case.known.serials[serial]
        match before.state:
            case SerialState.WRITTEN_OFF:
                flags.add(Flag.SERIAL_WRITTEN_OFF)
            case SerialState.RETURNED:
                flags.add(Flag.SERIAL_RETURNED)
            case SerialState.VOIDED if before.txn_id is None:
                flags.add(Flag.SERIAL_VOIDED)
            case SerialState.LEASED | SerialState.SOLD:
                continue
            case SerialState.VOIDED | SerialState.REFUNDED:
                continue
        regained[before.event_id, before.ticket_type_id] += 1
    for kind, count in regained.items():
        inventory = case.known.inventories.get(kind)
        if inventory is not None and inventory.taken + count > inventory.capacity:
            flags.add(Flag.OVER_CAPACITY)
    return flags


def _time_flags(case: Case, payload: SalePayload) -> set[str]:
    flags: set[str] = set()
    sold_at = happened_at(payload.recorded)
    rules = case.known.rules
    for serial in payload.serials():
        granted = case.known.serials[serial]
        event = case.known.events.get(granted.event_id)
        if granted.granted_at - sold_at > rules.clock_tolerance:
            flags.add(Flag.CLOCK_BEHIND)
        if event is not None and sold_at - event.sales_close_at > rules.lease_margin:
            flags.add(Flag.SOLD_AFTER_CLOSE)
        if event is not None and event.state == EventState.CANCELLED:
            flags.add(Flag.EVENT_CANCELLED)
    return flags


def _buyer_flags(case: Case, payload: SalePayload) -> set[str]:
    personal = case.transaction.personal
    if personal is not None and not personal.matches(case.txn_id, payload.personal_hash):
        return {Flag.PERSONAL_DIFFERS}
    return set()
