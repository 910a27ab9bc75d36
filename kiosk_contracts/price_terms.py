"""Concessions and price rules of a price list: what they say, and which of them hold.

A price list travels with each of them as it was written. One that nobody can use, whether faulty
or of a newer peer's kind, must not keep the rest of the catalogue from a kiosk: `terms_of` sorts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import Field, JsonValue, ValidationError, model_validator

from kiosk_contracts.ids import ConcessionId, PriceRuleId, TicketTypeId
from kiosk_contracts.money import Money
from kiosk_contracts.plain_text import is_plain_text
from kiosk_contracts.text import PlainName, PlainText
from kiosk_contracts.wire import WireModel

MAX_TERMS: Final = 20
"""Concessions of a price list, and rules: more than a cashier can choose from, or remember."""
_LONGEST_FAULT: Final = 300
MAX_TICKETS_BY_RULE: Final = 40
"""As many as one sale has: a rule for more would never apply."""


class PercentOff(WireModel):
    """So many hundredths off each ticket."""

    kind: Literal["percent_off"] = "percent_off"
    percent: Annotated[int, Field(strict=True, ge=1, le=100)]


class AmountOff(WireModel):
    """So much off each ticket."""

    kind: Literal["amount_off"] = "amount_off"
    amount: Money


class FixedPrice(WireModel):
    """A price in place of the list's: of the ticket, or by a rule of the set as a whole."""

    kind: Literal["fixed_price"] = "fixed_price"
    amount: Money


Reduction = Annotated[PercentOff | AmountOff | FixedPrice, Field(discriminator="kind")]


class Concession(WireModel):
    """A named reduced price that a cashier chooses, e.g. `Student`."""

    concession_id: ConcessionId
    name: PlainName
    ticket_type_ids: Annotated[tuple[TicketTypeId, ...], Field(min_length=1)]
    proof: PlainText = ""
    """What to ask for, e.g. `a student card`; empty: nothing."""
    reduction: Reduction


class RulePart(WireModel):
    """So many tickets of any of these types."""

    ticket_type_ids: Annotated[tuple[TicketTypeId, ...], Field(min_length=1)]
    quantity: Annotated[int, Field(strict=True, ge=1, le=MAX_TICKETS_BY_RULE)]


class PriceRule(WireModel):
    """What a set of tickets costs less, applied by itself: `2 adults and 2 children`, `from 10`."""

    rule_id: PriceRuleId
    name: PlainName
    parts: Annotated[tuple[RulePart, ...], Field(min_length=1)]
    """Together they are one set; a type stands in one of them."""
    or_more: bool = False
    """Whether all further tickets of these types join the set."""
    at_most: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Sets in one sale; None: as many as there are."""
    reduction: Reduction

    @model_validator(mode="after")
    def _is_one_set(self) -> Self:
        types = [one for part in self.parts for one in part.ticket_type_ids]
        if len(set(types)) < len(types):
            msg = "a ticket type stands twice in it"
            raise ValueError(msg)
        if sum(part.quantity for part in self.parts) > MAX_TICKETS_BY_RULE:
            msg = f"it needs more tickets than the {MAX_TICKETS_BY_RULE} that a sale may have"
            raise ValueError(msg)
        if self.or_more and isinstance(self.reduction, FixedPrice):
            msg = "a fixed price is of a set of a fixed size: it cannot be with or_more"
            raise ValueError(msg)
        return self

    def types(self) -> frozenset[str]:
        """Return the ticket types that take part."""
        return frozenset(one for part in self.parts for one in part.ticket_type_ids)


@dataclass(frozen=True, slots=True)
class Terms:
    """The concessions and rules of a price list that can be used, and why the others can't."""

    concessions: tuple[Concession, ...] = ()
    rules: tuple[PriceRule, ...] = ()
    """In the order in which they apply."""
    faults: tuple[str, ...] = ()
    """One for each that can't be used, e.g. `concession student: …`."""

    def concession(self, concession_id: str, ticket_type_id: str) -> Concession | None:
        """Return a concession if there is one of that id for that type."""
        for one in self.concessions:
            if one.concession_id == concession_id and ticket_type_id in one.ticket_type_ids:
                return one
        return None


