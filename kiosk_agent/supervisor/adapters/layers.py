"""Layers of an image, given to whoever asks while they come.

Each is fetched once at a time, beside those who read it: one that reads slowly holds nobody up.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, field
from typing import Final

import structlog

from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.adapters.blob_folder import BlobFolder
from kiosk_agent.supervisor.adapters.registry_client import PIECE_BYTES, RegistryClient
from kiosk_agent.supervisor.domain.pulling import Image
from kiosk_agent.supervisor.ports import DockerDisk, PullFailedError, RegistryLogin

log = structlog.get_logger(__name__)

AGAIN_S: Final = (1.0, 2.0, 5.0, 10.0)
"""Between tries at a line of which nothing comes; after the last one the pull has failed."""


class _HopelessError(PullFailedError):
    """Another try at once would end the same."""


@dataclass
class LayerSource:
    """Where a layer is fetched."""

    image: Image
    login: RegistryLogin | None
    why: str = field(default="", kw_only=True)
    """What went wrong last, since anything came."""


@dataclass
class _Coming:
    """A layer that is fetched."""

    has: int
    """So much of it may be read."""
    readers: int = 0
    more: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def now_has(self, has: int) -> None:
        """Wake who waits for more."""
        self.has = has
        self.more.set()
        self.more = asyncio.Event()


class Layers:
    """What is here of each, and what comes."""

    def __init__(
        self,
        client: RegistryClient,
        folder: BlobFolder,
        disk: DockerDisk,
        clock: Clock,
        bytes_per_s: int = 0,
    ) -> None:
        """`bytes_per_s`: how much is fetched at most; 0: as fast as it comes."""
        self._client = client
        self._folder = folder
        self._disk = disk
        self._clock = clock
        self._bytes_per_s = bytes_per_s
        self._pace = asyncio.Lock()
        self._coming: dict[str, _Coming] = {}
        self._sound: set[str] = set()
        """Those of which all that is here was found to have its digest."""

    async def end(self) -> None:
        """Fetch nothing more."""
        tasks = [one.task for one in self._coming.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    @property
    def is_fetching(self) -> bool:
        """Whether any is on its way, or read."""
        return bool(self._coming)

    async def pieces(
        self, source: LayerSource, digest: str, begin: int, length: int
    ) -> AsyncGenerator[bytes]:
        """Yield a layer from a byte on: what is here, then what comes. PullFailedError, OSError."""
        coming = self._coming.get(digest)
        if coming is None:
            coming = self._coming[digest] = _Coming(0)
            coming.task = asyncio.create_task(self._come(source, digest, length, coming))
        coming.readers += 1
        sent = begin
        try:
            while sent < length:
                while sent < coming.has:
                    piece = self._folder.read(digest, sent, min(PIECE_BYTES, coming.has - sent))
                    if not piece:
                        raise PullFailedError("what had come of a layer is gone")
                    sent += len(piece)
                    yield piece
                if sent < length:
                    await self._more(coming, sent)
        finally:
            coming.readers -= 1
            if not coming.readers:
                await self._let_go(digest, coming)

    async def _more(self, coming: _Coming, sent: int) -> None:
        """Wait until there is more than was sent; raises what ended the fetch."""
        more, task = coming.more, coming.task
        if task is None or coming.has > sent:
            return
        waits = asyncio.create_task(more.wait())
        try:
            await asyncio.wait({waits, task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waits.cancel()
        if task.done() and coming.has <= sent:
            if task.cancelled() or (error := task.exception()) is None:
                raise PullFailedError("the fetch of a layer was ended")
            raise error

    async def _let_go(self, digest: str, coming: _Coming) -> None:
        """End what nobody reads any more; what has come is kept."""
        if self._coming.get(digest) is coming:
            del self._coming[digest]
        if coming.task is not None:
            coming.task.cancel()
            await asyncio.wait({coming.task})
            if not coming.task.cancelled() and (error := coming.task.exception()) is not None:
                log.debug("layer_ended", layer=digest, why=str(error))

    def drop(self, digests: Collection[str]) -> None:
        """Give the room of some back. OSError."""
        for digest in digests:
            self._folder.drop(digest)
            self._sound.discard(digest)

    # Fetching

    async def _come(self, source: LayerSource, digest: str, length: int, coming: _Coming) -> None:
        """Have all of a layer here, however often the line is cut."""
        await self._check(digest, length)
        tries = 0
        while (has := self._folder.length(digest)) < length:
            coming.now_has(has)
            try:
                await self._fetch(source, digest, length, coming)
            except _HopelessError:
                raise
            except PullFailedError as error:
                source.why = str(error)
                tries = 0 if self._folder.length(digest) > has else tries + 1
                if tries > len(AGAIN_S):
                    raise
                log.debug("layer_cut", layer=digest, at=has, why=str(error))
                await self._clock.sleep(AGAIN_S[max(tries - 1, 0)])
        coming.now_has(length)

    async def _check(self, digest: str, length: int) -> None:
        """Drop what can't be right; a layer that is here whole is read once after each start.

        What a power cut left of a file may have its length, and nothing in it.
        """
        has = self._folder.length(digest)
        if has == length and digest not in self._sound and length:
            if await asyncio.to_thread(self._folder.is_sound, digest):
                self._sound.add(digest)
            else:
                log.warning("layer_was_damaged", layer=digest)
                self._folder.drop(digest)
        elif has > length:
            self._folder.drop(digest)

    async def _fetch(self, source: LayerSource, digest: str, length: int, coming: _Coming) -> None:
        """Fetch from where it ended."""
        has = self._folder.length(digest)
        async with self._client.blob(source.image, digest, source.login, has) as (began, content):
            now = began
            while piece := await content.read(PIECE_BYTES):
                if self._disk.is_short():
                    # Whatever its manifest said of its size: the journal is on this host, too.
                    raise _HopelessError("the disk became short while it was pulled")
                if now + len(piece) > length:
                    raise _HopelessError("a layer is longer than its manifest says")
                self._folder.write(digest, now, piece)
                now += len(piece)
                if now == length:
                    await self._whole(digest)
                source.why = ""
                coming.now_has(now)
                await self._keep_pace(len(piece))
        if now < length:
            raise PullFailedError(f"{source.image.registry} ended in the middle of a layer")

    async def _whole(self, digest: str) -> None:
        if not await asyncio.to_thread(self._folder.is_sound, digest):
            self._folder.drop(digest)
            raise _HopelessError("a layer of it came damaged: it has another digest")
        self._sound.add(digest)

    async def _keep_pace(self, came: int) -> None:
        """Wait as long as so many bytes take; all layers that are on their way share the pace."""
        if self._bytes_per_s:
            async with self._pace:
                await self._clock.sleep(came / self._bytes_per_s)
