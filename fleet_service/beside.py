"""Work that goes on beside what the service is asked for."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

log = structlog.get_logger()


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Do the work while the block runs, and cancel it as the block ends.

    Work that ends before, by an error that nobody foresaw, says so in the log at once; the error is
    raised as the block ends.
    """
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_say)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _say(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("work_ended", work=task.get_name(), exc_info=error)
