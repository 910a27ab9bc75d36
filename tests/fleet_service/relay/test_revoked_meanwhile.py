"""A kiosk that is revoked while its request comes in."""

import asyncio
from pathlib import Path

from tests.support.fleet import (
    OTHER_KIOSK_ID,
    OTHER_SECRET,
    FleetFiles,
    open_session,
    registered,
    session_request,
)
from tests.support.relay_desk import desk_in, until
from tests.support.upstream import Upstream

HEAD = (
    "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nEventPro-Kiosk-Token: {token}\r\n"
    "Content-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
)


async def test_one_that_is_revoked_while_its_body_dribbles_in_reaches_nobody(
    tmp_path: Path,
) -> None:
    async with Upstream() as upstream, desk_in(tmp_path, upstream) as desk:
        host, _, port = desk.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(HEAD.format(token=desk.tokens[0]).encode() + b"{")
        await until(lambda: desk.relay.holding.bytes == 1)
        other = registered(OTHER_KIOSK_ID, "OM1", "old-mill", OTHER_SECRET)
        FleetFiles(tmp_path).register(other)
        # Whoever proves itself has the file looked at.
        await open_session(desk.session, session_request(OTHER_KIOSK_ID, OTHER_SECRET))
        writer.write(b"}")
        answer = (await reader.read()).decode()
        writer.close()
        assert answer.startswith("HTTP/1.1 403 ")
        assert "kiosk_unknown" in answer
        assert upstream.received == []
        # The other is served as before.
        assert (await desk.ask(1)).status == 200
