"""Our own operating-system processes: started, awaited by what they say, ended as a group."""

import asyncio
import json
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

_LOG_TAIL: Final = 15


class ProcessError(Exception):
    """A process did not start, or ended when it should run; the message says what it wrote."""


class Service:
    """One long-running process in a process group of its own.

    Standard error goes to `log`. On standard output it says when it is ready, by a JSON line with
    `"event": <ready_event>`; the other lines go to the log as well.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        ready_event: str,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._argv = list(argv)
        self._log = log
        self._ready_event = ready_event
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[dict[str, Any]] | None = None

    async def start(self, timeout_s: float = 30) -> dict[str, Any]:
        """Start it and return its ready line. Raises ProcessError if it does not come."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._env,
                start_new_session=True,
            )
        self._ready = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(self._process, self._ready))
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(self._ready)
        except TimeoutError:
            why = f"{self.name} was not ready within {timeout_s:g} s"
            raise ProcessError(self._with_log(why)) from None
        finally:
            # Nobody waits any longer: an end that comes later is no error of the start.
            self._ready.cancel()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """Its process id."""
        if self._process is None:
            raise ProcessError(f"{self.name} was not started")
        return self._process.pid

    @property
    def ready(self) -> Mapping[str, Any]:
        """Its ready line."""
        if self._ready is None or not self._ready.done() or self._ready.cancelled():
            raise ProcessError(f"{self.name} is not ready")
        return self._ready.result()

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    async def ended(self, timeout_s: float = 30) -> int:
        """Wait until it has ended by itself; return its exit status (negative: the signal)."""
        if self._process is None or self._reader is None:
            raise ProcessError(f"{self.name} was not started")
        try:
            async with asyncio.timeout(timeout_s):
                status = await self._process.wait()
                await self._reader
        except TimeoutError:
            raise ProcessError(f"{self.name} did not end within {timeout_s:g} s") from None
        return status

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and all that it started; nothing if they are gone."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return

    async def kill(self) -> int:
        """End it with SIGKILL, as a power cut would; return its exit status."""
        self.signal_group(signal.SIGKILL)
        return await self.ended()

    async def stop(self, patience_s: float = 20) -> int | None:
        """End it with SIGTERM, then SIGKILL; return its exit status, None if it never ran."""
        if self._process is None:
            return None
        if self.running:
            self.signal_group(signal.SIGTERM)
        try:
            return await self.ended(patience_s)
        except ProcessError:
            return await self.kill()
        finally:
            self.signal_group(signal.SIGKILL)

    async def _read(
        self, process: asyncio.subprocess.Process, ready: asyncio.Future[dict[str, Any]]
    ) -> None:
        if process.stdout is None:
            raise ProcessError(f"{self.name} has no standard output")
        with self._log.open("ab", buffering=0) as log:
            async for line in process.stdout:
                log.write(line)
                said = _json_object(line)
                if said.get("event") == self._ready_event and not ready.done():
                    ready.set_result(said)
        status = await process.wait()
        if not ready.done():
            why = f"{self.name} ended with status {status} before it was ready"
            ready.set_exception(ProcessError(self._with_log(why)))

    def _with_log(self, why: str) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"{why}; {self._log} ends with:", *lines[-_LOG_TAIL:]])


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
