"""What the technician's screen asks of the host: whose PIN it is, and how the host is."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

_PIN_S: Final = 45
_REPORT_S: Final = 300
PROGRAM: Final = (sys.executable, "-m", "kiosk_agent")


class NotAnsweredError(Exception):
    """A program of ours did not answer as it should; the text says why."""


@dataclass(frozen=True, slots=True)
class PinAnswer:
    """Whether a PIN lets its owner examine the host; the words say why not, and what to do."""

    let_in: bool
    words: tuple[str, ...] = ()


async def check_pin(pin: str, locale: str, program: Sequence[str] = PROGRAM) -> PinAnswer:
    """Ask whose PIN it is. It goes by standard input: others may read a command's words."""
    asked = json.dumps({"pin": pin, "locale": locale}).encode()
    said = await _run([*program, "check-pin"], asked, _PIN_S)
    try:
        told = json.loads(said)
        if "staff_id" in told:
            return PinAnswer(let_in=True)
        problem = told["problem"]
        words = (problem["title"], problem["detail"], problem["hint"])
    except (ValueError, KeyError, TypeError):
        raise NotAnsweredError("kiosk-agent check-pin") from None
    return PinAnswer(let_in=False, words=tuple(str(one) for one in words if one))


async def examine(program: Sequence[str] = PROGRAM) -> str:
    """Return `kiosk-agent doctor`'s report; raises NotAnsweredError."""
    said = await _run([*program, "doctor"], b"", _REPORT_S)
    if not said.strip():
        raise NotAnsweredError("kiosk-agent doctor")
    return said.decode("utf-8", "replace")


async def _run(words: Sequence[str], given: bytes, within_s: float) -> bytes:
    try:
        # In a session of its own it has no terminal, whose keys could end it.
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise NotAnsweredError(str(error.strerror)) from error
    try:
        async with asyncio.timeout(within_s):
            said, _ = await process.communicate(given)
    except TimeoutError:
        raise NotAnsweredError(f"{' '.join(words[-2:])}: {within_s:.0f} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return said
