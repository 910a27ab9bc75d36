"""Whose disk may go: only a kiosk's that says now that it has left, and heard that it is to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.kiosks.acts import renewed, retired
from fleet_service.venues.records import KioskRecord
from kiosk_contracts.heartbeats import Heartbeat
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.venues import Standing

NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
KIOSK = KioskRecord(
    kiosk_code="HB1",
    venue_id="harbour-hall",
    standing=Standing.ACTIVE,
    leaving_since=NOW - timedelta(hours=1),
)
Act = Callable[[str, KioskRecord, LastSeen | None, datetime], KioskRecord]


def seen(age_s: float, *, asked: datetime | None = KIOSK.leaving_since, **told: Any) -> LastSeen:
    body = {
        "kiosk_id": "till-hb1",
        "journal_id": "0197a000-0000-7000-8000-000000000001",
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": NOW,
        "last_sequence": 7,
        "queued": 0,
        "parked": 0,
        "quarantined": 0,
        "left": True,
        **told,
    }
    return LastSeen.of(Heartbeat.model_validate(body), NOW - timedelta(seconds=age_s), asked)


@pytest.mark.parametrize("act", [retired, renewed])
def test_one_that_said_so_lately_goes(act: Act) -> None:
    after = act("till-hb1", KIOSK, seen(90), NOW)
    assert after.standing in {Standing.RETIRED, Standing.EXPECTED}


@pytest.mark.parametrize("act", [retired, renewed])
@pytest.mark.parametrize(
    ("last", "words"),
    [
        (seen(91), "last heard at 2026-11-26 19:58:29 UTC, and may have recorded something"),
        (seen(1, asked=None), "has not begun to drain"),
        (seen(1, asked=NOW - timedelta(hours=2)), "has not begun to drain"),
        (seen(1, left=False), "has not begun to drain"),
        (seen(1, left=False, why_not_left=("1 cart is in payment",)), "1 cart is in payment"),
        (None, "has not reported since"),
    ],
)
def test_any_other_stays(act: Act, last: LastSeen | None, words: str) -> None:
    with pytest.raises(ProblemError) as refused:
        act("till-hb1", KIOSK, last, NOW)
    assert refused.value.code == "kiosk_not_drained"
    assert words in refused.value.problem.detail
    assert "--write-off" in refused.value.problem.hint
