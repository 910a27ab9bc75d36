"""The admin socket: verify the journal, with progress as it goes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from aiohttp import web

from kiosk_agent.api.office import OFFICE
from kiosk_agent.services.verifying import Verification
from kiosk_contracts.problem import ProblemError

routes = web.RouteTableDef()


@routes.post("/v1/verify")
async def verify(request: web.Request) -> web.StreamResponse:
    """Stream `{"checked", "of"}` as it goes, and `{"report"}` or `{"problem"}` at the end."""
    office = request.app[OFFICE]
    verification = Verification(office.here.journal, office.fleet)
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    with suppress(ConnectionResetError):
        async for line in _lines(verification):
            await response.write(f"{json.dumps(line)}\n".encode())
    await response.write_eof()
    return response


async def _lines(verification: Verification) -> AsyncIterator[dict[str, Any]]:
    steps: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    running = asyncio.create_task(
        verification.run(lambda checked, last: steps.put_nowait({"checked": checked, "of": last}))
    )
    running.add_done_callback(lambda _: steps.put_nowait(None))
    try:
        while (step := await steps.get()) is not None:
            yield step
        try:
            yield {"report": (await running).to_json()}
        except ProblemError as error:
            # The status has gone out already, so the problem goes the way of the report.
            yield {"problem": error.problem.to_json()}
    finally:
        running.cancel()
