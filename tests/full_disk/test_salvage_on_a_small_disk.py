"""A damaged journal on a small real disk: it is saved in little more room than it takes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk_agent.adapters.disk_room import StateDirRoom
from kiosk_agent.adapters.journal.recovery import Home, prepare
from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_contracts.problem import ProblemError
from tests.support.clock import FakeClock
from tests.support.journal import KIOSK_ID, journal_in, new_transaction
from tests.support.mounts import small_filesystem

pytestmark = [pytest.mark.mounts, pytest.mark.timeout(300)]

ROWS = 5600


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
async def test_it_starts_as_soon_as_a_copy_fits(tmp_path: Path, kind: str) -> None:
    with small_filesystem(kind, tmp_path) as disk:
        path, clock, payload = disk / "journal.db", FakeClock(), {"gate": "N" * 600}
        async with journal_in(disk, clock) as opened:
            for _ in range(8):
                await opened.journal.write(
                    lambda writer: [
                        writer.append(new_transaction(payload=payload)) for _ in range(ROWS // 8)
                    ]
                )
        size = path.stat().st_size
        _hurt(path)
        before = path.read_bytes()
        room = StateDirRoom(disk, 0)
        filler = disk / "images"
        home = Home(path, KIOSK_ID, "", ReserveFile(disk / "reserve"), clock)

        async def start() -> int:
            async with open_journal(
                path, clock=clock, kiosk_id=KIOSK_ID, prepare=lambda _: prepare(home)
            ) as journal:
                return len(await journal.read(lambda reader: reader.rows_after(0, 99_999)))

        for free in (0, size // 2):
            filler.write_bytes(b"")
            filler.write_bytes(b"\0" * (room.free_bytes() - free - 100_000))
            with pytest.raises(ProblemError) as caught:
                await start()
            assert caught.value.code == "storage_full"
            assert "must be free" in str(caught.value.problem.detail)
            assert path.read_bytes() == before
            left = {one.name for one in disk.iterdir()}
            assert not {"damaged", "journal.fresh.db", "new-epoch.json"} & left
        filler.write_bytes(b"")
        filler.write_bytes(b"\0" * (room.free_bytes() - size - 1_000_000))
        assert await start() == ROWS


def _hurt(path: Path) -> None:
    uri = f"{path.as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as plain:
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'upload_attempts'"
        root = plain.execute(sql).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff")
