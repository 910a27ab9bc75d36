"""Refunds over the real socket: asked for with a line, decided elsewhere, given back once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_agent.domain.refunding import RefundLimits
from kiosk_agent.services.refunds import RefundDesk
from kiosk_contracts.catalogue import EventState
from tests.support.after_sale import (
    ask_refund,
    cash_in_drawer,
    decide,
    decision,
    give_back,
    refund_of,
    serials,
    settled_sale,
)
from tests.support.tickets import season
from tests.support.ui_socket import Answer, Till, till_in


@asynccontextmanager
async def _till(folder: Path) -> AsyncIterator[Till]:
    async with till_in(folder) as till:
        await till.opened.stock(6)
        await till.open_shift()
        yield till


async def _recorded(till: Till) -> int:
    return (await till.recorded())[0]


async def test_a_refund_is_recorded_and_gives_no_money_before_it_settles(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        refund = await ask_refund(till, sale)
        assert refund.status == 202, refund.body
        assert refund.body["receipt_number"] == "HB1-1-000002"
        assert refund.body["total"]["amount"] == "25.00"
        assert [line["method"] for line in refund.body["tender"]] == ["cash"]
        assert await decision(till, refund) == "asking"
        too_soon = await give_back(till, refund)
        assert (too_soon.status, too_soon.code) == (409, "refund_undecided")
        assert "no money" in too_soon.body["title"]
        assert await cash_in_drawer(till) == "125.00"
        await decide(till, refund, "settled")
        assert await decision(till, refund) == "give_back"
        assert await cash_in_drawer(till) == "125.00", "the money is still in the drawer"
        given = await give_back(till, refund)
        assert given.status == 201, given.body
        assert (given.body["kind"], given.body["total"]["amount"]) == ("shift_paid_out", "25.00")
        assert await cash_in_drawer(till) == "100.00"
        assert await decision(till, refund) == "given"


async def test_a_refund_is_answered_again_without_a_pin_and_without_a_line(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        request = refund_of(sale)
        first = await till.ask("POST", "/v1/refunds", request)
        till.line.up = False
        again = await till.ask("POST", "/v1/refunds", {**request, "approval_pin": "0000"})
        assert again.body == {**first.body, "replayed": True}
        other = await till.ask("POST", "/v1/refunds", {**request, "reason": "another"})
        assert (other.status, other.code) == (422, "txn_payload_differs")


async def test_without_a_line_nothing_is_recorded_and_the_customer_keeps_the_ticket(
    tmp_path: Path,
) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        before = await _recorded(till)
        till.line.up = False
        refused = await ask_refund(till, sale, approval_pin="0000")
        assert (refused.status, refused.code) == (409, "line_down"), "before any PIN is tried"
        assert "keeps the ticket" in refused.body["hint"]
        assert await _recorded(till) == before


async def test_what_has_not_settled_is_voided_instead_also_without_a_line(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await till.sell(adult=1)
        till.line.up = False
        refused = await ask_refund(till, sale)
        assert (refused.status, refused.code) == (409, "sale_not_settled")
        assert "Void" in refused.body["hint"]


async def test_money_goes_back_once_whoever_says_so_and_however_often(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        refund = await ask_refund(till, sale)
        await decide(till, refund, "settled")
        asked = [give_back(till, refund) for _ in range(5)]
        answers = await asyncio.gather(*asked)
        assert sorted(answer.status for answer in answers) == [201, 409, 409, 409, 409]
        assert {answer.code for answer in answers if answer.status == 409} == {"refund_given"}
        assert await cash_in_drawer(till) == "100.00"


async def test_saying_it_again_by_the_same_id_gets_the_first_answer(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        refund = await ask_refund(till, await settled_sale(till))
        await decide(till, refund, "settled")
        other = await ask_refund(till, await settled_sale(till))
        await decide(till, other, "settled")
        txn_id = str(uuid7())
        first = await give_back(till, refund, txn_id=txn_id)
        again = await give_back(till, refund, txn_id=txn_id)
        assert again.body == {**first.body, "replayed": True}
        crossed = await give_back(till, other, txn_id=txn_id)
        assert (crossed.status, crossed.code) == (422, "txn_payload_differs")


async def test_a_refused_refund_gives_no_money_and_changes_no_drawer(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        refund = await ask_refund(till, sale)
        await decide(
            till,
            refund,
            "quarantined",
            "ticket_already_used",
            detail="4 was used at gate South",
            hint="Give no money back.",
        )
        standing = (await till.ask("GET", f"/v1/refunds/{refund.body['txn_id']}")).body
        assert standing["decision"] == "refused"
        assert "gate South" in standing["why"]
        refused = await give_back(till, refund)
        assert (refused.status, refused.code) == (409, "refund_refused")
        assert "gate South" in refused.body["detail"]
        report = (await till.ask("GET", "/v1/shifts/current")).body
        assert report["expected_cash"]["amount"] == "125.00"
        assert (report["refunds"], report["open_refunds"]) == (0, [])
        [row] = [
            row
            for row in (await till.ask("GET", "/v1/transactions")).body["transactions"]
            if row["kind"] == "refund"
        ]
        assert (row["decision"], row["acts"]) == ("refused", ["hand_over"])


async def test_one_ticket_of_two_goes_back_and_the_other_later(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        one, two = serials(sale)
        first = await ask_refund(till, sale, tickets=[one, one])
        assert (first.body["total"]["amount"], first.body["serials"]) == ("12.50", [one])
        asked = await ask_refund(till, sale)
        assert (asked.status, asked.code) == (409, "refund_undecided")
        await decide(till, first, "settled")
        twice = await ask_refund(till, sale)
        assert (twice.status, twice.code) == (409, "sale_already_refunded")
        second = await ask_refund(till, sale, tickets=[two])
        assert second.status == 202, second.body


async def test_a_refund_that_was_refused_may_be_asked_for_again(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        await decide(till, await ask_refund(till, sale), "quarantined", "sequence_taken")
        assert (await ask_refund(till, sale)).status == 202


async def test_used_tickets_are_not_refunded_unless_the_event_was_cancelled(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        used, fresh = sale.body["tickets"]
        assert (await till.admit(used["code"])).status == 201
        refused = await ask_refund(till, sale)
        assert (refused.status, refused.code) == (409, "ticket_already_used")
        assert "North" in refused.body["detail"]
        assert (await ask_refund(till, sale, tickets=[fresh["serial"]])).status == 202
        cancelled = season()
        events = [
            event.model_copy(update={"state": EventState.CANCELLED}) for event in cancelled.events
        ]
        off = cancelled.model_copy(update={"events": tuple(events)})
        await till.opened.journal.write(lambda writer: writer.put_catalogue(off))
        assert (await ask_refund(till, sale, tickets=[used["serial"]])).status == 202


async def test_tickets_of_another_sale_voided_sales_and_other_kinds_are_refused(
    tmp_path: Path,
) -> None:
    async with _till(tmp_path) as till:
        sale, other = await settled_sale(till, adult=1), await settled_sale(till, adult=1)
        refused = await ask_refund(till, sale, tickets=serials(other))
        assert (refused.status, refused.code) == (409, "serial_not_in_sale")
        sold = await till.sell(adult=1)
        void = {"txn_id": str(uuid7()), "sale_txn_id": sold.body["txn_id"], "reason": "wrong"}
        voided = await till.ask("POST", "/v1/voids", {**void, "approval_pin": "9999"})
        assert voided.status == 201
        refused = await ask_refund(till, sold)
        assert refused.code == "sale_already_voided"
        refused = await ask_refund(till, sold, sale_txn_id=voided.body["txn_id"])
        assert (refused.status, refused.code) == (404, "txn_unknown")
        refused = await ask_refund(till, sold, sale_txn_id=str(uuid7()))
        assert (refused.status, refused.code) == (404, "txn_unknown")


@pytest.mark.parametrize("pin", [None, "2222", "0000"])
async def test_a_cashier_needs_a_managers_pin(tmp_path: Path, pin: str | None) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        refused = await ask_refund(till, sale, approval_pin=pin)
        expected = (403, "approval_needed") if pin is None else (401, "pin_wrong")
        assert (refused.status, refused.code) == expected


async def test_below_the_limit_a_cashier_refunds_alone_but_not_in_slices(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        _limit(till, RefundLimits(alone=Decimal(20)))
        sale = await settled_sale(till)
        one, two = serials(sale)
        alone = await ask_refund(till, sale, tickets=[one], approval_pin=None)
        assert alone.status == 202, alone.body
        refused = await ask_refund(till, sale, tickets=[two], approval_pin=None)
        assert (refused.status, refused.code) == (403, "approval_needed")
        assert "€25.00" in refused.body["detail"]
        assert "€20.00" in refused.body["detail"]
        assert (await ask_refund(till, sale, tickets=[two])).status == 202


async def test_above_the_managers_limit_nobody_types_a_pin_in_vain(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        _limit(till, RefundLimits(with_manager=Decimal(20)))
        sale = await settled_sale(till)
        refused = await ask_refund(till, sale, approval_pin="0000")
        assert (refused.status, refused.code) == (403, "refund_too_large")
        assert "€20.00" in refused.body["detail"]
        assert "box office" in refused.body["hint"]


async def test_a_manager_with_a_shift_needs_nobody_and_a_gate_may_not(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        await till.sign_in("gus")
        assert (await ask_refund(till, sale)).code == "role_too_low"
        await till.sign_in("mia")
        assert (await ask_refund(till, sale)).code == "shift_not_open"
        await till.open_shift("mia")
        refund = await ask_refund(till, sale, approval_pin=None)
        assert refund.status == 202
        assert await cash_in_drawer(till) == "100.00"


async def test_the_money_comes_out_of_the_drawer_of_whoever_gives_it(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        refund = await ask_refund(till, await settled_sale(till))
        await decide(till, refund, "settled")
        await till.open_shift("mia")
        assert (await give_back(till, refund)).status == 201
        assert await cash_in_drawer(till) == "75.00"
        report = (await till.ask("GET", "/v1/shifts/current")).body
        assert (report["refunds"], report["paid_out"]["amount"]) == (1, "0.00")
        [cash] = report["by_method"]
        assert cash["given_back"]["amount"] == "25.00"
        assert [kind["undone"] for kind in report["by_type"]] == [2]
        await till.sign_in("ana")
        assert await cash_in_drawer(till) == "125.00"


async def test_a_drawer_that_does_not_hold_the_money_says_so(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        refund = await ask_refund(till, await settled_sale(till))
        await decide(till, refund, "settled")
        amount = {"amount": "110.00", "currency": "EUR"}
        out = {"txn_id": str(uuid7()), "amount": amount, "reason": "bank", "approval_pin": "9999"}
        assert (await till.ask("POST", "/v1/cash-out", out)).status == 201
        short = await give_back(till, refund)
        assert (short.status, short.code) == (409, "drawer_short")
        assert "€25.00 goes back in cash" in short.body["detail"]
        assert "there are €15.00 in the drawer" in short.body["detail"]
        assert short.body["left"] == {"amount": "15.00", "currency": "EUR"}
        assert await decision(till, refund) == "give_back"


async def _close(till: Till, counted: str) -> Answer:
    shift = (await till.ask("GET", "/v1/shifts/current")).body["shift_id"]
    body = {"txn_id": str(uuid7()), "counted": {"amount": counted, "currency": "EUR"}}
    return await till.ask("POST", f"/v1/shifts/{shift}/close", body)


async def test_a_shift_closes_with_a_refund_undecided_and_its_money_counts_where_it_is_given(
    tmp_path: Path,
) -> None:
    async with _till(tmp_path) as till:
        refund = await ask_refund(till, await settled_sale(till))
        closed = await _close(till, "125.00")
        assert closed.status == 201, closed.body
        report = closed.body["report"]
        assert (report["expected_cash"]["amount"], report["over_short"]["amount"]) == (
            "125.00",
            "0.00",
        )
        [named] = report["open_refunds"]
        assert (named["receipt_number"], named["decision"]) == ("HB1-1-000002", "asking")
        await decide(till, refund, "settled")
        z_report = (await till.ask("GET", f"/v1/shifts/{report['shift_id']}")).body
        assert z_report["expected_cash"]["amount"] == "125.00", "a Z report never changes"
        assert (await give_back(till, refund)).code == "shift_not_open"
        await till.open_shift("ana")
        assert (await give_back(till, refund)).status == 201
        assert await cash_in_drawer(till) == "75.00"


async def test_what_waits_is_listed_and_counted_until_the_money_is_given(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        asking = await ask_refund(till, await settled_sale(till, adult=1))
        due = await ask_refund(till, await settled_sale(till, adult=1))
        no = await ask_refund(till, await settled_sale(till, adult=1))
        parked = await ask_refund(till, await settled_sale(till, adult=1))
        await decide(till, due, "settled")
        await decide(till, no, "quarantined", "ticket_already_used")
        await decide(till, parked, "retry", "upstream_busy", detail="busy")
        listed = (await till.ask("GET", "/v1/refunds")).body["refunds"]
        assert [(one["receipt_number"], one["decision"]) for one in listed] == [
            (parked.body["receipt_number"], "asking"),
            (due.body["receipt_number"], "give_back"),
            (asking.body["receipt_number"], "asking"),
        ]
        assert listed[0]["why"] == "busy"
        status = (await till.ask("GET", "/v1/status")).body
        assert (status["refunds_asking"], status["refunds_to_give"]) == (2, 1)
        await give_back(till, due)
        status = (await till.ask("GET", "/v1/status")).body
        assert (status["refunds_asking"], status["refunds_to_give"]) == (2, 0)


async def test_this_gate_waits_for_the_decision_and_then_refuses_what_was_refunded(
    tmp_path: Path,
) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        one, two = sale.body["tickets"]
        refund = await ask_refund(till, sale, tickets=[one["serial"]])
        amber = await till.admit(one["code"])
        assert (amber.status, amber.code, amber.body["verdict"]) == (
            409,
            "refund_undecided",
            "amber",
        )
        await decide(till, refund, "settled")
        red = await till.admit(one["code"])
        assert (red.code, red.body["verdict"]) == ("ticket_revoked", "red")
        assert (await till.admit(two["code"])).status == 201


async def test_a_ticket_whose_refund_was_refused_admits(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till)
        refund = await ask_refund(till, sale)
        await decide(till, refund, "quarantined", "sale_not_ours")
        assert (await till.admit(sale.body["tickets"][0]["code"])).status == 201


async def test_what_was_paid_by_card_goes_back_to_the_card_first(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        txn_id = str(uuid7())
        assert (await till.put_cart(txn_id, adult=2)).status == 200
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
        sale = await till.ask("POST", "/v1/sales", _split(txn_id))
        assert sale.status == 201, sale.body
        await decide(till, sale, "settled")
        one, two = serials(sale)
        first = await ask_refund(till, sale, tickets=[one])
        assert _by_method(first) == {"card": "12.50"}
        await decide(till, first, "settled")
        assert (await give_back(till, first)).status == 201
        assert await cash_in_drawer(till) == "110.00", "a card's money is not in the drawer"
        second = await ask_refund(till, sale, tickets=[two])
        assert _by_method(second) == {"card": "2.50", "cash": "10.00"}
        await decide(till, second, "settled")
        wrong = [_cash("12.50")]
        refused = await give_back(till, second, tender=wrong)
        assert (refused.status, refused.code) == (409, "tender_differs")
        card = {"method": "card", "amount": _euros("2.50"), "reference": "R77"}
        given = await give_back(till, second, tender=[card, _cash("10.00")])
        assert given.status == 201, given.body
        assert await cash_in_drawer(till) == "100.00"


def _limit(till: Till, limits: RefundLimits) -> None:
    limited = RefundDesk(till.desk.kiosk, till.desk.shift_reports, limits)
    object.__setattr__(till.desk, "refunds", limited)


def _euros(amount: str) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def _cash(amount: str) -> dict[str, Any]:
    return {
        "method": "cash",
        "amount": _euros(amount),
        "given": _euros(amount),
        "change": _euros("0.00"),
    }


def _split(txn_id: str) -> dict[str, Any]:
    card = {"method": "card", "amount": _euros("15.00"), "reference": "A1"}
    tender = [{**_cash("10.00"), "given": _euros("20.00"), "change": _euros("10.00")}, card]
    return {"txn_id": txn_id, "total": _euros("25.00"), "tender": tender}


def _by_method(refund: Answer) -> dict[str, str]:
    return {line["method"]: line["amount"]["amount"] for line in refund.body["tender"]}
