"""A kiosk may tell so much of itself, and so often: no agent ever meets it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from fleet_service.commands import routes
from fleet_service.heartbeats.pace import LONGEST_REPORT, KioskPace
from fleet_service.sessions.tokens import AskingKiosk
from kiosk_contracts.heartbeats import MOST_STOCK, Heartbeat
from kiosk_contracts.images import MOST_IMAGES, MOST_NAME, MOST_WHY
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.repairs import MOST_REPAIR_TEXT, MOST_REPAIRS
from kiosk_contracts.ui_report import MOST_CRASHING, MOST_UI_TEXT
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from kiosk_contracts.wire import MOST
from tests.support.command_desk import CommandDesk, outcome_of
from tests.support.fleet import JOURNAL_ID, KIOSK_ID, OTHER_KIOSK_ID, FakeFleetClock
from tests.support.operator_desk import Told, operator_desk

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC).isoformat()
PACE = {"kiosk_reports_per_s": 5, "kiosk_reports_burst": 60}


def report(kiosk_id: str = KIOSK_ID, **told: Any) -> dict[str, Any]:
    return {
        "kiosk_id": kiosk_id,
        "journal_id": str(JOURNAL_ID),
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": NOW,
        **dict.fromkeys(("last_sequence", "queued", "parked", "quarantined"), 10**9),
        **told,
    }


def longest() -> dict[str, Any]:
    """Return a report of which every part is as long as it may be."""
    why, slug = "Ж" * MOST_WHY, "a" * 63
    image = {"image": "r" * MOST_NAME, "state": "pulling", "why": why, "for_good": True}
    sizes = {"got_bytes": 10**12, "of_bytes": 10**12, "next_try_at": NOW}
    fault = "Ж" * MOST_REPAIR_TEXT
    repair = {"name": "n" * 64, "why": fault, "at": NOW, "outcome": fault, "in_a_row": 10**6}
    crash = {"image": "r" * MOST_NAME, "ends": 99, "last_exit": "Ж" * MOST_UI_TEXT, "last_at": NOW}
    left = {"event_id": slug, "ticket_type_id": slug, "left": 10**6, "held": 10**6}
    return report(
        refunds_to_give=["H" * 60] * 20,
        why_not_left=[why] * 20,
        images=[image | sizes] * MOST_IMAGES,
        repairs=[repair] * MOST_REPAIRS,
        ui={"source": "ecs", "image": "r" * 500, "since": NOW, "crashing": [crash] * MOST_CRASHING},
        stock=[left] * MOST_STOCK,
    )


async def send(desk: CommandDesk, body: bytes, kiosk_id: str = KIOSK_ID) -> Told:
    headers = {KIOSK_TOKEN_HEADER: desk.tokens[kiosk_id], "Content-Type": "application/json"}
    return await desk.ops.ask("POST", "/v1/heartbeats", token=None, headers=headers, raw=body)


@pytest.fixture
async def desk(tmp_path: Path) -> Any:
    async with operator_desk(tmp_path, **PACE) as built:
        yield await CommandDesk.of(built)


async def test_the_longest_report_is_taken_and_one_that_no_agent_makes_is_not(
    desk: CommandDesk,
) -> None:
    whole = json.dumps(longest()).encode()
    Heartbeat.model_validate_json(whole)
    assert len(whole) < LONGEST_REPORT * 0.75
    assert (await send(desk, whole)).status == 200
    padded = whole + b" " * (LONGEST_REPORT - len(whole))
    assert (await send(desk, padded)).status == 200
    told = await send(desk, padded + b" ")
    assert (told.status, told.code) == (413, "body_too_large")
    assert f"{LONGEST_REPORT} bytes" in told.body["detail"]
    assert "transactions" not in told.body["hint"]


@pytest.mark.parametrize("field", ["epoch", "last_sequence", "queued", "parked", "quarantined"])
async def test_a_number_that_no_figure_holds_is_refused_by_its_name(
    desk: CommandDesk, field: str
) -> None:
    assert (await send(desk, json.dumps(report(**{field: MOST})).encode())).status == 200
    for beyond in (MOST + 1, 10**30, -1):
        told = await send(desk, json.dumps(report(**{field: beyond})).encode())
        assert (told.status, told.code) == (422, "body_invalid")
        assert field in told.body["detail"]


async def test_so_is_one_in_a_part_of_a_report(desk: CommandDesk) -> None:
    one = {"event_id": "e", "ticket_type_id": "t", "left": MOST + 1}
    told = await send(desk, json.dumps(report(stock=[one])).encode())
    assert told.status == 422
    assert "left" in told.body["detail"]


async def test_one_kiosk_that_reports_without_end_is_told_to_wait_and_no_other(
    desk: CommandDesk,
) -> None:
    body = json.dumps(report()).encode()
    statuses = [(await send(desk, body)).status for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    told = await send(desk, body)
    assert (told.code, told.body["retryable"]) == ("too_many_requests", True)
    assert told.headers["Retry-After"] == "1"
    other = json.dumps(report(OTHER_KIOSK_ID)).encode()
    assert (await send(desk, other, OTHER_KIOSK_ID)).status == 200
    desk.ops.clock.advance(1)
    assert [(await send(desk, body)).status for _ in range(6)] == [200] * 5 + [429]
    # What came of its commands is counted with it.
    assert (await desk.tells(str(uuid4()), outcome_of("done"))).status == 429


async def test_an_agent_never_meets_it_after_an_outage_either(desk: CommandDesk) -> None:
    body = json.dumps(report()).encode()
    for _ in range(40):
        # Answers that were lost on the way: each was sent, and counted, though nobody heard it.
        for _ in range(3):
            assert (await send(desk, body)).status == 200
        desk.ops.clock.advance(15 * 0.8)


async def test_what_came_of_a_command_that_nobody_ordered_is_not_read(
    desk: CommandDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(*_: object, **__: object) -> web.Response:
        pytest.fail("it was read")

    monkeypatch.setattr(routes, "read_model", read)
    told = await desk.tells(str(uuid4()), outcome_of("done", content=b"x" * 100_000))
    assert (told.status, told.code) == (404, "command_unknown")


def test_a_host_that_was_replaced_mutes_no_other() -> None:
    pace = KioskPace(FakeFleetClock(), per_s=1, burst=2)
    old, new = (
        AskingKiosk(KIOSK_ID, "hall", JOURNAL_ID, instance_id=f"mi-{one}") for one in ("old", "new")
    )
    for _ in range(2):
        pace.count(old)
    with pytest.raises(ProblemError, match="too often"):
        pace.count(old)
    pace.count(new)
