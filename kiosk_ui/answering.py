"""Answers the health check of the UI's container: for how long the agent has been away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kiosk_ui.agent_link import AgentLink


@asynccontextmanager
async def answering(
    name: str, link: AgentLink, log: Callable[[str], object]
) -> AsyncIterator[None]:
    """Answer at the abstract socket `name` while this is entered; nobody asks if it is empty.

    Such a socket needs no file, so the container needs no place to write to; it is the container's
    own, as its network is. Each who connects is told the seconds, by the event loop itself.
    """

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{link.away_s}\n".encode())
        writer.close()

    if not name:
        yield
        return
    try:
        server = await asyncio.start_unix_server(answer, path=f"\0{name}")
    except OSError as error:
        # Another UI in the same network. A screen is worth more than a check of it.
        log(f"health checks are not answered: {error}")
        yield
        return
    async with server:
        yield
