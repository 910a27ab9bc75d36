"""Sales by concessions and price rules: each settles; other prices than the list's are flagged."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.ticket_api import EVENT, Caller, World, event, money
from tests.support.till import Till, cash

PRICES = {"adult": money("20.00"), "box": money("50.00")}
STUDENT: dict[str, Any] = {
    "concession_id": "student",
    "name": "Student",
    "ticket_type_ids": ["adult"],
    "proof": "a student card",
    "reduction": {"kind": "percent_off", "percent": 33},
}
PAIR: dict[str, Any] = {
    "rule_id": "pair",
    "name": "Two for a box",
    "parts": [
        {"ticket_type_ids": ["adult"], "quantity": 2},
        {"ticket_type_ids": ["box"], "quantity": 1},
    ],
    "at_most": 1,
    "reduction": {"kind": "fixed_price", "amount": money("80.00")},
}
GROUP: dict[str, Any] = {
    "rule_id": "group",
    "name": "Group",
    "parts": [{"ticket_type_ids": ["adult"], "quantity": 4}],
    "or_more": True,
    "reduction": {"kind": "amount_off", "amount": money("1.50")},
}
Line = tuple[str, str, int, str]
"""Type, unit price, quantity, `concession` or `rule` and its id."""


@pytest.fixture
async def terms(api: World) -> None:
    """Put a price list with a concession and two rules."""
    await _put(api, [STUDENT], [PAIR, GROUP])


async def _put(api: World, concessions: list[Any], rules: list[Any], version: int = 2) -> Any:
    listed = {
        "version": version,
        "prices": PRICES,
        "concessions": concessions,
        "rules": rules,
    }
    answer = await api.ops().put(f"/v1/ops/events/{EVENT}", event(price_list=listed).to_json())
    assert answer.status == 200, answer.body
    return answer.body


async def _sell(
    kiosk: Caller, till: Till, lines: Sequence[Line], version: int | None = 2
) -> dict[str, Any]:
    """Sell lines by a kiosk that goes by a version, and return what is answered."""
    outcome, _ = await _sell_and_return(kiosk, till, lines, version)
    return outcome


async def _sell_and_return(
    kiosk: Caller, till: Till, lines: Sequence[Line], version: int | None = 2
) -> tuple[dict[str, Any], dict[str, Any]]:
    granted: dict[str, list[str]] = {}
    for kind in dict.fromkeys(line[0] for line in lines):
        count = sum(line[2] for line in lines if line[0] == kind)
        granted[kind] = list(await kiosk.serials(till.journal_id, count, ticket_type_id=kind))
    written, total = [], 0
    for kind, price, quantity, by in lines:
        word, _, key = by.partition(" ")
        serials = [granted[kind].pop() for _ in range(quantity)]
        total += round(float(price) * 100) * quantity
        written.append(
            {
                "event_id": EVENT,
                "ticket_type_id": kind,
                "price_list_version": 2,
                "unit_price": money(price),
                "concession_id": key if word == "concession" else "",
                "rule_id": key if word == "rule" else "",
                "rules_version": version,
                "serials": serials,
            }
        )
    sum_ = f"{total / 100:.2f}"
    sale = till.sale([], lines=written, total=money(sum_), tender=[cash(sum_)])
    (outcome,) = await kiosk.upload(till.journal_id, sale)
    return outcome, sale


@pytest.mark.usefixtures("terms")
@pytest.mark.parametrize(
    "lines",
    [
        [("adult", "20.00", 3, "")],
        [("adult", "13.40", 2, "concession student"), ("adult", "20.00", 1, "")],
        [
            ("adult", "17.78", 1, "rule pair"),
            ("adult", "17.77", 1, "rule pair"),
            ("box", "44.45", 1, "rule pair"),
        ],
        [
            ("adult", "17.78", 1, "rule pair"),
            ("adult", "17.77", 1, "rule pair"),
            ("box", "44.45", 1, "rule pair"),
            ("adult", "20.00", 2, ""),
            ("box", "50.00", 1, ""),
        ],
        [("adult", "18.50", 5, "rule group")],
        [("adult", "18.50", 4, "rule group"), ("box", "50.00", 1, "")],
    ],
)
async def test_what_the_price_list_gives_settles_unflagged(
    kiosk: Caller, till: Till, lines: list[Line]
) -> None:
    outcome = await _sell(kiosk, till, lines)
    assert (outcome["status"], outcome["flags"]) == ("settled", [])


@pytest.mark.usefixtures("terms")
@pytest.mark.parametrize(
    "lines",
    [
        [("adult", "13.39", 1, "concession student")],
        [("box", "33.50", 1, "concession student")],
        [("adult", "13.40", 1, "concession senior")],
        [("adult", "13.40", 1, "")],
        [("adult", "17.77", 2, "rule pair"), ("box", "44.45", 1, "rule pair")],
        [("adult", "17.78", 2, "rule pair")],
        [("adult", "17.78", 4, "rule pair"), ("box", "44.44", 2, "rule pair")],
        [("adult", "30.00", 2, "rule pair"), ("box", "20.00", 1, "rule pair")],
        [("adult", "20.00", 2, "rule pair"), ("box", "20.00", 2, "rule pair")],
        [("adult", "10.00", 4, "rule pair"), ("box", "40.00", 1, "rule pair")],
        [("adult", "18.50", 3, "rule group")],
        [("adult", "18.00", 4, "rule group")],
        [("adult", "18.50", 4, "rule group"), ("box", "48.50", 1, "rule group")],
        [("adult", "18.50", 4, "rule nobody")],
        [("adult", "20.00", 4, "")],
        [("adult", "20.00", 2, ""), ("box", "50.00", 1, "")],
    ],
)
async def test_what_the_price_list_does_not_give_settles_and_is_flagged(
    api: World, kiosk: Caller, till: Till, lines: list[Line]
) -> None:
    outcome = await _sell(kiosk, till, lines)
    assert (outcome["status"], outcome["flags"]) == ("settled", ["price_differs"])
    paid = sum(round(float(price) * 100) * count for _, price, count, _ in lines)
    counted = [await api.line(kind) for kind in {line[0] for line in lines}]
    assert sum(round(float(one["gross"]["amount"]) * 100) for one in counted) == paid


@pytest.mark.usefixtures("terms")
async def test_it_is_judged_by_the_price_list_that_the_kiosk_knew_whatever_holds_now(
    api: World, kiosk: Caller, till: Till
) -> None:
    await _put(api, [], [], version=3)
    await _put(api, [STUDENT, {**STUDENT, "concession_id": "senior"}], [], version=4)
    by_two = await _sell_at(kiosk, till, "student", 2)
    by_three = await _sell_at(kiosk, till, "student", 3)
    by_four = await _sell_at(kiosk, till, "senior", 4)
    by_none = await _sell_at(kiosk, till, "student", None)
    by_ten = await _sell_at(kiosk, till, "student", 10)
    flags = [one["flags"] for one in (by_two, by_three, by_four, by_none, by_ten)]
    assert flags == [[], ["price_differs"], [], ["price_differs"], ["price_differs"]]


async def test_a_ticket_by_a_concession_and_a_rule_is_flagged(
    api: World, kiosk: Caller, till: Till
) -> None:
    await _put(api, [STUDENT], [{**GROUP, "parts": [{**GROUP["parts"][0], "quantity": 1}]}])
    both = await _sell_at(kiosk, till, "student", 2, list_version=2, price="18.50", rule_id="group")
    assert both["flags"] == ["price_differs"]


async def _sell_at(
    kiosk: Caller,
    till: Till,
    concession: str,
    version: int | None,
    *,
    list_version: int = 4,
    price: str = "13.40",
    **more: Any,
) -> Any:
    (serial,) = await kiosk.serials(till.journal_id, 1)
    line = {
        "event_id": EVENT,
        "ticket_type_id": "adult",
        "price_list_version": list_version,
        "unit_price": money(price),
        "concession_id": concession,
        "rules_version": version,
        "serials": [serial],
        **more,
    }
    sale = till.sale([], lines=[line], total=money(price), tender=[cash(price)])
    (outcome,) = await kiosk.upload(till.journal_id, sale)
    assert outcome["status"] == "settled"
    return outcome


@pytest.mark.usefixtures("terms")
async def test_a_sale_of_an_older_agent_settles_unflagged_at_list_price(
    kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 5)
    sale = till.sale(serials)
    sale["payload"]["lines"][0]["price_list_version"] = 2
    sale = till.transaction("sale", sale["payload"], prev_hash=sale["envelope"]["prev_hash"])
    (outcome,) = await kiosk.upload(till.journal_id, sale)
    assert outcome["status"] == "settled"
    assert "price_differs" not in outcome["flags"]


@pytest.mark.usefixtures("terms")
async def test_single_refunds_of_a_rules_tickets_are_what_was_paid(
    api: World, kiosk: Caller, till: Till
) -> None:
    set_of_three: list[Line] = [
        ("adult", "17.78", 1, "rule pair"),
        ("adult", "17.77", 1, "rule pair"),
        ("box", "44.45", 1, "rule pair"),
    ]
    sold, sale = await _sell_and_return(kiosk, till, set_of_three)
    assert sold["status"] == "settled"
    for line in sale["payload"]["lines"]:
        amount = line["unit_price"]["amount"]
        refund = till.refund(
            sale, serials=line["serials"], total=money(amount), tender=[cash(amount)]
        )
        (outcome,) = await kiosk.upload(till.journal_id, refund)
        assert (outcome["status"], outcome["flags"]) == ("settled", [])
    gross = (await api.line())["gross"], (await api.line("box"))["gross"]
    assert gross == (money("0.00"), money("0.00"))


@pytest.mark.parametrize(
    ("concessions", "rules", "why"),
    [
        ([{**STUDENT, "reduction": {"kind": "percent_off", "percent": 101}}], [], "100"),
        ([{**STUDENT, "name": "x" * 200}], [], "at most 120 characters"),
        ([{**STUDENT, "name": "a\u0007b"}], [], "control characters"),
        ([{**STUDENT, "proof": "a\nb"}], [], "control characters"),
        ([{**STUDENT, "ticket_type_ids": ["ghost"]}], [], "no ticket type ghost"),
        ([STUDENT, STUDENT], [], "its id stands twice"),
        (
            [{**STUDENT, "reduction": {"kind": "amount_off", "amount": money("21.00")}}],
            [],
            "below 0",
        ),
        (
            [{**STUDENT, "reduction": {"kind": "fixed_price", "amount": money("-1.00")}}],
            [],
            "below 0",
        ),
        ([{**STUDENT, "reduction": {"kind": "fixed_price", "amount": money("21.00")}}], [], "more"),
        ([{**STUDENT, "reduction": {"kind": "free_beer"}}], [], "free_beer"),
        (
            [{**STUDENT, "reduction": {"kind": "amount_off", "amount": money("1.00", "USD")}}],
            [],
            "EUR",
        ),
        (["nonsense"], [], "concession number 1"),
        (
            [],
            [{**PAIR, "parts": [{"ticket_type_ids": ["ghost"], "quantity": 2}]}],
            "no ticket type",
        ),
        ([], [{**PAIR, "parts": [PAIR["parts"][0], PAIR["parts"][0]]}], "stands twice in it"),
        ([], [{**PAIR, "or_more": True}], "or_more"),
        ([], [{**PAIR, "reduction": {"kind": "fixed_price", "amount": money("90.00")}}], "saves"),
        ([], [{**GROUP, "reduction": {"kind": "amount_off", "amount": money("20.01")}}], "below 0"),
        ([], [{**GROUP, "parts": [{"ticket_type_ids": ["adult"], "quantity": 41}]}], "40"),
        ([], [PAIR] * 2, "its id stands twice"),
        ([{**STUDENT, "concession_id": f"c{n}"} for n in range(21)], [], "at most 20"),
    ],
)
async def test_terms_that_cannot_be_are_refused_saying_which_and_why(
    api: World, concessions: list[Any], rules: list[Any], why: str
) -> None:
    listed = {"version": 2, "prices": PRICES, "concessions": concessions, "rules": rules}
    body = {**event().to_json(), "price_list": listed}
    answer = await api.ops().put(f"/v1/ops/events/{EVENT}", body)
    assert (answer.status, answer.code) == (409, "event_change_refused")
    assert why in answer.body["detail"]
    assert answer.body["hint"] == "Correct the event, and put it again."
    assert "\u0007" not in answer.body["detail"]


async def test_changed_terms_need_the_next_version(api: World) -> None:
    await _put(api, [STUDENT], [])
    listed = {"version": 2, "prices": PRICES, "concessions": [], "rules": []}
    answer = await api.ops().put(f"/v1/ops/events/{EVENT}", event(price_list=listed).to_json())
    assert (answer.status, answer.code) == (409, "price_list_version_wrong")
