"""ECS as a host in trouble reaches it: a black hole, refused connections, expired keys."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from local_region.ecs_agent.faults import Fault, Faults
from local_region.ecs_agent.ports import Ecs, Line, RefusedError, UnreachableError

_OF_CALLS = (Fault.BLACK_HOLE, Fault.REFUSED, Fault.HIBERNATING)


class FaultyEcs:
    """ECS behind the faults that were ordered.

    `vanished_s`: how long a line into nothing looks alive from here.
    """

    def __init__(self, ecs: Ecs, faults: Faults, vanished_s: float) -> None:
        self._ecs = ecs
        self._faults = faults
        self._vanished_s = vanished_s

    async def call(
        self, operation: str, params: dict[str, Any], *, timeout_s: float
    ) -> dict[str, Any]:
        """Call an operation, unless a fault keeps it from ECS."""
        if operation == "SubmitTaskStateChange" and params.get("status") == "STOPPED":
            await self._held_back()
        await self._meet(operation, timeout_s)
        return await self._ecs.call(operation, params, timeout_s=timeout_s)

    @contextlib.asynccontextmanager
    async def line(self, url: str, *, timeout_s: float) -> AsyncIterator[Line]:
        """Open a websocket, unless a fault keeps it from ECS."""
        await self._meet("line", timeout_s)
        async with self._ecs.line(url, timeout_s=timeout_s) as line:
            yield _FaultyLine(line, self._faults, self._vanished_s)

    def signed_frame(self, url: str, body: str) -> str:
        """Sign a frame."""
        return self._ecs.signed_frame(url, body)

    async def _held_back(self) -> None:
        """Wait while ECS is to believe that what has stopped still runs."""
        while self._faults.in_force(Fault.STALE_RUNNING):
            await self._faults.ends(Fault.STALE_RUNNING)

    async def _meet(self, what: str, timeout_s: float) -> None:
        match self._faults.in_force(*_OF_CALLS):
            case Fault.BLACK_HOLE:
                await asyncio.sleep(timeout_s)
                raise UnreachableError(f"{what}: no answer in {timeout_s:g} s (black hole)")
            case Fault.REFUSED:
                raise UnreachableError(f"{what}: connection refused")
            case Fault.HIBERNATING:
                raise RefusedError(
                    "ExpiredTokenException", "The security token included in the request is expired"
                )
            case Fault.STALE_RUNNING | None:
                return


class _FaultyLine:
    """A line that was open when a fault began."""

    def __init__(self, line: Line, faults: Faults, vanished_s: float) -> None:
        self._line = line
        self._faults = faults
        self._vanished_s = vanished_s

    async def send(self, text: str) -> None:
        """Send a frame; into a black hole it goes when that ends, as TCP sends it again."""
        try:
            async with asyncio.timeout(self._vanished_s):
                await self._faults.ends(Fault.BLACK_HOLE)
        except TimeoutError as error:
            raise UnreachableError("nothing was taken for too long (black hole)") from error
        await self._line.send(text)

    async def receive(self) -> str | None:
        """Return the next frame, unless a fault ends the line first."""
        arriving = asyncio.ensure_future(self._arrived())
        breaking = asyncio.ensure_future(self._broken())
        try:
            await asyncio.wait((arriving, breaking), return_when=asyncio.FIRST_COMPLETED)
            if breaking.done():
                raise UnreachableError(breaking.result())
            return await arriving
        finally:
            for one in (arriving, breaking):
                one.cancel()
            await asyncio.gather(arriving, breaking, return_exceptions=True)

    async def _arrived(self) -> str | None:
        text = await self._line.receive()
        await self._faults.ends(Fault.BLACK_HOLE)
        return text

    async def _broken(self) -> str:
        while True:
            fault = await self._faults.begins(Fault.BLACK_HOLE, Fault.REFUSED)
            self._faults.in_force(fault)
            if fault is Fault.REFUSED:
                return "connection reset"
            try:
                async with asyncio.timeout(self._vanished_s):
                    await self._faults.ends(Fault.BLACK_HOLE)
            except TimeoutError:
                return "nothing was heard for too long (black hole)"
