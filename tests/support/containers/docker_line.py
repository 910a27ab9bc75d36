"""A socket that stands before Docker's, and hangs, dawdles or refuses when it is told to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

DOCKER = "/run/docker.sock"
_NO_SPACE = (
    b"mkdir /var/lib/docker/overlay2/9c54ab/diff: no space left on device"  # as Docker 20.10 says
)


@dataclass
class DockerLine:
    """What is open before goes on: a terminal that is attached stays so, as with a real one."""

    socket: Path
    hangs: bool = False
    """New connections are accepted, and nothing is ever answered."""
    delay_s: float = 0
    """Each new connection waits so long."""
    full: bool = False
    """No container can be made."""
    held: int = 0
    """How many connections met what was wrong."""
    met: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once one has."""
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_unix_server(self._serve, str(self.socket))

    async def close(self) -> None:
        """Be stopped: the socket's file stays, and nobody listens."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hold(self) -> None:
        self.held += 1
        self.met.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._between(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far, near = await asyncio.open_unix_connection(DOCKER)
        try:
            async with asyncio.TaskGroup() as group:
                back = group.create_task(_pass_on(far, writer))
                await self._asked(reader, writer, near)
                back.cancel()
        finally:
            near.close()

    async def _asked(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, near: asyncio.StreamWriter
    ) -> None:
        while piece := await reader.read(65_536):
            is_question = b" HTTP/1.1\r\n" in piece
            if is_question and self.hangs:
                self._hold()
                await asyncio.Event().wait()
            if is_question and self.delay_s:
                self._hold()
                await asyncio.sleep(self.delay_s)
            if self.full and piece.startswith(b"POST ") and b"/containers/create" in piece:
                self._hold()
                body = b'{"message":"' + _NO_SPACE + b'"}'
                head = b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
                writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
                continue
            near.write(piece)
            await near.drain()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def docker_line(folder: Path) -> AsyncIterator[DockerLine]:
    """Give one that is not open yet."""
    line = DockerLine(folder / "docker.sock")
    try:
        yield line
    finally:
        await line.close()
