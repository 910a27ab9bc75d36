"""What the seed decides of an evening: the sales, the drawers, and who comes to the gate."""

from collections import Counter
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest

from demo.evening.codes import forged
from demo.evening.plan import FEWEST_SALES, Fate, Phase, SalesPlan, TicketRef, plan_sales
from demo.evening.scans import LETS_PASS, Scan, ScanKind, plan_scans
from demo.evening.venue import TILLS, evening_venue, stock_before_outage
from demo.plan import Basket, Pay, total_of
from demo.prices import family_saving
from demo.season import Season
from kiosk_contracts.ticket_code import TicketCode, TicketFacts

SEEDS = range(25)
SIZES = (FEWEST_SALES, 21, 60, 300)
each_evening = pytest.mark.parametrize(
    ("sales", "seed"), [(sales, seed) for sales in SIZES for seed in SEEDS]
)


def season_of(sales: int, seed: int) -> Season:
    return evening_venue(sales)(Random(seed)).season  # noqa: S311  seeded on purpose


def plan_of(sales: int, seed: int) -> SalesPlan:
    return plan_sales(sales, season_of(sales, seed), Random(seed))  # noqa: S311  the same


def scans_of(sales: int, seed: int) -> tuple[Scan, ...]:
    return plan_scans(plan_of(sales, seed), Random(seed))  # noqa: S311  the same


def saved_by_rule(basket: Basket, season: Season) -> Decimal:
    saving = family_saving(season.events[basket.event], dict(basket.quantities))
    return saving.amount


def test_the_same_seed_gives_the_same_evening_and_another_one_another() -> None:
    assert plan_of(60, 3) == plan_of(60, 3)
    assert scans_of(60, 3) == scans_of(60, 3)
    assert len({plan_of(60, seed).phases[0][Phase.DOORS] for seed in SEEDS}) == len(SEEDS)
    assert len({scans_of(60, seed) for seed in SEEDS}) == len(SEEDS)


def test_an_evening_has_as_many_sales_and_scans_as_were_asked_for() -> None:
    for sales in SIZES:
        plan = plan_of(sales, 1)
        assert sum(len(plan.customers(till)) for till in range(TILLS)) == sales
        assert len(plan_scans(plan, Random(1))) == 2 * sales  # noqa: S311  seeded on purpose


def test_too_few_sales_are_no_evening() -> None:
    with pytest.raises(ValueError, match="at least 20 sales"):
        plan_of(FEWEST_SALES - 1, 1)


@each_evening
def test_every_evening_has_every_kind_of_sale(sales: int, seed: int) -> None:
    plan = plan_of(sales, seed)
    customers = [one for till in range(TILLS) for one in plan.customers(till)]
    assert {one.basket.pay for one in customers} == set(Pay)
    assert any(len(one.basket.quantities) > 1 for one in customers)
    assert {one.basket.event for one in customers} >= {0}
    season = season_of(sales, seed)
    for till in range(TILLS):
        baskets = [one.basket for one in plan.customers(till)]
        assert any(one.reduced for one in baskets)
        assert any(saved_by_rule(one, season) for one in baskets)
    fates = Counter(one.fate for one in customers)
    assert fates[Fate.KILLED] == 1
    for till in range(TILLS):
        outage = plan.phases[till][Phase.OUTAGE]
        voided = [one for one in outage if one.fate is Fate.VOIDED]
        assert len(voided) >= 2
        assert any(one.basket.pay is Pay.CASH for one in voided)
        online = plan.phases[till][Phase.DOORS] + plan.phases[till][Phase.BACK]
        assert {one.fate for one in online} == {Fate.KEPT}
        assert len(outage) * 5 >= len(plan.customers(till))


@each_evening
def test_what_is_typed_pays_each_basket(sales: int, seed: int) -> None:
    season, plan = season_of(sales, seed), plan_of(sales, seed)
    for till in range(TILLS):
        for customer in plan.customers(till):
            basket = customer.basket
            total = total_of(basket, season).amount
            match basket.pay:
                case Pay.CASH:
                    assert Decimal(basket.given) > total
                case Pay.SPLIT:
                    assert 0 < Decimal(basket.given) < total
                    assert basket.words
                case Pay.CARD | Pay.COMPLIMENTARY:
                    assert basket.words
                case Pay.EXACT_CASH:
                    assert (basket.given, basket.words) == ("", "")


@each_evening
def test_drawers_are_counted_within_what_needs_no_manager_and_hold_what_is_paid_out(
    sales: int, seed: int
) -> None:
    exact, other = plan_of(sales, seed).drawers
    assert exact.off == 0
    assert 0 < abs(other.off) < 5
    for drawer in (exact, other):
        assert Decimal(drawer.paid_out) < Decimal(drawer.opening_float)
        assert Decimal(drawer.paid_in) > 0


