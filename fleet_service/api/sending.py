"""Sending an answer to whoever takes it: nobody holds it up for long by taking nothing."""

import asyncio
from typing import Final

import structlog
from aiohttp import web

from fleet_service.api.bodies import BODY_PATIENCE_S
from fleet_service.api.requests import REQUEST_ID
from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION, REQUEST_ID_HEADER

log = structlog.get_logger()
_PATIENCE_S: Final = 60.0


async def send_in_time(request: web.Request, answer: web.Response) -> web.Response:
    """Send an answer within the handler, as long as the body of a request may take, and return it.

    What is not taken by then is broken off: its connection is, for half an answer is none. After
    the handler aiohttp would wait for ever, with the answer in memory.
    """
    answer.headers[PROTOCOL_HEADER] = str(PROTOCOL_VERSION)
    answer.headers[REQUEST_ID_HEADER] = request[REQUEST_ID]
    try:
        async with asyncio.timeout(request.app.get(BODY_PATIENCE_S, _PATIENCE_S)):
            await answer.prepare(request)
            await answer.write_eof()
    except TimeoutError:
        log.warning("answer_not_taken", bytes=answer.content_length)
        if request.transport is not None:
            request.transport.abort()
    except ConnectionError:
        log.info("answer_not_taken_by_who_hung_up")
    return answer
