"""A container's terminal on ours: what it paints, what is typed, how large it is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import aiodocker
import aiohttp

from kiosk_agent.supervisor.console.pane import Pane

DETACH_KEYS: Final = ",".join(("ctrl-@", "ctrl-_", "ctrl-^") * 4)
"""What no person and no scanner types. Docker has no way to say none: empty is Ctrl+P, Ctrl+Q, and
the first of them is held back until the next key (moby, `daemon/internal/stream/attach.go`)."""
_ATTACH_S: Final = 3.0
"""Docker answers in milliseconds; one that takes longer hangs."""
_REPAINT_S: Final = 0.05
"""Between two sizes, so that the UI sees both."""


async def relay(docker: aiodocker.Docker, container_id: str, pane: Pane) -> None:
    """Show a container's terminal until it ends; cancel to leave it. Raises DockerError, OSError.

    Leaving ends nothing in it: what is typed is closed for nobody (StdinOnce is off).
    """
    container = docker.containers.container(container_id)
    typed: asyncio.Queue[bytes] = asyncio.Queue()
    attached = container.attach(stdin=True, stdout=True, stderr=True, detach_keys=DETACH_KEYS)
    async with _soon(attached) as stream:
        with _taking(pane, typed), _following_size(pane) as resized:
            pane.clear()
            tasks = [
                asyncio.create_task(_paint(stream, pane)),
                asyncio.create_task(_type(stream, typed)),
                asyncio.create_task(_size(container, pane, resized)),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _soon(attached: aiodocker.stream.Stream) -> AsyncIterator[aiodocker.stream.Stream]:
    """Attach; raises TimeoutError, so that somebody says why there is no picture."""
    async with asyncio.timeout(_ATTACH_S):
        await attached.__aenter__()
        await attached._init()  # noqa: SLF001  it attaches when it is first read
    try:
        yield attached
    finally:
        await attached.close()


async def _paint(stream: aiodocker.stream.Stream, pane: Pane) -> None:
    while (message := await stream.read_out()) is not None:
        pane.write(message.data)


async def _type(stream: aiodocker.stream.Stream, typed: "asyncio.Queue[bytes]") -> None:
    while True:
        await stream.write_in(await typed.get())


async def _size(
    container: aiodocker.docker.DockerContainer, pane: Pane, resized: asyncio.Event
) -> None:
    """Tell how large the terminal is; the first time twice, for a UI paints when that changes."""
    columns, rows = pane.size
    while True:
        try:
            await container.resize(h=rows, w=max(1, columns - 1))
            await asyncio.sleep(_REPAINT_S)
            columns, rows = pane.size
            await container.resize(h=rows, w=columns)
        except (aiodocker.DockerError, aiohttp.ClientError):
            # It has just ended, which whoever reads its output learns, too.
            return
        await resized.wait()
        resized.clear()
        columns, rows = pane.size


@contextmanager
def _taking(pane: Pane, typed: "asyncio.Queue[bytes]") -> Iterator[None]:
    before, pane.typed = pane.typed, typed.put_nowait
    try:
        yield
    finally:
        pane.typed = before


@contextmanager
def _following_size(pane: Pane) -> Iterator[asyncio.Event]:
    resized = asyncio.Event()
    before, pane.resized = pane.resized, resized.set
    try:
        yield resized
    finally:
        pane.resized = before
