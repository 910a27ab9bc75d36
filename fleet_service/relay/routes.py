"""The ticket API's kiosk routes, by method and pattern; nothing else is relayed."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from fleet_service.api.bodies import read_body
from fleet_service.api.described import Handler, described, paged
from fleet_service.api.requests import REQUEST_ID
from fleet_service.api.senders import hung_up
from fleet_service.api.sending import send_in_time
from fleet_service.calendars.service import Calendars
from fleet_service.relay.judging import Passed
from fleet_service.relay.service import Asked, Relay, target_of
from fleet_service.sessions.routes import asking_kiosk, still_kiosk
from kiosk_contracts.allotments import Allotment, AllotmentRequest
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.gates import GateFeed, KeySet
from kiosk_contracts.roster import VenueRoster
from kiosk_contracts.uploads import JournalHead, UploadBatch, UploadResult
from kiosk_contracts.verifying import JournalEntries
from kiosk_contracts.version import (
    KIOSK_TOKEN_HEADER,
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    REQUEST_ID_HEADER,
)

RELAY: web.AppKey[Relay] = web.AppKey("relay", Relay)
CALENDARS: web.AppKey[Calendars] = web.AppKey("calendars", Calendars)
"""Where there is a store: they learn from catalogues when people are expected."""

_UUID: Final = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_JOURNAL: Final = f"/v1/journals/{{journal_id:{_UUID}}}"
_PAGED: Final = paged(1000)
ALLOWED: Final = (
    ("GET", "/v1/catalogue", described(Catalogue, name="catalogue")),
    (
        "POST",
        "/v1/allotments",
        described(Allotment, status=201, body=AllotmentRequest, name="allot"),
    ),
    ("POST", "/v1/transactions", described(UploadResult, body=UploadBatch, name="upload")),
    ("GET", _JOURNAL, described(JournalHead, name="journal")),
    ("GET", f"{_JOURNAL}/entries", described(JournalEntries, query=_PAGED, name="entries")),
    ("GET", "/v1/gate-feed", described(GateFeed, query=_PAGED, name="gate_feed")),
    ("GET", "/v1/keys", described(KeySet, name="keys")),
    ("GET", "/v1/roster", described(VenueRoster, name="roster")),
)
"""With what each takes and answers; judged by the ticket API."""


async def relayed(request: web.Request) -> web.Response:
    """Pass on what this kiosk asks; the headers that go are named, so that no other can."""
    asking = await asking_kiosk(request)
    headers = {
        KIOSK_TOKEN_HEADER: request.headers[KIOSK_TOKEN_HEADER],
        PROTOCOL_HEADER: request.headers.get(PROTOCOL_HEADER, str(PROTOCOL_VERSION)),
        REQUEST_ID_HEADER: request[REQUEST_ID],
        "Accept": "application/json",
    }
    target = target_of(_path(request), request.rel_url.raw_query_string)
    relay = request.app[RELAY]
    with relay.holding.of(asking.kiosk_id) as grip:
        body = b""
        if request.method == "POST":
            body = await read_body(request, came=grip.more)
            # It may have taken most of half a minute: who was revoked meanwhile gets nothing.
            await still_kiosk(request, asking)
            headers["Content-Type"] = request.content_type
        asked = Asked(request.method, target, headers, body, hung_up(request))
        passed = await relay.relay(asking.kiosk_id, asked)
        grip.instead(len(passed.body))
        calendars = request.app.get(CALENDARS)
        if calendars is not None and _is_catalogue(request) and passed.status == HTTPStatus.OK:
            await calendars.learn(asking.venue_id, passed.body)
        return await send_in_time(request, _answer(passed))


def _answer(passed: Passed) -> web.Response:
    answer = web.Response(status=passed.status, body=passed.body, content_type=passed.content_type)
    if passed.retry_after is not None:
        answer.headers["Retry-After"] = passed.retry_after
    return answer


def _is_catalogue(request: web.Request) -> bool:
    return request.path == "/v1/catalogue"


def _path(request: web.Request) -> str:
    """Return the path as the route spells it: however it came, only an allowed one goes on."""
    resource = request.match_info.route.resource
    if resource is None:
        raise web.HTTPNotFound
    return resource.url_for(**request.match_info).raw_path


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    for method, pattern, declare in ALLOWED:
        # A handler of its own for each: what is declared of one is not declared of another.
        app.router.add_route(method, pattern, declare(_passing()))


def _passing() -> Handler:
    async def pass_on(request: web.Request) -> web.StreamResponse:
        """Pass on what a kiosk asks of the ticket API."""
        return await relayed(request)

    return pass_on
