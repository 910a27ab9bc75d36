"""The HTTP adapter against a real server: tokens, errors, bounds, time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.allotments import AllotmentRequest
from kiosk_contracts.heartbeats import Heartbeat
from tests.support.clock import FakeClock
from tests.support.far_kit import Proof, http_fleet, wait_for_answers
from tests.support.far_side import FarSide, event
from tests.support.till import Till


def _item() -> dict[str, Any]:
    return Till().admission("SERIAL")


def _heartbeat() -> Heartbeat:
    return Heartbeat(
        kiosk_id="harbour-till-1",
        journal_id=uuid4(),
        epoch=1,
        agent_version="0.1.0",
        device_time=datetime.now(UTC),
        last_sequence=0,
        queued=0,
        parked=0,
        quarantined=0,
    )


async def test_the_first_call_opens_a_session_and_later_ones_share_it() -> None:
    async with FarSide() as far, http_fleet(far) as fleet:
        far.catalogue["events"] = [event()]
        catalogues = await asyncio.gather(fleet.catalogue(), fleet.catalogue(), fleet.catalogue())
        assert {catalogue.events[0].name for catalogue in catalogues} == {"Tide"}
        assert far.requests["/v1/sessions"] == 1


async def test_by_the_venues_proxy_it_reaches_a_fleet_service_whose_name_is_not_known_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with FarSide() as far:
        async with http_fleet(far, behind_proxy="http://fleet.invalid") as fleet:
            await fleet.keys()
        assert far.requests["/v1/keys"] == 1
        async with http_fleet(far) as fleet:
            await fleet.keys()
        assert far.requests["/v1/keys"] == 2, "what the environment says counts for nothing"


async def test_a_refused_token_is_renewed_once_and_the_call_repeated() -> None:
    async with FarSide() as far, http_fleet(far) as fleet:
        await fleet.keys()
        far.revoke_tokens()
        await asyncio.gather(fleet.keys(), fleet.catalogue())
        assert far.requests["/v1/sessions"] == 2


async def test_a_call_that_is_refused_again_after_renewal_gives_up() -> None:
    async with FarSide() as far, http_fleet(far) as fleet:
        fault = far.break_with(
            "status",
            path="/v1/keys",
            times=5,
            status=401,
            problem={"code": "token_invalid", "detail": "no"},
        )
        with pytest.raises(FleetError) as caught:
            await fleet.keys()
        assert (caught.value.code, caught.value.retryable) == ("token_invalid", True)
        assert (fault.times, far.requests["/v1/sessions"]) == (3, 2)


async def test_a_token_is_renewed_before_it_ends_by_boot_time() -> None:
    clock = FakeClock()
    async with FarSide() as far, http_fleet(far, clock) as fleet:
        far.token_life_s = 100
        await fleet.keys()
        clock.advance(89)
        await fleet.keys()
        assert far.requests["/v1/sessions"] == 1
        clock.advance(1)
        await fleet.keys()
        assert far.requests["/v1/sessions"] == 2
        clock.set_wall(clock.now() + timedelta(days=400))
        await fleet.keys()
        assert far.requests["/v1/sessions"] == 2


async def test_a_wrong_secret_is_refused_for_good_and_a_mended_file_is_read_again() -> None:
    proof = Proof("wrong")
    async with FarSide() as far, http_fleet(far, proof=proof) as fleet:
        with pytest.raises(FleetError) as caught:
            await fleet.open_session(uuid4())
        assert (caught.value.code, caught.value.retryable) == ("proof_refused", False)
        proof.secret = "let me in"
        assert (await fleet.open_session(uuid4())).kiosk.kiosk_code == "HB1"
        assert proof.read == 2


async def test_a_session_of_another_kiosk_is_not_taken() -> None:
    async with FarSide("other-till") as far, http_fleet(far) as fleet:
        with pytest.raises(FleetError, match="another kiosk"):
            await fleet.keys()


async def test_nobody_listening_is_a_line_that_is_down() -> None:
    async with FarSide() as far, http_fleet(far) as fleet:
        await far.stop()
        with pytest.raises(FleetError) as caught:
            await fleet.keys()
        assert (caught.value.code, caught.value.line_down) == ("line_down", True)
        assert fleet.last_contact_at() is None
        await far.start()
        await fleet.keys()
        assert fleet.last_contact_at() is not None


@pytest.mark.parametrize(
    ("kind", "changes", "code", "line_down"),
    [
        ("reset", {}, "line_down", True),
        ("hang", {}, "line_timeout", True),
        ("garbage", {}, "upstream_garbage", False),
        ("portal", {}, "upstream_garbage", True),
        ("truncated", {}, "upstream_garbage", True),
        ("huge", {}, "upstream_garbage", True),
        ("redirect", {}, "upstream_garbage", False),
        ("commit_then_reset", {}, "line_down", True),
        ("status", {"status": 500}, "upstream_failed", False),
        ("status", {"status": 413}, "body_too_large", False),
        (
            "status",
            {"status": 422, "problem": {"code": "body_invalid", "detail": "items.0"}},
            "body_invalid",
            False,
        ),
    ],
)
async def test_what_an_upload_can_meet(
    kind: str, changes: dict[str, Any], code: str, *, line_down: bool
) -> None:
    async with FarSide() as far, http_fleet(far, total_timeout_s=60) as fleet:
        await fleet.keys()
        if kind == "hang":
            wait_for_answers(fleet, 0.5)
        far.break_with(kind, **changes)
        with pytest.raises(FleetError) as caught:
            await fleet.upload(uuid4(), [_item(), _item()])
        assert far.fired[kind] == 1
        error = caught.value
        assert (error.code, error.line_down) == (code, line_down)
        assert far.requests["/elsewhere"] == 0


async def test_outcomes_come_in_the_order_of_the_items() -> None:
    async with FarSide() as far, http_fleet(far) as fleet:
        items = [_item() for _ in range(3)]
        outcomes = await fleet.upload(uuid4(), items)
        assert [str(outcome.txn_id) for outcome in outcomes] == [
            item["envelope"]["txn_id"] for item in items
        ]


async def test_retry_after_reaches_the_caller() -> None:
    async with FarSide() as far, http_fleet(far) as fleet:
        far.break_with("status", path="/v1/keys", status=503, headers={"Retry-After": "21"})
        with pytest.raises(FleetError) as caught:
            await fleet.keys()
        assert caught.value.retry_after_s == 21


async def test_outcomes_of_another_journal_count_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with FarSide() as far, http_fleet(far) as fleet:
        answer = far._transactions
        other = str(uuid4())
        monkeypatch.setattr(
            far, "_transactions", lambda asked: answer({**asked, "journal_id": other})
        )
        with pytest.raises(FleetError, match="another journal"):
            await fleet.upload(uuid4(), [_item()])


async def test_an_allotment_that_answers_another_request_is_not_taken() -> None:
    async with FarSide() as far, http_fleet(far) as fleet:
        asked = AllotmentRequest(
            request_id=uuid4(),
            journal_id=uuid4(),
            event_id="tide",
            ticket_type_id="adult",
            quantity=3,
        )
        granted = await fleet.request_allotment(asked)
        assert len(granted.tickets) == 3
        known = far.allotments[str(asked.request_id)]
        known["ticket_type_id"] = "child"
        with pytest.raises(FleetError, match="another ticket type"):
            await fleet.request_allotment(asked)
        known["journal_id"] = str(uuid4())
        with pytest.raises(FleetError, match="another request"):
            await fleet.request_allotment(asked)


async def test_a_gate_feed_that_does_not_move_on_is_garbage() -> None:
    async with FarSide() as far, http_fleet(far) as fleet:
        far.feed = [{"cursor": 5, "fact": "revoked"}]
        with pytest.raises(FleetError, match="protocol"):
            await fleet.gate_feed(0)
        far.feed = []
        assert (await fleet.gate_feed(7)).next_cursor == 7


async def test_the_servers_time_is_learnt_from_sessions_and_heartbeats() -> None:
    clock = FakeClock(wall=datetime.now(UTC) - timedelta(hours=2))
    async with FarSide() as far, http_fleet(far, clock) as fleet:
        assert fleet.server_offset_ms() is None
        await fleet.heartbeat(_heartbeat())
        offset = fleet.server_offset_ms()
        assert offset is not None
        assert abs(offset - 7_200_000) < 60_000


async def test_the_date_of_a_refusal_is_better_than_no_time_at_all() -> None:
    clock = FakeClock(wall=datetime.now(UTC) - timedelta(hours=2))
    async with FarSide() as far, http_fleet(far, clock, proof=Proof("wrong")) as fleet:
        with pytest.raises(FleetError):
            await fleet.keys()
        offset = fleet.server_offset_ms()
        assert offset is not None
        assert abs(offset - 7_200_000) < 60_000


async def test_what_is_no_transaction_any_more_is_sent_and_judged_without_a_name() -> None:
    torn: list[Any] = ['{"envelope":', {"envelope": None}, {"envelope": {}}, [7]]
    async with FarSide() as far, http_fleet(far) as fleet:
        outcomes = await fleet.upload(uuid4(), [_item(), *torn, _item()])
    assert far.raw == torn
    statuses = [outcome.status for outcome in outcomes]
    assert statuses == ["settled", *["quarantined"] * 4, "settled"]
