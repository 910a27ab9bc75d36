"""Parts of the run that end by SIGKILL."""

import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import pytest
from uuid6 import uuid7

from kiosk_agent.adapters import durable
from kiosk_agent.adapters.journal.writing import SqliteWriter
from tests.proof.cuts.run import Run


async def first_archive(run: Run) -> None:
    """Archive for the first time; are killed when the folder was made, and is not durable yet."""
    async with run.kiosk() as kiosk:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(durable, "sync_directory", die)
            await kiosk.archive_some()


async def archive(run: Run) -> None:
    """Archive some; are killed between the file and the commit that names it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteWriter, "leave_for_archive", die)
        async with run.kiosk() as kiosk:
            await kiosk.archive_some()


def till(paying: UUID) -> Callable[[Run], Coroutine[Any, Any, None]]:
    """Sell without a line; are killed while one customer pays and another one chooses."""

    async def part(run: Run) -> None:
        async with run.kiosk() as kiosk:
            for kind in ("adult", "child"):
                run.answered(await kiosk.sell(**{kind: 1}))
            await kiosk.put_cart(uuid7(), child=1)
            await kiosk.put_cart(paying, adult=2)
            await kiosk.start_payment(paying)
            run.tell({"payment": str(paying)})
            die()

    return part


async def salvage(run: Run) -> None:
    """Begin to salvage; are killed when a folder for the damaged file was made, not durably."""
    sync_directory = durable.sync_directory

    def sync_or_die(path: Any) -> None:
        if path.name == "damaged":
            die()
        sync_directory(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "sync_directory", sync_or_die)
        async with run.kiosk():
            pass


def die(*_: object) -> None:
    """End at once, as if somebody pulled the process out."""
    os.kill(os.getpid(), signal.SIGKILL)
