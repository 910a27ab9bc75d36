"""The agent's init: starts it again and again, as the real one's does.

`amazon-ecs-agent`, `ecs-init/engine/engine.go`: 0.5 s to 15 s between tries; an agent that ends
with 0 is done, one that ends with 5 will not do better.
"""

import asyncio
import signal
import sys
from collections.abc import Sequence
from typing import Final

import structlog

from local_region.ecs_agent.domain.pace import Backoff

log = structlog.get_logger()

_NO_MORE: Final = (0, 5)
_GRACE_S: Final = 10.0
"""An agent that waits for ECS passes over SIGTERM; Docker's stop, as the init calls it, kills."""


async def supervise(words: Sequence[str], pauses: Backoff, grace_s: float = _GRACE_S) -> int:
    """Run the agent with these options until it is done; return its last exit status.

    SIGTERM and SIGINT go to the agent, after `grace_s` as SIGKILL; no other is started then.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    attempt = 0
    while True:
        began = loop.time()
        status = await _agent(words, stop, grace_s)
        if status in _NO_MORE or stop.is_set():
            return status
        if loop.time() - began > pauses.most_s:
            attempt = 0
        pause = pauses.pause(attempt)
        attempt += 1
        log.info("agent_again", status=status, again_in_s=round(pause, 2))
        try:
            async with asyncio.timeout(pause):
                await stop.wait()
        except TimeoutError:
            continue
        return status


async def _agent(words: Sequence[str], stop: asyncio.Event, grace_s: float) -> int:
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local_region.ecs_agent", *words
    )
    stopping = asyncio.create_task(_end(agent, stop, grace_s))
    try:
        return await agent.wait()
    finally:
        stopping.cancel()


async def _end(agent: asyncio.subprocess.Process, stop: asyncio.Event, grace_s: float) -> None:
    await stop.wait()
    agent.terminate()
    await asyncio.sleep(grace_s)
    agent.kill()
