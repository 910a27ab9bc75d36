"""The ways of a venue host out of its room: each port of the cloud, as a port of its loopback."""

import asyncio
import ctypes
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, Self, TypeAlias

_CLONE_NEWNET: Final = 0x40000000
_PIECE: Final = 64 * 1024
_Carrier: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Ways:
    """Use as an async context manager. `cut` ends what is open and turns away what comes."""

    def __init__(self, pid: int | None, ports: Sequence[int]) -> None:
        """`pid`: a process of the room, None for no room; `ports`: of this machine's loopback."""
        self._pid = pid
        self._ports = ports
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self.turned_away = 0
        """How many connections came while they were cut: that it was felt."""

    async def __aenter__(self) -> Self:
        for port in self._ports:
            listening = await asyncio.to_thread(_listening, self._pid, port)
            server = await asyncio.start_server(self._carrier(port), sock=listening)
            self._servers.append(server)
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        self._end_all()

    def cut(self) -> None:
        """Cut them all."""
        self._is_cut = True
        self._end_all()

    def restore(self) -> None:
        """Let everything pass again."""
        self._is_cut = False

    def _end_all(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    def _carrier(self, port: int) -> _Carrier:
        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self._is_cut:
                self.turned_away += 1
                writer.transport.abort()
                return
            self._open.add(writer)
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                self._open.discard(writer)
                writer.transport.abort()
                return
            self._open.add(far_writer)
            try:
                await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
            finally:
                for one in (writer, far_writer):
                    self._open.discard(one)
                    one.transport.abort()

        return carry


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry one direction to its end; an end of one side is told to the other."""
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def _listening(pid: int | None, port: int) -> socket.socket:
    """Return a socket that listens in the network of a process; it stays there."""
    # A namespace is a thread's own: this one ends, and the program's others never enter.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_made_there, pid, port).result()


def _made_there(pid: int | None, port: int) -> socket.socket:
    if pid is not None:
        _enter_network(pid)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen()
    made.settimeout(0)
    return made


def _enter_network(pid: int) -> None:
    """Have this thread, and no other, in the network of a process from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        if libc.setns(there, _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"the network of process {pid}: {os.strerror(number)}")
    finally:
        os.close(there)
