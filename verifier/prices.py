"""What the tickets of a sale must cost, worked out anew from the price lists that were published.

Whole numbers of the currency's minor unit throughout, in the words of `docs/prices.md`: first the
concessions, which were chosen, then the rules in the order of the list, each as often as it finds a
set that it makes cheaper, the dearest tickets first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.canonical import FormatError, read_money
from verifier.evidence import Json, PriceLists

Cost = tuple[str, str, str, int]
"""Ticket type, concession, rule, and what was to be paid."""


@dataclass(frozen=True, slots=True)
class _Seat:
    """A ticket that no concession reduced, at its list price."""

    kind: str
    listed: int


def costs_as_sold(payload: Json) -> Counter[Cost]:
    """Return what each ticket of a sale cost by the sale itself."""
    sold: Counter[Cost] = Counter()
    for line in payload["lines"]:
        cost = _cost(line, units(line["unit_price"]))
        sold[cost] += len(line["serials"])
    return sold


def costs_by_lists(payload: Json, lists: PriceLists) -> Counter[Cost]:
    """Return what each ticket of a sale must cost. LookupError if a price list is not there."""
    due: Counter[Cost] = Counter()
    seats: dict[tuple[str, Any], list[_Seat]] = {}
    for line in payload["lines"]:
        event_id, kind = str(line["event_id"]), str(line["ticket_type_id"])
        listed = units(lists[event_id, line["price_list_version"]]["prices"][kind])
        version, concession = line.get("rules_version"), line.get("concession_id") or ""
        if concession:
            term = _one_of(lists[event_id, version]["concessions"], "concession_id", concession)
            if kind not in term["ticket_type_ids"]:
                raise LookupError(f"{concession} is not for {kind}")
            price = _lower(listed, term["reduction"])
            due[kind, concession, "", price] += len(line["serials"])
        else:
            beside = seats.setdefault((event_id, version), [])
            beside += [_Seat(kind, listed)] * len(line["serials"])
    for (event_id, version), of_event in seats.items():
        rules = lists[event_id, version].get("rules", []) if version is not None else []
        due += _by_rules(of_event, rules)
    return due


def units(money: Any) -> int:
    """Return an amount in minor units."""
    amount, _ = read_money(money)
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        raise FormatError(f"{money!r} is not an amount of money")
    return int(amount.scaleb(-exponent))


def _cost(line: Json, price: int) -> Cost:
    return (
        str(line["ticket_type_id"]),
        str(line.get("concession_id") or ""),
        str(line.get("rule_id") or ""),
        price,
    )


def _one_of(terms: Sequence[Json], name: str, wanted: str) -> Json:
    for term in terms:
        if term[name] == wanted:
            return term
    raise LookupError(f"there is no {wanted}")


def _lower(price: int, reduction: Json) -> int:
    match reduction["kind"]:
        case "percent_off":
            # Half a unit is rounded up: twice the exact price and one, halved and rounded down.
            hundredths = 100 - int(reduction["percent"])
            return (2 * price * hundredths + 100) // 200
        case "amount_off":
            return max(0, price - units(reduction["amount"]))
        case "fixed_price":
            return min(price, units(reduction["amount"]))
        case other:
            raise LookupError(f"{other!r} is no reduction")


def _by_rules(seats: Sequence[_Seat], rules: Sequence[Json]) -> Counter[Cost]:
    due: Counter[Cost] = Counter()
    left = sorted(seats, key=lambda seat: (-seat.listed, seat.kind))
    for rule in rules:
        most = rule.get("at_most")
        times = 0
        while (chosen := _set_of(rule, left)) and (most is None or times < most):
            prices = _set_prices(rule, chosen)
            if sum(prices) >= sum(seat.listed for seat in chosen):
                break
            for seat, price in zip(chosen, prices, strict=True):
                due[seat.kind, "", rule["rule_id"], price] += 1
                left.remove(seat)
            times += 1
    for seat in left:
        due[seat.kind, "", "", seat.listed] += 1
    return due


def _set_of(rule: Json, seats: Sequence[_Seat]) -> list[_Seat]:
    """Return the dearest set that there is, part after part; none if a part lacks tickets."""
    chosen: list[_Seat] = []
    for part in rule["parts"]:
        fitting = [seat for seat in seats if seat.kind in part["ticket_type_ids"]]
        if len(fitting) < part["quantity"]:
            return []
        chosen += fitting if rule.get("or_more") else fitting[: part["quantity"]]
    return chosen


def _set_prices(rule: Json, seats: Sequence[_Seat]) -> list[int]:
    reduction: Mapping[str, Any] = rule["reduction"]
    if reduction["kind"] != "fixed_price":
        return [_lower(seat.listed, dict(reduction)) for seat in seats]
    whole, together = units(reduction["amount"]), sum(seat.listed for seat in seats)
    if not together:
        return [0] * len(seats)
    prices = [whole * seat.listed // together for seat in seats]
    rests = [whole * seat.listed % together for seat in seats]
    for place in sorted(range(len(seats)), key=lambda at: (-rests[at], at))[: whole - sum(prices)]:
        prices[place] += 1
    return prices
