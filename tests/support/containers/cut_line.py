"""A line to a registry that is cut, that says nothing, or that is sound; it counts what passes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class CutLine:
    """What stands before a registry, on a port of its own."""

    to: str
    """`HOST:PORT` of the registry."""
    place: str = ""
    cut_after: int = 0
    """Bytes of an answer after which the connection ends; 0: never."""
    cuts_left: int = 0
    mute: bool = False
    """Whether it takes connections and says nothing."""
    cuts: int = 0
    came: int = 0
    """Bytes that passed towards whoever asks."""
    stands_after: int = 0
    """Bytes, all together, after which nothing passes until the line's end; 0: never."""
    stood: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        self._open.add(writer)
        host, _, port = self.to.partition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        there = asyncio.create_task(_copy(reader, far_writer))
        try:
            if self.mute:
                await there
            else:
                await self._back(far_reader, writer)
        except (OSError, asyncio.CancelledError):
            # The end of a connection, or of the test: asyncio's streams would log it as a fault.
            pass
        finally:
            there.cancel()
            for one in (far_writer, writer):
                one.close()
            self._open.discard(writer)

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        while piece := await reader.read(16 * 1024):
            if self.stands_after and self.came >= self.stands_after:
                self.stood.set()
                await self._over.wait()
                return
            cut = self.cuts_left > 0 and passed + len(piece) >= self.cut_after
            piece = piece[: self.cut_after - passed] if cut else piece
            writer.write(piece)
            await writer.drain()
            passed += len(piece)
            self.came += len(piece)
            if cut:
                self.cuts_left -= 1
                self.cuts += 1
                return

    def end(self) -> None:
        """End all connections."""
        self._over.set()
        for one in list(self._open):
            one.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(16 * 1024):
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def line_to(place: str, **told: int | bool) -> AsyncIterator[CutLine]:
    """Stand before a registry."""
    line = CutLine(place)
    for name, value in told.items():
        setattr(line, name, value)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    line.place = "127.0.0.1:" + str(server.sockets[0].getsockname()[1])
    try:
        yield line
    finally:
        server.close()
        line.end()
