"""Tells those who show or send things that something changed, inside one event loop."""

import asyncio


class Changes:
    """A counter that can be waited on; many changes before a look count as one.

    Used from one event loop only. Nothing is queued, so a slow listener costs nothing.
    """

    def __init__(self) -> None:
        self._version = 0
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def version(self) -> int:
        """How many changes there have been."""
        return self._version

    def notify(self) -> None:
        """Say that something changed."""
        self._version += 1
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def beyond(self, seen: int) -> int:
        """Wait until there was a change after version `seen`; return the version then."""
        while self._version <= seen:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)
        return self._version
