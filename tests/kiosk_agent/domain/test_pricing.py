"""What tickets cost: list price, concession, rule; whatever the cart and the price list are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.domain.pricing import price_tickets, spread
from kiosk_agent.domain.records import StockItem, TicketPrice
from kiosk_contracts.catalogue import PriceList
from kiosk_contracts.money import Money
from kiosk_contracts.price_terms import Concession, FixedPrice, PercentOff, reduced
from kiosk_contracts.serials import format_serial

LIST = {"adult": "27.00", "child": "13.50", "senior": "20.35"}
TYPES = tuple(LIST)


def euros(amount: str | Decimal) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def off(percent: int) -> dict[str, Any]:
    return {"kind": "percent_off", "percent": percent}


def less(amount: str) -> dict[str, Any]:
    return {"kind": "amount_off", "amount": {"amount": amount, "currency": "EUR"}}


def fixed(amount: str) -> dict[str, Any]:
    return {"kind": "fixed_price", "amount": {"amount": amount, "currency": "EUR"}}


def concession(key: str, reduction: dict[str, Any], *types: str) -> dict[str, Any]:
    ids = list(types or TYPES)
    return {"concession_id": key, "name": key, "ticket_type_ids": ids, "reduction": reduction}


def rule(key: str, reduction: dict[str, Any], *parts: tuple[int, str], **more: Any) -> Any:
    split = [{"ticket_type_ids": types.split(), "quantity": count} for count, types in parts]
    return {"rule_id": key, "name": key, "parts": split, "reduction": reduction, **more}


FAMILY = rule("family", fixed("60.00"), (2, "adult"), (2, "child"))
GROUP = rule("group", off(10), (10, "adult child senior"), or_more=True)


def price_list(*terms: Any, version: int = 3) -> PriceList:
    return PriceList.model_validate(
        {
            "version": version,
            "prices": {key: {"amount": one, "currency": "EUR"} for key, one in LIST.items()},
            "concessions": [one for one in terms if "concession_id" in one],
            "rules": [one for one in terms if "rule_id" in one],
        }
    )


def tickets(first: int = 1, /, price: str = "", **counts: int) -> list[StockItem]:
    items = []
    for kind, count in counts.items():
        for _ in range(count):
            number = first + len(items)
            granted = euros(price or LIST[kind])
            serial = format_serial(number)
            item = StockItem(serial, "", UUID(int=1), "tide", kind, 1, granted, "held", None)
            items.append(item)
    return items


def priced(
    items: Sequence[StockItem], *terms: Any, chosen: Mapping[tuple[str, str], int] | None = None
) -> list[TicketPrice]:
    wanted = {("tide", *key): count for key, count in (chosen or {}).items()}
    return list(price_tickets(items, wanted, {"tide": price_list(*terms)}))


def paid(prices: Sequence[TicketPrice]) -> Decimal:
    return sum((one.unit_price.amount for one in prices), Decimal(0))


def amounts(prices: Sequence[TicketPrice]) -> list[str]:
    return sorted(str(one.unit_price.amount) for one in prices)


def test_without_concessions_and_rules_a_ticket_costs_what_came_with_its_lease() -> None:
    (one,) = priced(tickets(adult=1, price="25.00"))
    assert (str(one.unit_price), one.concession_id, one.rule_id) == ("25.00 EUR", "", "")
    assert one.rules_version == 3


def test_an_event_that_the_kiosk_knows_no_price_list_of_sells_at_list_price() -> None:
    (one,) = price_tickets(tickets(adult=1), {}, {})
    assert (str(one.unit_price), one.rules_version) == ("27.00 EUR", None)


@pytest.mark.parametrize(
    ("price", "reduction", "costs"),
    [
        ("27.00", off(30), "18.90"),
        ("20.35", off(50), "10.18"),
        ("20.35", off(100), "0.00"),
        ("0.01", off(50), "0.01"),
        ("13.50", less("13.50"), "0.00"),
        ("5.00", less("6.00"), "0.00"),
        ("27.00", fixed("19.00"), "19.00"),
        ("15.00", fixed("19.00"), "15.00"),
    ],
)
def test_a_concession_is_rounded_half_up_and_is_neither_below_0_nor_above_the_list_price(
    price: str, reduction: dict[str, Any], costs: str
) -> None:
    term = Concession.model_validate(concession("c", reduction))
    assert str(reduced(euros(price), term.reduction).amount) == costs


def test_a_currency_without_a_minor_unit_is_rounded_to_whole_ones() -> None:
    price = Money(amount=Decimal(1001), currency="JPY")
    assert str(reduced(price, PercentOff(percent=50))) == "501 JPY"


def test_as_many_tickets_as_were_chosen_have_the_concession() -> None:
    prices = priced(
        tickets(adult=3), concession("student", off(30)), chosen={("adult", "student"): 2}
    )
    assert amounts(prices) == ["18.90", "18.90", "27.00"]
    assert [one.concession_id for one in prices].count("student") == 2


def test_a_group_from_ten_on_saves_each_of_its_tickets_a_tenth() -> None:
    nine, twelve = priced(tickets(adult=9), GROUP), priced(tickets(adult=8, child=4), GROUP)
    assert amounts(nine) == ["27.00"] * 9
    assert amounts(twelve) == ["12.15"] * 4 + ["24.30"] * 8
    assert {one.rule_id for one in twelve} == {"group"}


def test_a_family_pays_its_sum_to_the_cent_and_again_for_each_whole_set() -> None:
    one, two = priced(tickets(adult=2, child=2), FAMILY), priced(tickets(adult=5, child=4), FAMILY)
    assert paid(one) == Decimal("60.00")
    assert amounts(one) == ["10.00", "10.00", "20.00", "20.00"]
    assert paid(two) == Decimal("120.00") + Decimal("27.00")
    assert Counter(price.rule_id for price in two) == {"family": 8, "": 1}


def test_a_rule_applies_no_more_often_than_it_says() -> None:
    once = {**FAMILY, "at_most": 1}
    assert paid(priced(tickets(adult=4, child=4), once)) == Decimal("60.00") + Decimal("81.00")


def test_what_does_not_divide_goes_to_those_that_lost_most() -> None:
    three = rule("three", fixed("50.00"), (3, "adult"))
    assert amounts(priced(tickets(adult=3), three)) == ["16.66", "16.67", "16.67"]


def test_a_ticket_with_a_concession_is_in_no_rule() -> None:
    items = tickets(adult=2, child=2)
    student = concession("student", off(10), "adult")
    prices = priced(items, student, FAMILY, chosen={("adult", "student"): 1})
    assert Counter((one.concession_id, one.rule_id) for one in prices) == {
        ("student", ""): 1,
        ("", ""): 3,
    }


def test_rules_apply_in_the_order_of_the_price_list() -> None:
    items = tickets(adult=6, child=4)
    by_group = priced(items, GROUP, FAMILY)
    by_family = priced(items, FAMILY, GROUP)
    assert {one.rule_id for one in by_group} == {"group"}
    assert Counter(one.rule_id for one in by_family) == {"family": 8, "": 2}


def test_a_set_takes_the_dearest_tickets_that_are_left() -> None:
    old, new = tickets(1, adult=2, price="20.00"), tickets(11, adult=2)
    pair = rule("pair", fixed("30.00"), (2, "adult"), at_most=1)
    prices = {one.serial: one for one in priced([*old, *new], pair)}
    assert {prices[item.serial].rule_id for item in new} == {"pair"}
    assert {prices[item.serial].rule_id for item in old} == {""}


def test_a_rule_that_makes_nothing_cheaper_is_not_applied() -> None:
    cheap = tickets(adult=2, child=2, price="12.00")
    assert {one.rule_id for one in priced(cheap, FAMILY)} == {""}


def test_tickets_of_two_events_are_no_set_together() -> None:
    here = tickets(adult=2)
    there = [replace(item, event_id="quay") for item in tickets(11, child=2)]
    lists = {"tide": price_list(FAMILY), "quay": price_list(FAMILY)}
    assert {one.rule_id for one in price_tickets([*here, *there], {}, lists)} == {""}


def test_terms_that_nobody_can_use_change_no_price() -> None:
    bad = [
        concession("dear", fixed("99.00")),
        concession("more", off(130)),
        rule("gift", less("14.00"), (2, "child")),
        rule("ghosts", off(50), (1, "ghost")),
        "nonsense",
    ]
    lists = PriceList.model_validate(
        {**price_list().to_json(), "concessions": bad[:2], "rules": bad[2:]}
    )
    prices = price_tickets(
        tickets(adult=2, child=2), {("tide", "adult", "dear"): 1}, {"tide": lists}
    )
    assert amounts(prices) == ["13.50", "13.50", "27.00", "27.00"]


def _money(draw: st.DrawFn, least: int = 0, most: int = 9999) -> Money:
    return euros(Decimal(draw(st.integers(least, most))) / 100)


@st.composite
def reductions(draw: st.DrawFn, *, with_fixed: bool = True) -> dict[str, Any]:
    kinds = ["percent_off", "amount_off", *(["fixed_price"] if with_fixed else [])]
    match draw(st.sampled_from(kinds)):
        case "percent_off":
            return off(draw(st.integers(1, 100)))
        case "amount_off":
            return less(str(_money(draw, 1).amount))
        case _:
            return fixed(str(_money(draw).amount))


@st.composite
def rules(draw: st.DrawFn, key: str) -> dict[str, Any]:
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True))
    cut = draw(st.integers(1, len(types)))
    parts = [
        (draw(st.integers(1, 5)), " ".join(part)) for part in (types[:cut], types[cut:]) if part
    ]
    more: dict[str, Any] = {"at_most": draw(st.sampled_from([None, 1, 2]))}
    or_more = draw(st.booleans())
    reduction = draw(reductions(with_fixed=not or_more))
    return rule(key, reduction, *parts, or_more=or_more, **more)  # type: ignore[no-any-return]


@st.composite
def carts(draw: st.DrawFn) -> tuple[list[StockItem], dict[tuple[str, str, str], int], PriceList]:
    terms = [
        *(concession(f"c{n}", draw(reductions())) for n in range(draw(st.integers(0, 2)))),
        *(draw(rules(f"r{n}")) for n in range(draw(st.integers(0, 3)))),
    ]
    items: list[StockItem] = []
    chosen: dict[tuple[str, str, str], int] = {}
    for kind in TYPES:
        for _ in range(draw(st.integers(1, 2))):
            granted = str(_money(draw).amount)
            items += tickets(len(items) + 1, price=granted, **{kind: draw(st.integers(0, 6))})
        chosen["tide", kind, "c0"] = draw(st.integers(0, 3))
    return items, chosen, price_list(*terms)


@given(cart=carts())
def test_whatever_the_cart_no_price_is_below_0_or_above_the_list_price(cart: Any) -> None:
    items, chosen, lists = cart
    granted = {item.serial: item.unit_price.amount for item in items}
    prices = price_tickets(items, chosen, {"tide": lists})
    assert sorted(one.serial for one in prices) == sorted(granted)
    assert all(0 <= one.unit_price.amount <= granted[one.serial] for one in prices)
    assert all(one.unit_price.amount.as_tuple().exponent == -2 for one in prices)


@given(cart=carts())
def test_whatever_the_cart_a_ticket_is_reduced_by_one_thing_at_most(cart: Any) -> None:
    items, chosen, lists = cart
    for one in price_tickets(items, chosen, {"tide": lists}):
        assert not (one.concession_id and one.rule_id)
        if not one.concession_id and not one.rule_id:
            (item,) = [item for item in items if item.serial == one.serial]
            assert one.unit_price == item.unit_price


@given(cart=carts())
def test_whatever_the_cart_the_tickets_of_a_fixed_rule_cost_its_sum_exactly(cart: Any) -> None:
    items, chosen, lists = cart
    prices = price_tickets(items, chosen, {"tide": lists})
    for one in lists.terms().rules:
        of_it = [price for price in prices if price.rule_id == one.rule_id]
        if isinstance(one.reduction, FixedPrice):
            sets = _whole_sets(len(of_it), sum(part.quantity for part in one.parts))
            assert paid(of_it) == one.reduction.amount.amount * sets


def _whole_sets(sold: int, each: int) -> int:
    whole, rest = divmod(sold, each)
    assert not rest
    return whole


@given(cart=carts(), seed=st.integers())
def test_neither_the_order_of_tickets_nor_what_serials_are_called_changes_what_is_paid(
    cart: Any, seed: int
) -> None:
    items, chosen, lists = cart
    names = [item.serial for item in items]
    Random(seed).shuffle(names)  # noqa: S311  seeded on purpose
    renamed = [replace(item, serial=name) for item, name in zip(items, names, strict=True)]
    Random(seed).shuffle(renamed)  # noqa: S311  the same

    def told(of: Sequence[StockItem]) -> Counter[tuple[str, Money, str]]:
        kinds = {item.serial: (item.ticket_type_id, item.unit_price) for item in of}
        prices = price_tickets(of, chosen, {"tide": lists})
        return Counter(
            (*kinds[one.serial], f"{one.unit_price} {one.concession_id} {one.rule_id}")
            for one in prices
        )

    assert told(items) == told(renamed)


@given(cart=carts())
def test_rules_never_cost_the_customer_more_than_none(cart: Any) -> None:
    items, chosen, lists = cart
    without = lists.model_copy(update={"rules": ()})
    prices = price_tickets(items, chosen, {"tide": lists})
    plain = price_tickets(items, chosen, {"tide": without})
    saved = {one.rule_id for one in prices if one.rule_id}
    assert paid(prices) < paid(plain) if saved else paid(prices) == paid(plain)


@given(
    weights=st.lists(st.integers(0, 10_000), min_size=1, max_size=40),
    cents=st.integers(0, 400_000),
)
def test_an_amount_is_spread_to_the_cent_and_fairly(weights: list[int], cents: int) -> None:
    sum_ = euros(Decimal(min(cents, sum(weights))) / 100)
    parts = spread(sum_, [euros(Decimal(weight) / 100) for weight in weights])
    assert sum(part.amount for part in parts) == sum_.amount
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part.amount <= Decimal(weight) / 100
        if sum(weights):
            exact = sum_.amount * weight / sum(weights)
            assert abs(part.amount - exact) < Decimal("0.01")
