"""A process that tests fork is as one that Python starts: `tests.support.forked` is held to it."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.exit_codes import INTERRUPTED
from tests.support import forked
from tests.support.agent_process import KioskFolder, kiosk_folder

NOBODY = "http://127.0.0.1:9"
EX_CONFIG = 78
WRONG = {"KIOSK_AGENT_SYNC_S": "often"}
NO_PIN = b'{"pin": "1", "locale": "de_DE"}'
AGENT = ("-m", "kiosk_agent")
Process = asyncio.subprocess.Process | forked.Forked
PIPES: dict[str, Any] = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE}


async def _both(*words: str, **how: Any) -> list[Process]:
    """Start the agent's program twice: by a fork, and by Python."""
    anew = await asyncio.create_subprocess_exec(
        sys.executable, *AGENT, *words, cwd=forked.ROOT, **how
    )
    again = await forked.start_python(*AGENT, *words, **how)
    assert isinstance(again, forked.Forked)
    return [anew, again]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--version",), 0),
        (("status", "--config", "/nowhere/agent.toml"), EX_CONFIG),
        (("status", "--config", "{config}"), EX_CONFIG),
        (("nonsense",), 2),
        (("check-pin", "--config", "{config}"), 1),
    ],
)
async def test_both_say_the_same_and_end_alike(words: tuple[str, ...], status: int) -> None:
    with kiosk_folder(NOBODY) as folder:
        given = [word.format(config=folder.path / "agent.toml") for word in words]
        env = {**os.environ, **(WRONG if status == EX_CONFIG else {})}
        both = await _both(*given, **PIPES, env=env)
        said = [(*await one.communicate(NO_PIN), one.returncode) for one in both]
    assert said[0] == said[1]
    assert said[0][0] + said[0][1]
    assert said[0][2] == status


@asynccontextmanager
async def _running(folder: KioskFolder, *, fork: bool) -> AsyncIterator[Process]:
    program = (*AGENT, "run", "--config", str(folder.path / "agent.toml"))
    how = {**PIPES, "cwd": folder.path, "env": {**os.environ, "PYTHONPATH": str(forked.ROOT)}}
    process = await (
        forked.start_python(*program, **how)
        if fork
        else asyncio.create_subprocess_exec(sys.executable, *program, **how)
    )
    try:
        assert process.stdout is not None
        assert b"ready" in await process.stdout.readline()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def _of_the_kernel(pid: int) -> dict[str, Any]:
    """Return what a process has of the kernel: folder, environment, signals, files, session."""
    place = Path("/proc") / str(pid)
    status = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
    files = [str((place / "fd" / number).readlink()).partition(":")[0] for number in "012"]
    pipes = [file for file in (place / "fd").iterdir() if _target(file).startswith("pipe:")]
    return {
        "folder": str((place / "cwd").readlink()),
        "signals": [status[name].strip() for name in ("SigBlk", "SigIgn", "SigCgt")],
        "umask": status["Umask"],
        "standard files": files,
        "pipes": len(pipes),
        "session": (os.getsid(pid), os.getpgid(pid)),
    }


def _target(link: Path) -> str:
    """Return where a link leads; empty for a file that was closed meanwhile."""
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_both_run_alike_and_heed_signals_alike(number: signal.Signals) -> None:
    seen, ends = [], []
    for fork in (False, True):
        with kiosk_folder(NOBODY) as folder:
            async with _running(folder, fork=fork) as process:
                kernel = _of_the_kernel(process.pid)
                assert kernel.pop("folder") == str(folder.path)
                assert process.returncode is None
                process.send_signal(number)
                _, errors = await process.communicate()
                seen.append(kernel)
                ends.append((process.returncode, b"Traceback" in errors))
                if fork:
                    # As asyncio's own does, a moment after its end.
                    with pytest.raises(ProcessLookupError):
                        process.kill()
    assert seen[0] == seen[1]
    assert ends[0] == ends[1]


async def test_a_forked_command_is_interrupted_as_any() -> None:
    with kiosk_folder(NOBODY) as folder:
        words = ("check-pin", "--config", str(folder.path / "agent.toml"))
        process = await forked.start("kiosk_agent", *words, **PIPES)
        process.send_signal(signal.SIGINT)
        assert await process.wait() in {INTERRUPTED, -signal.SIGINT}


@pytest.mark.parametrize(
    ("name", "forks"), [("LD_PRELOAD", False), ("PYTHONHASHSEED", False), ("KIOSK_WORD", True)]
)
async def test_a_variable_that_is_read_at_once_has_it_begin_anew(name: str, *, forks: bool) -> None:
    env = {**os.environ, name: ""}
    process = await forked.start_python("-m", "kiosk_agent", "--version", env=env)
    assert await process.wait() == 0
    assert isinstance(process, forked.Forked) is forks
