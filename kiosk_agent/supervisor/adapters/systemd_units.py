"""The host's systemd, by systemctl(1).

It speaks to systemd by a socket, so that the sandbox of the supervisor keeps nothing from it but
what the unit itself may not do: https://www.freedesktop.org/software/systemd/man/systemctl.html
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from kiosk_agent.supervisor.ports import UnitFailedError
from kiosk_agent.supervisor.repairs.seen import UnitSeen

_PROPERTIES: Final = ("LoadState", "ActiveState", "UnitFileState")
_SHOW_S: Final = 10.0
_DO_S: Final = 180.0
"""Docker alone may take 90 s to end."""
_MOST_WORDS: Final = 200


class SystemdUnits:
    """Adapter of Units; `program` is found on the PATH."""

    def __init__(self, program: str = "systemctl", within_s: float = _DO_S) -> None:
        self._program = program
        self._within_s = within_s

    async def restart(self, unit: str) -> None:
        """End a unit and start it."""
        await self._run(("restart", f"{unit}.service"), self._within_s)

    async def start(self, unit: str) -> None:
        """Start a unit."""
        await self._run(("start", f"{unit}.service"), self._within_s)

    async def seen(self, units: Sequence[str]) -> Mapping[str, UnitSeen]:
        """Return how units are, by name; nothing where systemd does not say. Never raises."""
        properties = f"--property={','.join(_PROPERTIES)}"
        names = [f"{unit}.service" for unit in units]
        try:
            said = await self._run(("show", properties, *names), _SHOW_S)
        except UnitFailedError:
            return {}
        # One block for each that was asked for, in that order, also for what is not installed.
        blocks = [dict(_split(block)) for block in said.strip().split("\n\n")]
        if len(blocks) != len(units):
            return {}
        return {
            unit: UnitSeen(*(block.get(name, "") for name in _PROPERTIES))
            for unit, block in zip(units, blocks, strict=True)
        }

    async def _run(self, words: Sequence[str], within_s: float) -> str:
        return await run_tool((self._program, "--no-ask-password", *words), within_s)


async def run_tool(command: Sequence[str], within_s: float) -> str:
    """Return what a program says; raises UnitFailedError if it fails or takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""},
            start_new_session=True,
        )
    except OSError as error:
        raise UnitFailedError(f"{command[0]}: {error.strerror}") from error
    try:
        async with asyncio.timeout(within_s):
            out, err = await process.communicate()
    except TimeoutError:
        raise UnitFailedError(f"{command[0]} took longer than {within_s:.0f} s") from None
    finally:
        if process.returncode is None:
            # What it started holds its pipes: the whole group goes.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        lines = err.decode(errors="replace").strip().splitlines()
        last = lines[0] if lines else f"status {process.returncode}"
        raise UnitFailedError(last[:_MOST_WORDS])
    return out.decode(errors="replace")


def _split(block: str) -> list[tuple[str, str]]:
    pairs = (line.partition("=") for line in block.splitlines())
    return [(name, value) for name, _, value in pairs]
