"""A proxy for HTTP/1.1 over TCP that can be cut, hung and made to err, and counts what fired."""

import asyncio
import socket
import struct
import time
from types import TracebackType
from typing import Any, Self

from demo.line_faults import UPLOAD_PATH, UPLOADS_ONLY, Fault, FaultBook, FaultKind, LineMode
from demo.line_http import (
    MAX_HEAD_BYTES,
    Message,
    NotHttpError,
    read_answer,
    read_request,
)

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Line:
    """A line from `host:port` to `to_host:to_port`; up as soon as it is entered.

    While it is cut its port stays reserved, so that nothing else answers there.
    """

    def __init__(
        self,
        to_port: int,
        *,
        to_host: str = "127.0.0.1",
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
    ) -> None:
        self.to = (to_host, to_port)
        self.mode = LineMode.UP
        self.faults = FaultBook(seed)
        self.requests = 0
        self._since = time.monotonic()
        self._flowing = asyncio.Event()
        self._connections: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._server: asyncio.Server | None = None
        self._wanted = (host, port)
        self._reserved: socket.socket | None = None

    async def __aenter__(self) -> Self:
        """Reserve the port and open it."""
        self._reserved = _bound(self._wanted)
        await self.up()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the port and every connection."""
        self._stop_listening()
        await self._reset_connections()
        if self._reserved is not None:
            self._reserved.close()

    @property
    def host(self) -> str:
        """The address that it listens at."""
        return self._wanted[0]

    @property
    def port(self) -> int:
        """The port that it listens at, also while it is cut."""
        if self._reserved is None:
            raise RuntimeError("enter the line first: async with Line(...)")
        return int(self._reserved.getsockname()[1])

    @property
    def url(self) -> str:
        """Where a kiosk finds the cloud through this line."""
        return f"http://{self.host}:{self.port}"

    async def up(self) -> None:
        """Carry everything again; requests that hung and are still wanted go through now."""
        self._set(LineMode.UP)
        self._flowing.set()
        await self._listen()

    async def cut(self) -> None:
        """Refuse new connections and reset the open ones, at once."""
        self._set(LineMode.CUT)
        self._flowing.clear()
        self._stop_listening()
        await self.faults.note("cut")
        await self._reset_connections()

    async def hang(self) -> None:
        """Accept everything and forward nothing, in neither direction."""
        self._flowing.clear()
        self._set(LineMode.HANG)
        await self._listen()

    def add(
        self,
        kind: FaultKind,
        times: int = 1,
        *,
        status: int = 500,
        retry_after_s: int = 1,
        only: str | None = None,
    ) -> None:
        """Make the next `times` requests fail in this way; `only` names a POST path or is ""."""
        if only is None:
            only = UPLOAD_PATH if kind in UPLOADS_ONLY else ""
        self.faults.pending.append(Fault(kind, times, only, status, retry_after_s))

    def clear(self) -> None:
        """Forget faults that have not happened yet."""
        self.faults.pending.clear()

    async def wait_fired(self, name: str, times: int = 1) -> None:
        """Return once a fault (`lose-answers`, `cut`, `hang`, …) has happened `times` times."""
        await self.faults.wait_fired(name, times)

    def status(self) -> dict[str, Any]:
        """Return what `line_control status` prints."""
        return {
            "mode": self.mode.value,
            "mode_seconds": round(time.monotonic() - self._since, 3),
            "port": self.port,
            "to": f"{self.to[0]}:{self.to[1]}",
            "connections": len(self._connections),
            "requests": self.requests,
            "pending": [
                {"fault": fault.kind.value, "left": fault.left, "only": fault.only}
                for fault in self.faults.pending
            ],
            "fired": dict(self.faults.fired),
        }

    def _set(self, mode: LineMode) -> None:
        if mode is not self.mode:
            self.mode, self._since = mode, time.monotonic()

    async def _listen(self) -> None:
        if self._server is None:
            listener = _bound((self.host, self.port))
            self._server = await asyncio.start_server(
                self._serve_connection, sock=listener, limit=MAX_HEAD_BYTES
            )

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _reset_connections(self) -> None:
        tasks = list(self._connections)
        for task in tasks:
            for writer in self._connections[task]:
                _reset(writer)
            task.cancel()
        if tasks:
            await self.faults.note("connections_reset", len(tasks))
            await asyncio.wait(tasks)

    async def _serve_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        if task is None or self.mode is LineMode.CUT:
            _reset(writer)
            return
        self._connections[task] = [writer]
        try:
            while (request := await read_request(reader, writer)) is not None:
                if not await self._carry(request, reader, writer) or request.last:
                    break
        except (OSError, NotHttpError, asyncio.IncompleteReadError):
            # Either end broke off, as ends of lines do: the other end must see it break too.
            _reset(writer)
        except asyncio.CancelledError:
            # Only `cut` and the line's own end cancel; both have reset the connection already.
            _reset(writer)
        finally:
            del self._connections[task]
            writer.close()

    async def _carry(
        self, request: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Take one request to the far end and its answer back; False ends the connection."""
        self.requests += 1
        await self._wait_while_hung()
        if reader.at_eof():
            await self.faults.note("given_up")
            return False
        fault = self.faults.take(request)
        if fault is None:
            return await self._pass_back(await self._deliver(request), writer)
        try:
            goes_on = await self._carry_with(fault, request, writer)
        except BaseException:
            # It did not happen after all (the far end is away, the line was cut meanwhile).
            self.faults.give_back(fault)
            raise
        await self.faults.note(fault.kind)
        return goes_on

    async def _carry_with(
        self, fault: Fault, request: Message, writer: asyncio.StreamWriter
    ) -> bool:
        match fault.kind:
            case FaultKind.ERRORS | FaultKind.BUSY | FaultKind.GARBAGE:
                writer.write(self.faults.own_answer(fault))
                await writer.drain()
                return True
            case FaultKind.LOSE_ANSWERS:
                await self._deliver(request)
                _reset(writer)
                return False
            case FaultKind.TRUNCATE:
                writer.write(self.faults.part_of(await self._deliver(request)))
                await writer.drain()
                return False
            case FaultKind.DUPLICATE:
                answer = await self._deliver(request)
                await self._deliver(request)
                return await self._pass_back(answer, writer)

    async def _pass_back(self, answer: Message, writer: asyncio.StreamWriter) -> bool:
        await self._wait_while_hung()
        writer.write(answer.raw)
        await writer.drain()
        return not answer.last

    async def _wait_while_hung(self) -> None:
        if self.mode is LineMode.HANG:
            await self.faults.note("hang")
        while self.mode is LineMode.HANG:
            await self._flowing.wait()

    async def _deliver(self, request: Message) -> Message:
        reader, writer = await asyncio.open_connection(*self.to, limit=MAX_HEAD_BYTES)
        task = asyncio.current_task()
        writers = self._connections.get(task, []) if task else []
        writers.append(writer)
        try:
            writer.write(request.raw)
            await writer.drain()
            return await read_answer(reader, request.start[0])
        finally:
            writers.remove(writer)
            writer.close()


def _bound(address: tuple[str, int]) -> socket.socket:
    """Return a bound socket that does not listen: connecting to it is refused."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.settimeout(0)
    except OSError:
        bound.close()
        raise
    return bound


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset, as a broken line does, not with an orderly close."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
