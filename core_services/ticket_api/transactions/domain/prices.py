"""Whether a sale's prices are what its price lists give. It settles either way; this only flags.

The kiosk decides which tickets a rule takes. Here is checked what it says: each concession, each
set of a rule by its size and its sum, and that no set was left out which the same rule would have
made cheaper. The list price of a ticket is the one that came with its lease.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core_services.ticket_api.transactions.domain.decision import Case
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import SalePayload
from kiosk_contracts.price_terms import (
    AmountOff,
    FixedPrice,
    PercentOff,
    PriceRule,
    Terms,
    reduced,
)


@dataclass(frozen=True, slots=True)
class _Ticket:
    """A ticket of a sale: what it was granted as, and what was paid by what."""

    type_id: str
    list_price: Money
    paid: Money
    concession_id: str
    rule_id: str


def is_priced_right(case: Case, payload: SalePayload) -> bool:
    """Say whether every price follows from list prices, concessions and rules.

    By the price list that each line names; an unknown one has neither concessions nor rules.
    """
    groups: dict[tuple[str, int | None], list[_Ticket]] = {}
    for line in payload.lines:
        for serial in line.serials:
            granted = case.known.serials[serial]
            ticket = _Ticket(
                granted.ticket_type_id,
                granted.unit_price,
                line.unit_price,
                line.concession_id,
                line.rule_id,
            )
            groups.setdefault((line.event_id, line.rules_version), []).append(ticket)
    return all(
        _is_right(tickets, _terms(case, event_id, version))
        for (event_id, version), tickets in groups.items()
    )


def _terms(case: Case, event_id: str, version: int | None) -> Terms:
    price_list = None if version is None else case.known.price_lists.get((event_id, version))
    return Terms() if price_list is None else price_list.terms()


def _is_right(tickets: Sequence[_Ticket], terms: Terms) -> bool:
    by_rule: dict[str, list[_Ticket]] = {}
    plain: list[_Ticket] = []
    for ticket in tickets:
        if ticket.rule_id:
            by_rule.setdefault(ticket.rule_id, []).append(ticket)
        elif not ticket.concession_id:
            plain.append(ticket)
        if not ticket.rule_id and ticket.paid != _by_concession(ticket, terms):
            return False
        if ticket.rule_id and ticket.concession_id:
            return False
    rules = {rule.rule_id: rule for rule in terms.rules}
    if not by_rule.keys() <= rules.keys():
        return False
    return all(
        _is_rule_right(rule, by_rule.get(rule_id, ()), plain) for rule_id, rule in rules.items()
    )


def _by_concession(ticket: _Ticket, terms: Terms) -> Money | None:
    """Return what a ticket that is in no rule costs; None if its concession is none of its type."""
    if not ticket.concession_id:
        return ticket.list_price
    concession = terms.concession(ticket.concession_id, ticket.type_id)
    return None if concession is None else reduced(ticket.list_price, concession.reduction)


def _is_rule_right(rule: PriceRule, taken: Sequence[_Ticket], plain: Sequence[_Ticket]) -> bool:
    sets = _sets(rule, taken)
    if sets is None or (rule.at_most is not None and sets > rule.at_most):
        return False
    if any(ticket.paid.currency != ticket.list_price.currency for ticket in taken):
        return False
    if any(not 0 <= ticket.paid.amount <= ticket.list_price.amount for ticket in taken):
        return False
    match rule.reduction:
        case FixedPrice(amount=amount):
            if sum(ticket.paid.amount for ticket in taken) != amount.amount * sets:
                return False
        case PercentOff() | AmountOff():
            if any(one.paid != reduced(one.list_price, rule.reduction) for one in taken):
                return False
    used_up = rule.at_most is not None and sets == rule.at_most
    return used_up or not _would_save(rule, plain)


def _sets(rule: PriceRule, taken: Sequence[_Ticket]) -> int | None:
    """Return how many whole sets these tickets are; None if they are not."""
    counts = Counter(ticket.type_id for ticket in taken)
    if not rule.types() >= counts.keys():
        return None
    in_parts = [
        (sum(counts[one] for one in part.ticket_type_ids), part.quantity) for part in rule.parts
    ]
    if rule.or_more:
        enough = all(count >= quantity for count, quantity in in_parts)
        return 0 if not taken else 1 if enough else None
    sets = {divmod(count, quantity) for count, quantity in in_parts}
    (whole, rest), *others = sets
    return whole if not rest and not others else None


def _would_save(rule: PriceRule, plain: Sequence[_Ticket]) -> bool:
    """Say whether the dearest set of what is left would cost less by the rule."""
    left = [_dearest(plain, part.ticket_type_ids) for part in rule.parts]
    if any(len(prices) < part.quantity for prices, part in zip(left, rule.parts, strict=True)):
        return False
    one_set = [
        price
        for prices, part in zip(left, rule.parts, strict=True)
        for price in (prices if rule.or_more else prices[: part.quantity])
    ]
    before = sum(price.amount for price in one_set)
    return _cost(rule, one_set) < before


def _cost(rule: PriceRule, prices: Iterable[Money]) -> Decimal:
    if isinstance(rule.reduction, FixedPrice):
        return rule.reduction.amount.amount
    return sum((reduced(one, rule.reduction).amount for one in prices), Decimal(0))


def _dearest(tickets: Sequence[_Ticket], types: Sequence[str]) -> list[Money]:
    prices: Iterator[Money] = (one.list_price for one in tickets if one.type_id in types)
    return sorted(prices, key=lambda price: -price.amount)
