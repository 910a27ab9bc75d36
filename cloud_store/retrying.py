"""Starting over when another writer was first."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from cloud_store.port import ConditionFailedError, Store
from cloud_store.workspace import Workspace

_T = TypeVar("_T")
ATTEMPTS: Final = 24
_LONGEST_PAUSE_S: Final = 0.1


async def with_fresh_reads(store: Store, work: Callable[[Workspace], Awaitable[_T]]) -> _T:
    """Return what `work` returns, starting it over, on fresh reads, while others are first.

    `work` commits by itself and may do so in steps, each of which it finds done when started over.
    Raises ConditionFailedError when that happened ATTEMPTS times in a row.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return await work(Workspace(store))
        except ConditionFailedError:
            await pause(attempt)
    return await work(Workspace(store))


async def pause(attempt: int) -> None:
    """Wait a random moment, longer with every attempt, so that rivals part."""
    longest = min(_LONGEST_PAUSE_S, 0.002 * 2 ** min(attempt, 10))
    await asyncio.sleep(random.uniform(0, longest))  # noqa: S311  spreading, not secrecy
