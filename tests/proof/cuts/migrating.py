"""Opens a journal of an earlier version as the agent does, and closes it: a run to be cut.

    python -m tests.proof.cuts.migrating

with the journal's folder in the environment's PROOF_FOLDER.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk_agent.adapters.journal.recovery import Home, prepare
from kiosk_agent.adapters.journal.store import SqliteJournal, open_journal
from kiosk_agent.adapters.reserve_file import ReserveFile
from tests.proof.kiosk_at_work import RESERVE
from tests.support.clock import FakeClock
from tests.support.journal import KIOSK_ID


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[SqliteJournal]:
    """Open the journal of a folder: salvaged if it must be, migrated. Its host had no id."""
    clock = FakeClock()
    home = Home(folder / "journal.db", KIOSK_ID, "", ReserveFile(folder / RESERVE), clock)
    async with open_journal(
        home.path,
        clock=clock,
        kiosk_id=KIOSK_ID,
        prepare=lambda _: prepare(home),
    ) as journal:
        yield journal


async def migrate(folder: Path) -> None:
    """Open the journal and close it."""
    async with opened(folder):
        pass


if __name__ == "__main__":
    asyncio.run(migrate(Path(os.environ["PROOF_FOLDER"])))