def reduced(price: Money, reduction: Reduction) -> Money:
    """Return what one ticket costs: rounded half up to the minor unit, from 0 to `price`.

    A fixed price is that of the ticket.
    """
    match reduction:
        case PercentOff():
            lower = price.percent(100 - reduction.percent)
        case AmountOff():
            lower = price - reduction.amount
        case FixedPrice():
            lower = reduction.amount
    nothing = Money.zero(price.currency)
    return max(nothing, min(price, lower, key=_amount), key=_amount)


def read_terms(
    concessions: Sequence[Concession | JsonValue],
    rules: Sequence[PriceRule | JsonValue],
    prices: Mapping[str, Money],
) -> Terms:
    """Sort what a price list says by whether it can be used at these prices."""
    good, bad = _sorted("concession", "concession_id", Concession, concessions, prices)
    rules_good, rules_bad = _sorted("price rule", "rule_id", PriceRule, rules, prices)
    return Terms(tuple(good), tuple(rules_good), (*bad, *rules_bad))


_Term = TypeVar("_Term", Concession, PriceRule)


def _sorted(
    word: str,
    id_field: str,
    model: type[_Term],
    written: Sequence[object],
    prices: Mapping[str, Money],
) -> tuple[list[_Term], list[str]]:
    good: dict[str, _Term] = {}
    bad: list[str] = []
    for place, one in enumerate(written, start=1):
        term = one if isinstance(one, model) else None
        name = _name_of(one, id_field, place)
        if term is None:
            fault = _unreadable(model, one)
        elif name in good:
            fault = "its id stands twice in the price list"
        elif len(good) == MAX_TERMS:
            fault = f"a price list has at most {MAX_TERMS} of them"
        else:
            fault = next(_faults(term, prices), "")
        if fault or term is None:
            bad.append(f"{word} {name}: {fault}")
        else:
            good[name] = term
    return list(good.values()), bad


def _name_of(written: object, id_field: str, place: int) -> str:
    """Return an id to name it by; its place where it has none that can be shown."""
    said = written.get(id_field) if isinstance(written, dict) else getattr(written, id_field, "")
    shown = isinstance(said, str) and said.isascii() and said.isprintable() and len(said) <= 63  # noqa: PLR2004  as long as ids are
    return said if shown and said else f"number {place}"


def _unreadable(model: type[WireModel], written: object) -> str:
    try:
        model.model_validate(written)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        why = first["msg"].removeprefix("Value error, ")
        told = f"{where}: {why}" if where else why
        # It may quote what was written, which may be anything.
        if is_plain_text(told) and len(told) <= _LONGEST_FAULT:
            return told
    return "it cannot be read"


def _faults(term: Concession | PriceRule, prices: Mapping[str, Money]) -> Iterator[str]:
    types = term.types() if isinstance(term, PriceRule) else term.ticket_type_ids
    unknown = sorted(set(types) - set(prices))
    if unknown:
        yield f"the price list has no ticket type {', '.join(unknown)}"
        return
    match term.reduction:
        case PercentOff():
            return
        case AmountOff() | FixedPrice() as by_amount:
            amount = by_amount.amount
    currencies = {prices[one].currency for one in types}
    if currencies != {amount.currency}:
        yield f"{amount} is not in {' or '.join(sorted(currencies))}, the currency of its prices"
        return
    if isinstance(term.reduction, FixedPrice):
        yield from _fixed_faults(term, amount, prices)
    elif amount.amount <= 0:
        yield f"{amount} off is no reduction"
    else:
        for one in sorted(types):
            if amount.amount > prices[one].amount:
                yield f"{amount} off {one} at {prices[one]} would be a price below 0"


def _fixed_faults(
    term: Concession | PriceRule, amount: Money, prices: Mapping[str, Money]
) -> Iterator[str]:
    if amount.amount < 0:
        yield f"the price {amount} is below 0"
    elif isinstance(term, Concession):
        for one in term.ticket_type_ids:
            if amount.amount > prices[one].amount:
                yield f"the price {amount} is more than {one} costs, {prices[one]}"
    else:
        dearest = sum(
            max(prices[one].amount for one in part.ticket_type_ids) * part.quantity
            for part in term.parts
        )
        if amount.amount >= dearest:
            yield f"the price {amount} saves nothing: {dearest} is the most that it costs"


def _amount(money: Money) -> Decimal:
    return money.amount
