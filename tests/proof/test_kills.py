"""The real agent, killed again and again while it sells and sends: every 201 settles once."""

from pathlib import Path

import pytest

from tests.proof.kills import kill_at_random, venue

KILLS = 12


@pytest.mark.timeout(600)
async def test_every_201_is_in_the_journal_and_settles_once_whenever_the_agent_is_killed(
    tmp_path: Path,
) -> None:
    async with venue(tmp_path) as running:
        report = await kill_at_random(running, seed=11, kills=KILLS)
    assert report.findings == []
    assert report.kills == KILLS
    assert report.answers > KILLS
    assert report.transactions >= report.answers
