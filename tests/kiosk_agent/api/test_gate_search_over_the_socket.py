"""Tickets that nobody can scan, found by receipt number or name: green for a known sale alone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from uuid6 import uuid7

from kiosk_contracts.gate_search import GateCandidate, GateCandidates
from tests.support.ui_socket import Answer, Till, line, sale_of, till_in


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with till_in(tmp_path) as opened:
        await opened.opened.stock(60)
        await opened.opened.stock(5, event_id="quay")
        await opened.open_shift()
        yield opened


async def sell(
    till: Till, quantity: int = 1, buyer: str | None = None, event_id: str = "tide"
) -> Answer:
    txn_id = uuid7()
    lines = {"lines": [line(event_id, "adult", quantity)]}
    cart = await till.ask("PUT", f"/v1/carts/{txn_id}", lines)
    assert cart.status == 200, cart.body
    assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
    named: dict[str, Any] = {} if buyer is None else {"buyer": {"name": buyer}}
    sold = await till.ask("POST", "/v1/sales", sale_of(txn_id, cart.body["total"], **named))
    assert sold.status == 201, sold.body
    return sold


def serials(sale: Answer) -> list[str]:
    return [ticket["serial"] for ticket in sale.body["tickets"]]


async def find(till: Till, text: str, event_id: str = "tide") -> GateCandidates:
    answer = await till.ask("GET", f"/v1/gates/{event_id}/tickets?text={quote(text)}")
    assert answer.status == 200, answer.body
    return GateCandidates.model_validate(answer.body)


def verdicts(found: GateCandidates) -> list[tuple[str, str]]:
    return [(one.verdict, one.why) for one in found.candidates]


async def typed(till: Till, serial: str, path: str = "admissions") -> Answer:
    body = {"txn_id": str(uuid7()), "event_id": "tide", "gate": "North", "serial": serial}
    return await till.ask("POST", f"/v1/{path}", body)


@pytest.mark.parametrize("text", ["HB1-1-000002", "hb1-1-2", " 1-2 ", "2", "000002"])
async def test_a_receipt_number_leads_to_the_tickets_of_its_sale(till: Till, text: str) -> None:
    await sell(till, 1)
    sale = await sell(till, 2, "Zoë Ångström")
    await till.sign_in("gus")
    found = await find(till, text)
    assert [one.serial for one in found.candidates] == serials(sale)
    assert found.candidates[0] == GateCandidate(
        serial=serials(sale)[0],
        event_name="Tide & Timber",
        ticket_type_name="Adult",
        receipt_number=sale.body["receipt_number"],
        buyer="Zoë Ångström",
        verdict="green",
    )
    assert not found.more


@pytest.mark.parametrize("text", ["ångström", "ZOË", "zoë  ång", "Ångström"])
async def test_a_name_leads_to_them_whatever_its_case(till: Till, text: str) -> None:
    sale = await sell(till, 1, "Zoë Ångström")
    await sell(till, 1, "Somebody Else")
    assert [one.serial for one in (await find(till, text)).candidates] == serials(sale)


@pytest.mark.parametrize("text", ["nobody", "999", "HB9-1-000001", "%%%", "Zo_", "' OR 1=1 --"])
async def test_what_fits_nothing_finds_nothing(till: Till, text: str) -> None:
    await sell(till, 1, "Zoë Ångström")
    answer = await till.ask("GET", f"/v1/gates/tide/tickets?text={quote(text)}")
    assert answer.status == 422 or answer.body["candidates"] == []


@pytest.mark.parametrize("text", ["", "  ", "Zo", "?", "-", "\x1b[31m"])
async def test_too_little_is_refused_in_words(till: Till, text: str) -> None:
    await sell(till, 1, "Zoë Ångström")
    refused = await till.ask("GET", f"/v1/gates/tide/tickets?text={quote(text)}")
    assert (refused.status, refused.code) == (422, "body_invalid")
    assert "at least 3 letters" in refused.body["hint"]


async def test_it_says_what_the_gate_would_say_and_those_to_let_in_come_first(till: Till) -> None:
    other = await sell(till, 1, "Ångström", "quay")
    sale = await sell(till, 2, "Ångström")
    inside, outside = serials(sale)
    assert (await typed(till, inside)).status == 201
    found = await find(till, "ångström")
    assert [one.serial for one in found.candidates] == [outside, inside, *serials(other)]
    assert verdicts(found) == [
        ("green", ""),
        ("red", "Already inside"),
        ("red", "Ticket for another event"),
    ]
    assert (await typed(till, inside, "exits")).status == 201
    assert [one.verdict for one in (await find(till, "2")).candidates] == ["green", "green"]


async def test_a_voided_sale_is_found_and_lets_nobody_in(till: Till) -> None:
    sale = await sell(till, 1)
    void = {"txn_id": str(uuid7()), "sale_txn_id": sale.body["txn_id"], "reason": "ill"}
    done = await till.ask("POST", "/v1/voids", {**void, "approval_pin": "9999"})
    assert done.status == 201, done.body
    for text in ("1", "2"):
        (one,) = (await find(till, text)).candidates
        assert (one.verdict, one.why) == ("red", "No longer valid")
        assert (await typed(till, one.serial)).status == 409


async def test_the_chosen_one_is_admitted_by_the_usual_rules_and_recorded_as_by_hand(
    till: Till,
) -> None:
    await sell(till, 1)
    await till.sign_in("gus")
    (one,) = (await find(till, "1")).candidates
    green = await typed(till, one.serial)
    assert (green.status, green.body["verdict"]) == (201, "green")
    row = await till.opened.journal.read(lambda reader: reader.row(green.body["txn_id"]))
    assert row is not None
    assert row.readable().payload["by_hand"] is True


async def test_a_long_list_says_that_there_are_more(till: Till) -> None:
    for _ in range(21):
        await sell(till, 1, "Ångström")
    found = await find(till, "ångström")
    assert (len(found.candidates), found.more) == (20, True)


async def test_frozen_tickets_are_not_green(till: Till) -> None:
    sale = await sell(till, 1)
    frozen = serials(sale)
    await till.opened.journal.write(lambda writer: writer.set_stock_state(frozen, "frozen"))
    (one,) = (await find(till, "1")).candidates
    assert one.verdict == "amber"


async def test_how_many_are_inside_is_told_after_exits_too(till: Till) -> None:
    sale = await sell(till, 2)
    assert (await till.ask("GET", "/v1/gates/tide")).body["inside"] == 0
    for serial in serials(sale):
        await typed(till, serial)
    assert (await till.ask("GET", "/v1/gates/tide")).body["inside"] == 2
    await typed(till, serials(sale)[0], "exits")
    assert (await till.ask("GET", "/v1/gates/tide")).body["inside"] == 1
    assert (await till.ask("GET", "/v1/gates/quay")).body["inside"] == 0


@pytest.mark.parametrize("path", ["/v1/gates/nowhere", "/v1/gates/nowhere/tickets?text=17"])
async def test_an_event_that_is_not_known_is_refused(till: Till, path: str) -> None:
    refused = await till.ask("GET", path)
    assert (refused.status, refused.code) == (404, "event_unknown")


@pytest.mark.parametrize("path", ["/v1/gates/tide", "/v1/gates/tide/tickets?text=17"])
async def test_nobody_searches_without_signing_in(till: Till, path: str) -> None:
    till.token = None
    assert (await till.ask("GET", path)).status == 401