@each_evening
def test_stock_lasts_through_the_outage(sales: int, seed: int) -> None:
    plan, least = plan_of(sales, seed), stock_before_outage(sales)
    for till in range(TILLS):
        wanted: Counter[tuple[int, int]] = Counter()
        for customer in plan.phases[till][Phase.OUTAGE]:
            for type_index, quantity in customer.basket.quantities:
                wanted[customer.basket.event, type_index] += quantity
            wanted[customer.basket.event, 0] += customer.basket.reduced
        # Some twenty may have gone since the last topping up.
        assert max(wanted.values()) <= least - 20


@each_evening
def test_the_gate_hears_of_tickets_in_an_order_that_can_be(sales: int, seed: int) -> None:
    """Nobody is inside twice, leaves without being in, or is tried again without being in."""
    inside: set[TicketRef] = set()
    for scan in scans_of(sales, seed):
        match scan.kind:
            case ScanKind.ADMIT | ScanKind.RETURN:
                assert scan.ticket not in inside
                inside.add(scan.ticket)
            case ScanKind.EXIT:
                inside.remove(scan.ticket)
            case ScanKind.REPEAT:
                assert scan.ticket in inside
            case ScanKind.FORGED | ScanKind.OTHER_EVENING | ScanKind.VOIDED:
                pass


@each_evening
def test_no_code_comes_twice_in_a_row_as_if_its_scanner_had_read_it_twice(
    sales: int, seed: int
) -> None:
    scans = [scan for scan in scans_of(sales, seed) if scan.kind is not ScanKind.FORGED]
    ways = [(scan.ticket, scan.kind is ScanKind.EXIT) for scan in scans]
    assert all(before != after for before, after in pairwise(ways))


@each_evening
def test_each_scan_is_of_a_ticket_as_its_kind_needs_it(sales: int, seed: int) -> None:
    plan = plan_of(sales, seed)
    for scan in scans_of(sales, seed):
        customer = plan.customers(scan.ticket.till)[scan.ticket.sale]
        assert scan.ticket.ticket < customer.basket.tickets
        tonight, voided = customer.basket.event == 0, customer.fate is Fate.VOIDED
        assert (tonight, voided) == (
            scan.kind is not ScanKind.OTHER_EVENING,
            scan.kind is ScanKind.VOIDED,
        )


@each_evening
def test_every_voided_sale_is_tried_and_in_the_end_alone(sales: int, seed: int) -> None:
    plan, scans = plan_of(sales, seed), scans_of(sales, seed)
    voided = sum(one.fate is Fate.VOIDED for till in range(TILLS) for one in plan.customers(till))
    last = [scan.kind for scan in scans[-voided:]]
    assert last == [ScanKind.VOIDED] * voided
    assert Counter(scan.kind for scan in scans)[ScanKind.VOIDED] == voided


@pytest.mark.parametrize("seed", SEEDS)
def test_a_full_evening_has_every_kind_of_scan_and_mostly_guests(seed: int) -> None:
    kinds = Counter(scan.kind for scan in scans_of(300, seed))
    assert set(kinds) == set(ScanKind)
    assert sum(kinds[kind] for kind in LETS_PASS) > 500
    assert kinds[ScanKind.EXIT] == kinds[ScanKind.RETURN] >= 40


@pytest.mark.parametrize("seed", SEEDS)
def test_people_come_to_the_gate_in_every_part_of_the_evening(seed: int) -> None:
    plan = plan_of(300, seed)
    begins = [len(plan.phases[till][Phase.DOORS]) for till in range(TILLS)]
    ends = [begins[till] + len(plan.phases[till][Phase.OUTAGE]) for till in range(TILLS)]
    tickets = [scan.ticket for scan in scans_of(300, seed) if scan.kind is ScanKind.ADMIT]
    assert sum(ticket.sale < begins[ticket.till] for ticket in tickets) > 100
    assert sum(begins[one.till] <= one.sale < ends[one.till] for one in tickets) > 60
    assert sum(ticket.sale >= ends[ticket.till] for ticket in tickets) > 60


@each_evening
def test_no_two_scans_in_a_row_can_be_answered_alike(sales: int, seed: int) -> None:
    """So that an answer is always told from the one before it."""
    scans = scans_of(sales, seed)
    assert all(before != after for before, after in pairwise(scans))


@each_evening
def test_no_ticket_comes_again_at_once_which_would_count_as_one_scan(sales: int, seed: int) -> None:
    scans = scans_of(sales, seed)
    again = [late for early, late in pairwise(scans) if early.ticket == late.ticket]
    assert not [scan for scan in again if scan.kind is ScanKind.REPEAT]


@pytest.mark.parametrize("last_byte", [0, 1, 35, 254, 255])
def test_a_forged_code_is_the_same_ticket_with_another_signature(last_byte: int) -> None:
    facts = TicketFacts(key_id=1, event_no=101, type_no=1, serial="0000000012")
    code = TicketCode(facts, bytes(63) + bytes([last_byte])).encode()
    read = TicketCode.decode(forged(code))
    assert read.facts == facts
    assert read.signature != TicketCode.decode(code).signature
