"""The real agent process against a far side that misbehaves: nothing lost, nothing doubled."""

from typing import Any

import pytest

from kiosk_contracts.kiosk_status import JournalState
from tests.support.agent_process import kiosk_folder, running_agent
from tests.support.far_side import FarSide

FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "connection reset": ("reset", {}),
    "hang": ("hang", {}),
    "500": ("status", {"status": 500}),
    "500 with a problem": (
        "status",
        {"status": 500, "problem": {"code": "internal_error", "detail": "broken"}},
    ),
    "503 with Retry-After": (
        "status",
        {
            "status": 503,
            "headers": {"Retry-After": "0"},
            "problem": {"code": "upstream_busy", "detail": "busy", "retryable": True},
        },
    ),
    "garbage": ("garbage", {}),
    "hotel portal": ("portal", {}),
    "redirect": ("redirect", {}),
    "truncated": ("truncated", {}),
    "huge": ("huge", {}),
    "commits and loses the answer": ("commit_then_reset", {}),
    "delivered twice": ("delivered_twice", {}),
    "reordered outcomes": ("reordered", {}),
    "one outcome short": ("short", {}),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_everything_settles_once_after(fault: str) -> None:
    kind, changes = FAULTS[fault]
    async with FarSide() as far:
        with kiosk_folder(far.url, batch_max=10, total_timeout_s=0.7) as folder:
            recorded = await folder.queue(25)
            far.break_with(kind, times=2, **changes)
            async with running_agent(folder) as agent:
                await far.until(lambda: far.reported(last_sequence=25, queued=0))
                assert await agent.stop() == 0
            rows = await folder.rows()
    assert far.fired[kind] == 2
    assert list(far.ledger) == recorded
    assert [str(row.transaction.envelope.txn_id) for row in rows] == recorded
    assert {row.state for row in rows} == {JournalState.SETTLED}
