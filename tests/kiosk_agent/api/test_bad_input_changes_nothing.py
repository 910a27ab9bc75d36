"""The list of bad input, each item over the real socket: a clear problem, and nothing changed."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_contracts.gates import GateFeedEntry
from kiosk_contracts.serials import format_serial
from kiosk_contracts.ticket_code import TicketCode
from tests.support.journal import at
from tests.support.tickets import Signer, euros
from tests.support.ui_socket import Till, line, sale_of, till_in

REVOKED, INSIDE, OTHER = (format_serial(number) for number in (4711, 4712, 4713))
EVIL = "Eve\u001b[2J"

Request = tuple[str, str, Any]


@dataclass(frozen=True)
class Evening:
    """A till in the middle of its work."""

    till: Till
    sold: dict[str, Any]
    """The request of a sale that was recorded."""
    in_payment: dict[str, Any]
    """The request that closes the cart in payment."""


Make = Callable[[Evening], Request]


def _cart(*lines: dict[str, Any]) -> Make:
    return lambda _evening: ("PUT", f"/v1/carts/{uuid7()}", {"lines": list(lines)})


def _scan(code: Callable[[Till], str], gate: str = "North") -> Make:
    def make(evening: Evening) -> Request:
        text = code(evening.till)
        body = {"txn_id": str(uuid7()), "event_id": "tide", "gate": gate, "code": text}
        return "POST", "/v1/admissions", body

    return make


def _forged(till: Till) -> str:
    return replace(TicketCode.decode(till.signer.code(OTHER)), signature=bytes(64)).encode()


def _sale(**changes: Any) -> Make:
    """Close the cart that is in payment, with something else about it."""
    return lambda evening: ("POST", "/v1/sales", {**evening.in_payment, **changes})


def _sold_before(**changes: Any) -> Make:
    return lambda evening: ("POST", "/v1/sales", {**evening.sold, **changes})


def _raw(body: bytes) -> Make:
    return lambda _evening: ("POST", "/v1/sales", body)


BAD: dict[str, tuple[Make, int, str]] = {
    "unknown event": (_cart(line("nowhere", "adult", 1)), 404, "event_unknown"),
    "unknown type": (_cart(line("tide", "royal", 1)), 404, "ticket_type_unknown"),
    "quantity zero": (_cart(line("tide", "adult", 0)), 422, "quantity_invalid"),
    "quantity negative": (_cart(line("tide", "adult", -1)), 422, "quantity_invalid"),
    "quantity above the limit": (_cart(line("tide", "adult", 21)), 422, "quantity_invalid"),
    "second line can't be had": (
        _cart(line("tide", "adult", 1), line("quay", "adult", 1)),
        409,
        "stock_used_up",
    ),
    "price differs": (_sale(total=euros("1.00").to_json()), 409, "price_differs"),
    "tender differs": (_sale(tender=[]), 422, "body_invalid"),
    "sold out": (_cart(line("tide", "child", 3)), 409, "sold_out"),
    "forged": (_scan(_forged), 422, "ticket_forged"),
    "truncated": (_scan(lambda till: till.signer.code(OTHER)[:60]), 422, "ticket_truncated"),
    "foreign": (_scan(lambda _till: "https://example.com/1"), 422, "ticket_foreign"),
    "revoked": (_scan(lambda till: till.signer.code(REVOKED)), 409, "ticket_revoked"),
    "already admitted": (_scan(lambda till: till.signer.code(INSIDE)), 409, "already_admitted"),
    "key not known yet": (
        _scan(lambda _till: Signer(key_id=2).code(OTHER)),
        409,
        "ticket_key_unknown",
    ),
    "another event's": (
        _scan(lambda till: till.signer.code(OTHER, "quay")),
        409,
        "ticket_wrong_event",
    ),
    "the same txn_id, another payload": (
        _sold_before(total=euros("1.00").to_json()),
        422,
        "txn_payload_differs",
    ),
    "not JSON": (_raw(b"{"), 400, "body_not_json"),
    "too large": (_raw(b" " * 70_000), 413, "body_too_large"),
    "control characters in a buyer's name": (_sale(buyer={"name": EVIL}), 422, "body_invalid"),
    "control characters in a gate's name": (
        _scan(lambda till: till.signer.code(OTHER), gate=EVIL),
        422,
        "body_invalid",
    ),
}


def _snapshot(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as plain:
        tables = [name for (name,) in plain.execute("SELECT name FROM sqlite_schema")]
        kept = [name for name in tables if not name.startswith(("sqlite_", "idx_"))]
        return {name: plain.execute(f'SELECT * FROM "{name}"').fetchall() for name in kept}  # noqa: S608


async def _busy(till: Till) -> Evening:
    """Sell once, leave a cart in payment, learn of two tickets."""
    await till.opened.stock(5)
    await till.opened.stock(2, asked=10, ticket_type_id="child")
    await till.open_shift()
    sale, waiting = str(uuid7()), str(uuid7())
    requests = {}
    for txn_id in (sale, waiting):
        total = (await till.put_cart(txn_id, adult=1)).body["total"]
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        requests[txn_id] = sale_of(txn_id, total)
    assert (await till.ask("POST", "/v1/sales", requests[sale])).status == 201
    common = {"event_id": "tide", "at": at("18:55:00"), "gate": "South"}
    facts = [
        GateFeedEntry(cursor=1, fact="revoked", serial=REVOKED, **common),  # type: ignore[arg-type]
        GateFeedEntry(cursor=2, fact="admitted", serial=INSIDE, **common),  # type: ignore[arg-type]
    ]
    await till.opened.journal.write(lambda writer: writer.add_gate_facts(facts, 2))
    return Evening(till, requests[sale], requests[waiting])


@pytest.mark.parametrize("item", BAD)
async def test_it_gets_a_clear_problem_and_changes_nothing(tmp_path: Path, item: str) -> None:
    make, status, code = BAD[item]
    async with till_in(tmp_path) as till:
        evening = await _busy(till)
        till.line.up = item != "second line can't be had"
        method, path, body = make(evening)
        before = _snapshot(till.opened.path)
        refused = await till.ask(method, path, body)
        assert _snapshot(till.opened.path) == before
    assert (refused.status, refused.code) == (status, code)
    assert refused.body["title"]
    assert refused.body["detail"]
    assert refused.body["hint"]
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert "\u001b" not in json.dumps(refused.body, ensure_ascii=False)


async def test_an_unknown_protocol_version_changes_nothing(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = (await _busy(till)).in_payment
        before = _snapshot(till.opened.path)
        refused = await till.ask("POST", "/v1/sales", sale, headers={"EventPro-Protocol": "2"})
        assert _snapshot(till.opened.path) == before
        assert (refused.status, refused.code) == (400, "protocol_version_unsupported")
        assert (await till.ask("POST", "/v1/sales", sale)).status == 201


async def test_an_ended_lease_changes_nothing(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _busy(till)
        till.clock.advance(86_400)
        before = _snapshot(till.opened.path)
        refused = await till.put_cart(uuid7(), adult=1)
        assert _snapshot(till.opened.path) == before
    assert (refused.code, refused.body["hint"] != "") == ("lease_ended", True)
