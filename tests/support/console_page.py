"""A page of documentation whose commands are typed, one after another, into one shell.

In a block of `console`, a line that begins with `$ ` is a command and what follows is its output:
`…` stands for anything, a line of it alone for any lines. Runs of blanks count as one. A command
that is refused says so: `# exit status 1`.
"""

import asyncio
import os
import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"# exit status (\d+)$")
_ANYTHING = "…"
_LONGEST_S = 240
"""For one command, also on a busy machine."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command, and what the page says of it."""

    line: int
    command: str
    output: Sequence[str]

    @property
    def status(self) -> int:
        said = _STATUS.search(self.command)
        return int(said[1]) if said else 0


def commands_of(page: str) -> Iterator[Typed]:
    """Yield each command of a page."""
    for block in _BLOCK.finditer(page):
        first = page[: block.start(1)].count("\n") + 1
        lines = block[1].splitlines()
        begins = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        assert begins[:1] == [0], f"line {first}: a block begins with a command"
        for at, end in zip(begins, [*begins[1:], len(lines)], strict=True):
            yield Typed(first + at, lines[at][2:], lines[at + 1 : end])


def fits(said: Sequence[str], page: Sequence[str]) -> bool:
    """Say whether an output is the one that a page shows."""
    if not page:
        return not said
    if page[0] == _ANYTHING:
        return any(fits(said[skipped:], page[1:]) for skipped in range(len(said) + 1))
    return bool(said) and _fits(said[0], page[0]) and fits(said[1:], page[1:])


def _fits(said: str, page: str) -> bool:
    parts = (re.escape(_squeezed(part)) for part in _squeezed(page).split(_ANYTHING))
    return re.fullmatch(".*".join(parts), _squeezed(said)) is not None


def _squeezed(line: str) -> str:
    return " ".join(line.split())


class Shell:
    """One bash, as somebody has it in front of them."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def started(cls, folder: Path, environment: Mapping[str, str]) -> "Shell":
        process = await asyncio.create_subprocess_exec(
            *("bash", "--norc"),
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        return cls(process)

    async def types(self, command: str) -> tuple[int, list[str]]:
        """Return the exit status and the lines of output, errors among them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # Whatever it reads is its own, and not the next command.
        self._process.stdin.write(f"{{ {command}\n}} </dev/null; printf '\\0%d\\0' $?\n".encode())
        try:
            async with asyncio.timeout(_LONGEST_S):
                said = await self._process.stdout.readuntil(b"\0")
                status = await self._process.stdout.readuntil(b"\0")
        except TimeoutError:
            msg = f"after {_LONGEST_S} s this has not ended: {command}"
            raise AssertionError(msg) from None
        return int(status[:-1]), said[:-1].decode().splitlines()

    async def ends(self) -> None:
        """End it, and what it has started: that holds its output open, which is waited for."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
