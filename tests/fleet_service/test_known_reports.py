"""A report that says what the last one said is not read again, and is taken as if it were."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fleet_service.heartbeats.answers import Answers, answer_of
from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.heartbeats.memory import MemoryHeartbeats
from fleet_service.heartbeats.reports import KnownReports, Report, report_of
from fleet_service.heartbeats.service import Heartbeats
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.sessions.tokens import AskingKiosk
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.problem import ProblemError
from tests.support.fleet import JOURNAL_ID, FakeFleetClock

KIOSK = "till-hb1"
NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
ASKING = AskingKiosk(KIOSK, "harbour-hall", UUID(str(JOURNAL_ID)), None)


def registered(**told: Any) -> RegisteredKiosk:
    named = {"kiosk_id": KIOSK, "kiosk_code": "HB1"}
    return RegisteredKiosk(**named, venue_id="harbour-hall", venue_name="Harbour Hall", **told)


IMAGES = registered(images_wanted=(f"registry.example.com/kiosk-ui@sha256:{'a' * 64}",))


def body(at: str = NOW.isoformat(), **told: Any) -> bytes:
    report = {
        "kiosk_id": KIOSK,
        "journal_id": str(JOURNAL_ID),
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": at,
        "last_sequence": 7,
        "queued": 0,
        "parked": 0,
        "quarantined": 0,
        "stock": [{"event_id": "tide", "ticket_type_id": "adult", "left": 3}],
    }
    return json.dumps({**report, **told}).encode()


def whole(raw: bytes) -> Heartbeat:
    return Heartbeat.model_validate(json.loads(raw))


def recalled(known: KnownReports, raw: bytes, kiosk_id: str = KIOSK) -> Report | None:
    return known.recall(kiosk_id, raw, lambda: whole(raw))


def read(raw: bytes) -> Report:
    """Return a report as it is read in full."""
    return report_of(whole(raw))


def known_of(raw: bytes) -> KnownReports:
    known = KnownReports()
    known.remember(raw, read(raw))
    return known


@pytest.mark.parametrize("at", ["2026-11-26T20:00:15Z", "2026-11-26T21:00:15.25+01:00"])
def test_the_same_at_another_time_is_what_reading_it_in_full_gives(at: str) -> None:
    found = recalled(known_of(body()), body(at))
    assert found is not None
    full = read(body(at))
    assert (found.kiosk_id, found.figures, found.device_time) == full[:3]
    assert found.seen(NOW, None).to_json() == full.seen(NOW, None).to_json()
    assert found.gist(NOW, None) == full.seen(NOW, None).gist
    assert found.gist(NOW, None).clock_offset_s == 15


@pytest.mark.parametrize(
    "other",
    [
        body(queued=1),
        body(stock=[]),
        body(unheard_of=True),
        body()[:-1] + b" }",
        body("2026-11-26T20:00:15"),
        body("2026-13-26T20:00:15Z"),
        body('2026-11-26T20:00:15Z", "queued": 5, "x": "'),
        body().replace(b'"device_time"', b'"device_Time"'),
    ],
)
def test_anything_else_is_read_in_full(other: bytes) -> None:
    assert recalled(known_of(body()), other) is None


@pytest.mark.parametrize(
    "odd",
    [
        # Which of two counts is JSON's affair; here neither is taken for the other.
        body()[:-1] + b', "device_time": "2026-11-26T20:00:00Z"}',
        body(of_newer={"device_time": "2026-11-26T20:00:00Z"}),
        body()[:-1] + b', "\\u0064evice_time": "2026-11-26T19:00:00Z"}',
    ],
)
def test_what_is_not_plain_is_not_remembered(odd: bytes) -> None:
    assert recalled(known_of(odd), odd) is None


def test_another_kiosk_s_report_is_no_report_of_this_one() -> None:
    assert recalled(known_of(body()), body(), "till-hb2") is None


async def test_a_wrong_time_is_refused_after_a_right_one_too() -> None:
    heartbeats = Heartbeats(MemoryHeartbeats(), FakeFleetClock())
    heartbeats.read(ASKING, body())
    for wrong in ("2026-11-26T20:00:15", "never", "2026-13-26T20:00:15Z"):
        with pytest.raises(ProblemError, match="device_time") as refused:
            heartbeats.read(ASKING, body(wrong))
        assert refused.value.problem.status == 422


async def test_a_kiosk_that_says_the_same_is_kept_once_a_minute_and_its_news_at_once() -> None:
    clock, kept = FakeFleetClock(), MemoryHeartbeats()
    heartbeats = Heartbeats(kept, clock)
    times: list[LastSeen | None] = []
    for step in range(9):
        at = (clock.now() + timedelta(seconds=2)).isoformat()
        await heartbeats.keep(heartbeats.read(ASKING, body(at, queued=step // 8 * 40)), None)
        times.append(await kept.last(KIOSK))
        clock.advance(15)
    offsets = [
        (one.seen_at - times[0].seen_at).total_seconds() for one in times if one and times[0]
    ]
    assert offsets == [0, 0, 0, 0, 60, 60, 60, 60, 120]
    assert times[-1] is not None
    assert (times[-1].queued, times[-1].clock_offset_s) == (40, 2)


@pytest.mark.parametrize("kiosk", [None, registered(), registered(leaving=True), IMAGES])
def test_an_answer_is_told_as_its_model_tells_it(kiosk: RegisteredKiosk | None) -> None:
    answers = Answers()
    for at in (NOW, NOW + timedelta(microseconds=123456), NOW.replace(year=2100)):
        told = HeartbeatAnswer.model_validate_json(answers.text(at, kiosk))
        assert told == answer_of(at, kiosk)
        assert json.loads(answers.text(at, kiosk)).keys() == answer_of(at, kiosk).to_json().keys()
