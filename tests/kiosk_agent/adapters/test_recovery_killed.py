"""SIGKILL before and after every step of a salvage: the next start goes on to the same end."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from kiosk_agent.adapters import durable
from kiosk_agent.adapters.journal.recovery import prepare
from tests.support.salvage import Scene, check, scene

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import os, signal, sys
from pathlib import Path
from kiosk_agent.adapters import durable, reserve_file
from kiosk_agent.adapters.journal import mark, recovery
from tests.support.salvage import Known, Scene
from tests.support.clock import FakeClock

left = int(sys.argv[2])

def step():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def killing(function):
    def run(*words, **named):
        step()
        answer = function(*words, **named)
        step()
        return answer
    return run

for name in ("move", "write_whole", "make_directory", "remove"):
    setattr(durable, name, killing(getattr(durable, name)))
reserve_file.move = durable.move
recovery.copy_rows = killing(recovery.copy_rows)
recovery.continue_in = killing(recovery.continue_in)
mark.MarkFile.note = killing(mark.MarkFile.note)
recovery.prepare(Scene(Path(sys.argv[1]), Known(), FakeClock()).home())
"""


async def _run(one: Scene, steps: int) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(one.folder), str(steps)),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return await process.wait()


# A process for each of dozens of steps.
@pytest.mark.timeout(600)
async def test_a_kill_at_any_step_ends_as_if_there_had_been_none(tmp_path: Path) -> None:
    whole = scene(tmp_path / "whole")
    whole.wal.unlink()
    expected = await whole.outcome()
    kills, status = 0, -signal.SIGKILL
    while status == -signal.SIGKILL:
        kills += 1
        one = scene(tmp_path / str(kills))
        one.wal.unlink()
        status = await _run(one, kills)
        found = await one.outcome()
        check(one, found)
        assert (found.epoch, found.reason, sorted(found.sold), found.frozen) == (
            expected.epoch,
            expected.reason,
            sorted(expected.sold),
            expected.frozen,
        )
        assert [row.txn_id for row in found.rows] == [row.txn_id for row in expected.rows]
        assert len(one.reports()) == 1
        assert sorted(path.name for path in one.folder.iterdir()) == [
            "damaged",
            "journal.db",
            "journal.mark",
            "reserve",
        ]
    assert status == 0, "the last run was not killed"
    assert kills > 20, "every step was cut once before it and once after it"


@pytest.mark.parametrize("unsynced", ["state", "damaged"])
def test_nothing_is_moved_to_a_folder_whose_name_a_kill_left_unsynced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unsynced: str
) -> None:
    one = scene(tmp_path)
    one.wal.unlink()
    sync, done = durable.sync_directory, list[str]()

    def killed(path: Path) -> None:
        if path.name == unsynced and (one.folder / "damaged").is_dir():
            raise KeyboardInterrupt
        sync(path)

    def watched(path: Path) -> None:
        done.append(f"sync {path.name}" if one.path.exists() else "moved")
        sync(path)

    monkeypatch.setattr(durable, "sync_directory", killed)
    with pytest.raises(KeyboardInterrupt):
        prepare(one.home())
    assert (one.folder / "damaged").is_dir()
    assert one.path.exists()
    monkeypatch.setattr(durable, "sync_directory", watched)
    prepare(one.home())
    assert set(done[: done.index("moved")]) >= {"sync state", "sync damaged"}
