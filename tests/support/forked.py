"""Programs of ours, each a process of its own, that were read once for all starts of a test run.

To read its modules is most of what the start of a program costs. Here each program is read once, by
`tests.support.forking`, and each start is a fork of that: real processes with pipes, signals and
exit statuses of their own. What a program does while Python reads it is for tests that start it by
`asyncio.create_subprocess_exec`.
"""

import asyncio
import atexit
import functools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from tests.support.forking import PROGRAMS

ROOT: Final = Path(__file__).resolve().parents[2]
_ENVIRONMENT: Final = dict(os.environ)
"""As the tests were started, whatever a test sets before the first of its programs is read."""


_READ_AT_ONCE: Final = ("LD_", "GLIBC_", "MALLOC_", "PYTHON")
"""How variables begin that the loader, the C library or Python reads before anything else."""
_OF_PYTHON: Final = ("PYTHONDONTWRITEBYTECODE",)
"""That changes nothing of what a program does."""


class Forked:
    """A process, as `asyncio.subprocess.Process` is one."""

    def __init__(self, pid: int, told: asyncio.StreamReader, pipes: "_Pipes") -> None:
        self.pid: Final = pid
        self.stdin: Final = pipes.stdin
        self.stdout: Final = pipes.stdout
        self.stderr: Final = pipes.stderr
        self.returncode: int | None = None
        self._pipes = pipes
        self._ending = asyncio.create_task(self._end(told))

    def send_signal(self, number: int) -> None:
        """Send a signal; raise ProcessLookupError if it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError
        # One that has just ended, as we shall be told in a moment, takes no harm from it.
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(9)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(15)

    async def wait(self) -> int:
        """Return the exit status once it has ended and whoever holds its pipes is gone."""
        status = await asyncio.shield(self._ending)
        await self._pipes.lost()
        return status

    async def communicate(self, said: bytes | None = None) -> tuple[bytes, bytes]:
        """Say all this, hear all that it says; return standard output and error."""
        out, err, _ = await asyncio.gather(_all(self.stdout), _all(self.stderr), self._say(said))
        await self.wait()
        return out, err

    async def _say(self, said: bytes | None) -> None:
        if self.stdin is None:
            return
        try:
            self.stdin.write(said or b"")
            await self.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.stdin.close()

    async def _end(self, told: asyncio.StreamReader) -> int:
        self.returncode = int(await told.readline())
        return self.returncode


async def start(
    program: str,
    *words: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> Forked:
    """Start one of `PROGRAMS` as `python -m PROGRAM WORDS` would; `PIPE` asks for a pipe."""
    request = {
        "words": words,
        "folder": str(cwd),
        "environment": dict(os.environ if env is None else env),
    }
    pipes = _Pipes()
    theirs = [pipes.open(number, kind) for number, kind in enumerate((stdin, stdout, stderr))]
    ours, told = os.pipe()
    theirs.append(told)
    try:
        asked = json.dumps(request).encode()
        socket.send_fds(_reader_of(program), [asked], theirs)
    finally:
        for file in theirs:
            os.close(file)
    answers = await pipes.hear(ours)
    await pipes.connect()
    return Forked(int(await answers.readline()), answers, pipes)


def _begins_anew(env: Mapping[str, str] | None) -> bool:
    """Say whether a variable differs that is read as a process begins: a fork has begun already."""
    there = dict(os.environ if env is None else env) | dict.fromkeys(_OF_PYTHON)
    before = _ENVIRONMENT | dict.fromkeys(_OF_PYTHON)
    return any(
        there.get(name) != before.get(name)
        for name in {*there, *before}
        if name.startswith(_READ_AT_ONCE)
    )


async def start_python(
    *words: str, cwd: Path = ROOT, **how: Any
) -> "asyncio.subprocess.Process | Forked":
    """Start Python with these words; fork it if they are `-m` and a program of ours."""
    match words:
        case ("-m", program, *rest) if program in PROGRAMS and not _begins_anew(how.get("env")):
            return await start(program, *rest, cwd=cwd, **how)
    return await asyncio.create_subprocess_exec(sys.executable, *words, cwd=cwd, **how)


def run(
    program: str, *words: str, said: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of `PROGRAMS` to its end, as `subprocess.run` does; return what it said."""

    async def whole() -> subprocess.CompletedProcess[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = await start(program, *words, env=env, **pipes)
        out, err = await process.communicate(said.encode())
        argv = [program, *words]
        return subprocess.CompletedProcess(argv, process.returncode, out.decode(), err.decode())

    # Where an event loop runs in this thread, there can't be another.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(whole())).result()


@functools.cache
def _reader_of(program: str) -> socket.socket:
    """Start what reads the program; return where to ask it for forks."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forking", program, str(theirs.fileno())],
            cwd=ROOT,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(_dismiss, ours, process)
    return ours


def _dismiss(asked: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    asked.close()
    process.wait()


class _Pipe(asyncio.StreamReaderProtocol):
    """One end of a pipe, which knows when it is lost."""

    def __init__(self) -> None:
        self.reader = asyncio.StreamReader()
        self.is_lost = asyncio.Event()
        super().__init__(self.reader)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.is_lost.set()


class _Pipes:
    """Our ends of the pipes of one process."""

    def __init__(self) -> None:
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout: asyncio.StreamReader | None = None
        self.stderr: asyncio.StreamReader | None = None
        self._ends: dict[int, int] = {}
        self._pipes: list[_Pipe] = []

    def open(self, number: int, kind: int | None) -> int:
        """Return the process's end of standard input, output or error."""
        if kind is None:
            return os.dup(number)
        if kind == subprocess.DEVNULL:
            return os.open(os.devnull, os.O_RDWR)
        assert kind == subprocess.PIPE
        read, write = os.pipe()
        self._ends[number], theirs = (write, read) if number == 0 else (read, write)
        return theirs

    async def connect(self) -> None:
        """Listen at every pipe."""
        for number, end in self._ends.items():
            if number == 0:
                self.stdin = await self._writer(end)
            else:
                setattr(self, ("", "stdout", "stderr")[number], await self.hear(end))

    async def hear(self, end: int) -> asyncio.StreamReader:
        pipe = self._new()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: pipe, os.fdopen(end, "rb", 0))
        return pipe.reader

    async def _writer(self, end: int) -> asyncio.StreamWriter:
        pipe = self._new()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_write_pipe(lambda: pipe, os.fdopen(end, "wb", 0))
        return asyncio.StreamWriter(transport, pipe, None, loop)

    def _new(self) -> _Pipe:
        pipe = _Pipe()
        self._pipes.append(pipe)
        return pipe

    async def lost(self) -> None:
        """Wait until each of them is."""
        for pipe in self._pipes:
            await pipe.is_lost.wait()


async def _all(reader: asyncio.StreamReader | None) -> bytes:
    return b"" if reader is None else await reader.read()
