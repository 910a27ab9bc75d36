"""Processes are awaited by what they say, and none outlives its owner."""

import asyncio
import os
import select
import signal
import sys
from pathlib import Path

import pytest

from demo.processes import ProcessError, Service

READY = """
import sys, time
print("hello")
print('{"event": "ready", "port": 7}', flush=True)
"""
SLEEP = READY + "time.sleep(600)"
PARENT = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True);"
deaf += "time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
child.stdout.readline()
print('{"event": "ready", "pid": %d}' % child.pid, flush=True)
signal.pause()
"""


def _service(source: str, log: Path) -> Service:
    return Service("it", [sys.executable, "-c", source], log=log / "it.log", ready_event="ready")


async def test_start_returns_the_ready_line_and_keeps_the_output(tmp_path: Path) -> None:
    service = _service(SLEEP, tmp_path)
    try:
        assert await service.start() == {"event": "ready", "port": 7}
        assert service.running
    finally:
        assert await service.stop() == -signal.SIGTERM
    assert (tmp_path / "it.log").read_text().startswith("hello\n")


async def test_one_that_ends_before_it_is_ready_is_told_with_what_it_wrote(tmp_path: Path) -> None:
    service = _service("raise SystemExit('no key file')", tmp_path)
    with pytest.raises(ProcessError, match=r"(?s)status 1 before it was ready.*no key file"):
        await service.start()


async def test_one_that_is_never_ready_is_given_up_and_ended(tmp_path: Path) -> None:
    service = _service("import time; time.sleep(600)", tmp_path)
    with pytest.raises(ProcessError, match="not ready within"):
        await service.start(timeout_s=0.05)
    await service.stop()
    assert not service.running


async def test_stopping_ends_the_children_too(tmp_path: Path) -> None:
    service = _service(PARENT, tmp_path)
    child = os.pidfd_open(int((await service.start())["pid"]))
    assert await service.stop() == 0
    # A pidfd becomes readable when its process ends.
    readable, _, _ = await asyncio.to_thread(select.select, [child], [], [], 30)
    os.close(child)
    assert readable


async def test_kill_is_sigkill_and_the_status_says_so(tmp_path: Path) -> None:
    service = _service(SLEEP, tmp_path)
    await service.start()
    assert await service.kill() == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(service.pid, 0)
