"""Every change by an operator is written down before it is made, and its outcome afterwards."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from fleet_service.audit.service import AuditTrail
from fleet_service.operators.rights import READING, RIGHTS
from fleet_service.venues.routes import VENUES
from fleet_service.venues.service import Venues
from kiosk_contracts.venues import Venue, VenueStanding
from tests.support.operator_desk import OperatorDesk
from tests.support.operators import venue

CHANGES = sorted(each for each in RIGHTS if each[0] not in READING)


def place(path: str) -> str:
    return path.format(
        venue_id="harbour-hall",
        kiosk_id="till-hb1",
        activation_id="none",
        token_id="0" * 16,
        alarm_id="harbour-hall.till-hb1.parked",
        scope="harbour-hall",
        release_id="none",
        move_id="01999999-0000-7000-8000-000000000000",
        command_id="01999999-0000-7000-8000-000000000000",
    )


async def test_a_change_is_written_down_with_who_from_where_what_and_how_it_ended(
    desk: OperatorDesk,
) -> None:
    made = await desk.make("operator", "Ana")
    body = json.dumps(venue("harbour-hall", "HB1")).encode()
    desk.clock.advance(1)
    told = await desk.ask("PUT", "venues/harbour-hall", token=made["token"], raw=body)
    assert told.status == 200
    entry, making = await desk.audit()
    assert UUID(entry.pop("entry_id")).version == 7
    assert entry == {
        "at": "2026-11-24T12:00:01Z",
        "token_id": made["token_id"],
        "name": "Ana",
        "role": "operator",
        "via": "token",
        "address": "127.0.0.1",
        "request_id": told.headers["EventPro-Request-Id"],
        "method": "PUT",
        "route": "/v1/ops/venues/{venue_id}",
        "targets": ["venue/harbour-hall"],
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "summary": "name: Harbour Hall; time_zone: Europe/Berlin; also kiosks, venue_id",
        "state": "done",
        "status": 200,
        "code": "",
    }
    assert making["targets"] == [f"operator-token/{made['token_id']}"]
    assert making["summary"] == "name: Ana; role: operator; expires_at: 2026-12-24T12:00:00+00:00"
    assert (making["status"], making["token_id"]) == (201, "settings")


async def test_what_was_refused_is_written_down_too_with_why(desk: OperatorDesk) -> None:
    viewer = await desk.token("viewer")
    for token, method, path, code, status in (
        (viewer, "DELETE", "venues/a", "role_too_low", 403),
        (None, "DELETE", "venues/a", "venue_unknown", 404),
        (None, "POST", "kiosks/till-1/write-off", "body_invalid", 422),
    ):
        desk.clock.advance(1)
        given = {"token": token} if token else {}
        assert (await desk.ask(method, path, {}, **given)).status == status
        [entry, *_] = await desk.audit()
        assert (entry["state"], entry["status"], entry["code"]) == ("refused", status, code)


async def test_a_change_by_the_dashboard_says_so_and_a_session_is_a_change(
    desk: OperatorDesk,
) -> None:
    browser = await desk.sign_in()
    desk.clock.advance(1)
    await browser.ask("PUT", "venues/a", venue("a"))
    change, opened = await desk.audit()
    assert (change["via"], change["route"]) == ("session", "/v1/ops/venues/{venue_id}")
    assert (opened["via"], opened["route"]) == ("token", "/v1/ops/session")


async def test_reading_and_addresses_that_are_none_are_not_written_down(
    desk: OperatorDesk,
) -> None:
    for method, path in (("GET", "venues"), ("HEAD", "venues"), ("POST", "nothing")):
        await desk.ask(method, path)
    assert await desk.audit() == []


@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_no_change_is_made_that_can_not_be_written_down(
    desk: OperatorDesk, method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = []

    async def handler(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response()

    [route] = [
        each
        for each in desk.app.router.routes()
        if each.method == method and each.resource is not None and each.resource.canonical == path
    ]
    monkeypatch.setattr(route, "_handler", handler)
    faulty = desk.break_audit()
    faulty.fail_commits_after(0)
    told = await desk.ask(method, place(path), {})
    assert (told.status, told.code) == (503, "audit_unwritten")
    assert told.headers["Retry-After"]
    assert (reached, faulty.failed) == ([], 1)
    faulty.heal()
    # That the handler would have been reached: the refusal is not of something else.
    assert (await desk.ask(method, place(path), {})).status == 200
    assert reached == [place(path)]


async def test_an_entry_whose_answer_was_lost_lets_nothing_be_changed_and_stays_begun(
    desk: OperatorDesk,
) -> None:
    faulty = desk.break_audit()
    faulty.lose_answers(1)
    assert (await desk.ask("PUT", "venues/a", venue("a"))).code == "audit_unwritten"
    assert faulty.failed == 1
    [entry] = await desk.audit()
    assert (entry["state"], entry["status"]) == ("begun", None)
    assert (await desk.ask("GET", "venues/a")).status == 404


async def test_a_change_whose_outcome_is_not_written_was_made_and_stays_begun(
    desk: OperatorDesk,
) -> None:
    faulty = desk.break_audit()
    faulty.fail_commits_after(1)
    assert (await desk.ask("PUT", "venues/a", venue("a"))).status == 200
    assert faulty.failed == 1
    faulty.heal()
    [entry] = await desk.audit()
    assert (entry["state"], entry["targets"]) == ("begun", ["venue/a"])
    assert (await desk.ask("GET", "venues/a")).status == 200


async def test_it_is_written_down_before_the_change_begins(
    desk: OperatorDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    put = Venues.put

    async def watched(self: Venues, wanted: Venue) -> VenueStanding:
        seen.extend(await desk.audit())
        return await put(self, wanted)

    monkeypatch.setattr(Venues, "put", watched)
    await desk.ask("PUT", "venues/a", venue("a"))
    assert [(one["state"], one["targets"]) for one in seen] == [("begun", ["venue/a"])]
    assert [one["state"] for one in await desk.audit()] == ["done"]


def _raising(error: Exception) -> Callable[..., Awaitable[None]]:
    async def fail(*_: object) -> None:
        raise error

    return fail


async def test_a_service_that_fails_says_so_in_the_entry(
    desk: OperatorDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.app[VENUES], "put", _raising(RuntimeError("a fault")))
    assert (await desk.ask("PUT", "venues/a", venue("a"))).status == 500
    [entry] = await desk.audit()
    assert (entry["state"], entry["status"], entry["code"]) == ("failed", 500, "internal_error")


async def test_no_secret_and_nobodys_number_gets_into_it(desk: OperatorDesk) -> None:
    secrets = {
        "token": "eop_secret",
        "enrolment_token_sha256": "ab" * 32,
        "pin": "4711",
        "contact": "+49 40 1234",
        "reason": {"nested": "hidden"},
        "name": "Hall",
        "some_new_field": "not thought of",
    }
    await desk.ask("PUT", "venues/a", secrets)
    [entry] = await desk.audit()
    text = json.dumps(entry)
    assert entry["summary"] == (
        "name: Hall; also contact, enrolment_token_sha256, pin, some_new_field, token"
    )
    for value in ("eop_secret", "abab", "4711", "1234", "hidden", "not thought of"):
        assert value not in text.replace(entry["body_sha256"], "")


async def test_what_stands_in_addresses_and_bodies_is_made_harmless(desk: OperatorDesk) -> None:
    body = {"reason": "<script>alert(1)</script>\x1b[2J\u202e", "risk_accepted": True}
    await desk.ask("POST", "kiosks/%3Cb%3E%E2%80%AEx/write-off", body)
    [entry] = await desk.audit()
    assert entry["targets"] == ["kiosk/\u2039b\u203a x"]
    told = "reason: \u2039script\u203aalert(1)\u2039/script\u203a ; risk_accepted: True"
    assert entry["summary"] == told
    assert await desk.audit("?target=kiosk/%3Cb%3E%E2%80%AEx") == [entry]
    assert await desk.audit(f"?actor={'x' * 5000}") == []


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[1]", b'"text"', b"[" * 100_000, b"{" * 9])
async def test_a_body_that_can_not_be_read_is_written_down_by_its_digest(
    desk: OperatorDesk, raw: bytes
) -> None:
    await desk.ask("PUT", "venues/a", raw=raw)
    [entry] = await desk.audit()
    assert entry["body_sha256"] == hashlib.sha256(raw).hexdigest()
    assert (entry["summary"], entry["state"]) == ("", "refused")


async def test_an_activation_is_found_by_its_venue_and_its_kiosks(desk: OperatorDesk) -> None:
    body = {
        "activation_id": "a-1",
        "venue_id": "hall",
        "kiosk_ids": ["k1", "k2", 3, "k1"],
    }
    await desk.ask("POST", "activations", body)
    for target in ("activation/a-1", "venue/hall", "kiosk/k1", "kiosk/k2"):
        [entry] = await desk.audit(f"?target={target}")
        assert entry["targets"] == ["venue/hall", "activation/a-1", "kiosk/k1", "kiosk/k2"]
    many = {"kiosk_ids": [f"k{number}" for number in range(500)]}
    await desk.ask("POST", "activations", many)
    assert len((await desk.audit("?target=kiosk/k7"))[0]["targets"]) == 45


def test_nothing_takes_an_entry_away() -> None:
    doing = {name for name in vars(AuditTrail) if not name.startswith("_")}
    assert doing == {"begin", "finish", "note", "page", "today"}
