"""SIGKILL in the middle of an upload: nothing is stranded, and everything settles once."""

import signal
import sqlite3
from contextlib import closing

import pytest

from kiosk_contracts.kiosk_status import JournalState
from tests.support.agent_process import KioskFolder, kiosk_folder, running_agent
from tests.support.far_side import FarSide
from tests.support.odd_agents import SWITCH


def _states(folder: KioskFolder) -> list[str]:
    with closing(sqlite3.connect(f"file:{folder.journal_path}?mode=ro", uri=True)) as plain:
        rows = plain.execute("SELECT state FROM transactions ORDER BY sequence")
        return [state for (state,) in rows]


def _bring_the_line_up(far: FarSide) -> None:
    """Refuse the first batch, so that the next is a whole one: any answer says the line is up."""
    far.break_with("status", status=503)


async def _settles_after_a_restart(far: FarSide, folder: KioskFolder, recorded: list[str]) -> None:
    async with running_agent(folder) as agent:
        await far.until(lambda: far.reported(last_sequence=len(recorded), queued=0))
        assert await agent.stop() == 0
    assert {row.state for row in await folder.rows()} == {JournalState.SETTLED}
    assert list(far.ledger) == recorded


@pytest.mark.parametrize(
    ("fault", "known_already"), [("hang", 0), ("commit_then_hang", 10)], ids=["lost", "committed"]
)
async def test_killed_after_the_request_and_before_its_answer(
    fault: str, known_already: int
) -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url, batch_max=10) as folder:
            recorded = await folder.queue(25)
            _bring_the_line_up(far)
            far.break_with(fault)
            async with running_agent(folder) as agent:
                await far.until(lambda: far.fired[fault] == 1)
                agent.kill()
                assert await agent.ended() == -signal.SIGKILL
            assert _states(folder) == ["uploading"] * 10 + ["queued"] * 15
            assert len(far.ledger) == known_already
            await _settles_after_a_restart(far, folder, recorded)
    assert far.replays == dict.fromkeys(recorded[:known_already], 1)


async def test_killed_after_the_answer_and_before_its_mark() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url, batch_max=10) as folder:
            recorded = await folder.queue(25)
            _bring_the_line_up(far)
            (folder.path / SWITCH).touch()
            odd = ("-m", "tests.support.odd_agents", "dies-before-marking")
            async with running_agent(folder, program=odd) as agent:
                assert await agent.ended() == -signal.SIGKILL
            assert _states(folder) == ["uploading"] * 10 + ["queued"] * 15
            assert list(far.ledger) == recorded[:10]
            await _settles_after_a_restart(far, folder, recorded)
    assert far.replays == dict.fromkeys(recorded[:10], 1)
