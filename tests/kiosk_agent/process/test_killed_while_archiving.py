"""SIGKILL at every step of archiving: each transaction is in the journal or whole in an archive."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.domain.archiving import ArchiveLine
from kiosk_contracts.kiosk_status import JournalState
from tests.support.archiving import AFTER_S, Sold, names, sell, settle, tidy
from tests.support.clock import FakeClock
from tests.support.ui_socket import Till, till_in

ROOT = Path(__file__).resolve().parents[3]
STEPS = {
    "before anything is synced": ("os", "fsync", 1),
    "before the folder knows of it": ("os", "fsync", 2),
    "before it is read back": ("kiosk_agent.adapters.archive_files.FileArchives", "_check", 1),
    "before it has its name": ("pathlib.Path", "rename", 1),
    "before the rows leave": (
        "kiosk_agent.adapters.journal.writing.SqliteWriter",
        "leave_for_archive",
        1,
    ),
    "while the rows leave": ("kiosk_agent.adapters.journal.writing.SqliteWriter", "_change", 1),
    "before they are forgotten": ("kiosk_agent.adapters.journal.writing.SqliteWriter", "forget", 1),
}

ARCHIVER = """
import asyncio, os, signal, sys
from pathlib import Path
from pkgutil import resolve_name
from tests.support.archiving import AFTER_S, tidy
from tests.support.clock import FakeClock
from tests.support.ui_socket import till_in

async def main():
    folder, owner = Path(sys.argv[1]), resolve_name(sys.argv[2])
    name, turn = sys.argv[3], int(sys.argv[4])
    clock = FakeClock()
    clock.advance(AFTER_S + 1)
    async with till_in(folder, clock) as till:
        whole, calls = getattr(owner, name), []

        def dies(*values, **named):
            calls.append(name)
            if len(calls) == turn:
                print("reached", flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            return whole(*values, **named)

        setattr(owner, name, dies)
        await tidy(till, folder)

asyncio.run(main())
"""


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_leaves_every_transaction_somewhere_and_a_restart_cleans_up(
    tmp_path: Path, step: str
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(9)
        await till.open_shift()
        sold = [await sell(till) for _ in range(3)]
        await settle(till)
        await till.opened.append()
        await settle(till)
    owner, name, turn = STEPS[step]
    child = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", ARCHIVER, str(tmp_path), owner, name, str(turn)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "reached" in child.stdout, child.stderr
    assert child.returncode == -signal.SIGKILL

    clock = FakeClock()
    clock.advance(AFTER_S + 2)
    async with till_in(tmp_path, clock) as till:
        await _everything_is_there(tmp_path, till, sold)
        await tidy(till, tmp_path)
        await _everything_is_there(tmp_path, till, sold)
        kept = await till.opened.journal.read(lambda reader: reader.archives())
        rows = await till.opened.journal.read(lambda r: r.rows_page(before=None, limit=99))
    assert [row.sequence for row in rows] == [5], "the newest alone stays"
    assert names(tmp_path) == [facts.name for facts in kept], "nothing else lies there"


async def _everything_is_there(folder: Path, till: Till, sold: list[Sold]) -> None:
    rows = await till.opened.journal.read(lambda reader: reader.rows_page(before=None, limit=99))
    files = FileArchives(folder / "archive")
    archived = [line["sequence"] for name in files.names() for line in _whole(files, name)]
    assert {row.sequence for row in rows} | set(archived) == {1, 2, 3, 4, 5}
    counts = await till.opened.journal.read(lambda reader: reader.counts())
    assert counts.by_state[JournalState.SETTLED] == 5
    await till.sign_in("ana")
    for one in sold:
        again = await till.ask("POST", "/v1/sales", one.request)
        assert again.body == {**one.body, "replayed": True}


def _whole(files: FileArchives, name: str) -> Sequence[ArchiveLine]:
    files.verify(name)
    return files.read(name)
