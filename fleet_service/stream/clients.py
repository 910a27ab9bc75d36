"""Who looks on, and what waits to be sent to each."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fleet_service.operators.refusing import too_many

MOST_WAITING: Final = 2_000
"""Events: who takes none for so long is let go, and is told the rest when it comes back."""
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of those: what an item says may be long, and so many may look on."""
_ASK_AGAIN_S: Final = 10.0


def fits(events: Sequence[bytes]) -> bool:
    """Say whether so much may wait for somebody."""
    return len(events) <= MOST_WAITING and sum(map(len, events)) <= MOST_BYTES


class StreamClient:
    """One open stream. Made by StreamClients."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self.let_go = asyncio.Event()
        """Set once nothing more will be sent."""

    def offer(self, events: Sequence[bytes]) -> None:
        """Have these sent, unless so much waits already that it is let go."""
        self._waiting.extend(events)
        self._bytes += sum(map(len, events))
        if len(self._waiting) > MOST_WAITING or self._bytes > MOST_BYTES:
            self._waiting.clear()
            self._bytes = 0
            self.let_go.set()
        self._changed.set()

    def end(self) -> None:
        """Let it go."""
        self.let_go.set()
        self._changed.set()

    async def next(self, within_s: float) -> bytes:
        """Return all that waits, or nothing after a while."""
        if not self._waiting and not self.let_go.is_set():
            try:
                async with asyncio.timeout(within_s):
                    await self._changed.wait()
            except TimeoutError:
                return b""
        self._changed.clear()
        told = b"".join(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return told


class StreamClients(Collector):
    """All open streams of this task: so many of one token, and so many in all."""

    def __init__(self, *, per_token: int, most: int) -> None:
        self._per_token = per_token
        self._most = most
        self._open: dict[str, set[StreamClient]] = {}
        self._closed = False

    @contextmanager
    def place_for(self, token_id: str) -> Iterator[StreamClient]:
        """Have a stream open while the block runs.

        Raises ProblemError 429 `too_many_requests`.
        """
        if len(self._open.get(token_id, ())) >= self._per_token:
            raise too_many("So many streams are open with your token.", _ASK_AGAIN_S)
        if sum(map(len, self._open.values())) >= self._most:
            raise too_many("So many streams are open.", _ASK_AGAIN_S)
        client = StreamClient()
        if self._closed:
            client.end()
        self._open.setdefault(token_id, set()).add(client)
        try:
            yield client
        finally:
            self._open[token_id].remove(client)
            if not self._open[token_id]:
                del self._open[token_id]

    def collect(self) -> Iterator[Metric]:
        """Return how many are open."""
        opened = GaugeMetricFamily("eventpro_fleet_streams", "Streams of changes that are open.")
        opened.add_metric([], sum(map(len, self._open.values())))
        yield opened

    def end_all(self) -> None:
        """Let all go, and whoever comes yet."""
        self._closed = True
        for some in self._open.values():
            for client in some:
                client.end()
