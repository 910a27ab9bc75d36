"""The Fleet port over HTTP: one pooled session, one place where errors get their meaning."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import aiohttp
from multidict import CIMultiDictProxy
from pydantic import JsonValue

from kiosk_agent.adapters import fleet_errors
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.ports.prover import Prover
from kiosk_contracts.allotments import Allotment, AllotmentRequest
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.commands import CommandOutcome
from kiosk_contracts.gates import GateFeed, KeySet
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.roster import VenueRoster
from kiosk_contracts.sessions import KioskSession, SessionNonce, SessionRequest
from kiosk_contracts.uploads import ItemOutcome, JournalHead, UploadResult
from kiosk_contracts.verifying import JournalEntries
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, PROTOCOL_HEADER, PROTOCOL_VERSION
from kiosk_contracts.wire import WireModel

M = TypeVar("M", bound=WireModel)

_LARGEST_ANSWER: Final = 16 * 1024 * 1024
"""A gate feed's page or a season's catalogue is far below; a portal's film is not."""
_UNAUTHORIZED: Final = 401
_FIRST_REFUSAL: Final = 300
_RENEW_AT: Final = 0.9
"""The part of a token's life after which the next call renews it first."""


@dataclass(frozen=True, slots=True)
class FleetAddress:
    """Where the fleet service is and how long to wait for it, in seconds."""

    url: str
    connect_timeout_s: float
    total_timeout_s: float
    proxy: str = ""
    """By way of which it is reached; empty: straight."""


@dataclass(frozen=True, slots=True)
class KioskProof:
    """Who this kiosk is, and what proves it; asked for every session."""

    kiosk_id: str
    agent_version: str
    prover: Prover


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    renew_at_ms: int
    """On CLOCK_BOOTTIME: a wall clock that jumps expires nothing."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


class HttpFleet:
    """A Fleet. Open it with `async with`; every method raises FleetError and nothing else."""

    def __init__(
        self,
        address: FleetAddress,
        proof: KioskProof,
        journal_id: UUID,
        clock: Clock,
        *,
        connector: aiohttp.BaseConnector | None = None,
    ) -> None:
        """`connector`: whose connections to use; it stays its owner's to close. None: its own."""
        self._connector = connector
        self._address = address
        self._proof = proof
        self._journal_id = journal_id
        self._clock = clock
        self._token: _Token | None = None
        self._renewing = asyncio.Lock()
        self._offset_ms: int | None = None
        self._contact_at: datetime | None = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the pool; nothing is sent yet."""
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(
                total=self._address.total_timeout_s, connect=self._address.connect_timeout_s
            ),
            headers={PROTOCOL_HEADER: str(PROTOCOL_VERSION)},
            cookie_jar=aiohttp.DummyCookieJar(),
            # What the environment says is for others: a kiosk goes by its settings alone.
            trust_env=False,
            connector=self._connector,
            connector_owner=self._connector is None,
            proxy=self._address.proxy or None,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the pool."""
        if self._http is not None:
            await self._http.close()

    async def open_session(self, journal_id: UUID) -> KioskSession:
        """Prove who we are and keep the token for later calls."""
        self._journal_id = journal_id
        async with self._renewing:
            return await self._open_session()

    async def catalogue(self) -> Catalogue:
        """Return what our venue sells."""
        return await self._ask(Catalogue, "GET", "/v1/catalogue")

    async def request_allotment(self, request: AllotmentRequest) -> Allotment:
        """Lease serials; an answer to another request is `upstream_garbage`."""
        allotment = await self._ask(Allotment, "POST", "/v1/allotments", json=request.to_json())
        if (allotment.request_id, allotment.journal_id) != (request.request_id, request.journal_id):
            raise _garbage("the allotment answers another request")
        if (allotment.event_id, allotment.ticket_type_id) != (
            request.event_id,
            request.ticket_type_id,
        ):
            raise _garbage("the allotment is of another ticket type")
        return allotment

    async def upload(self, journal_id: UUID, items: Sequence[JsonValue]) -> Sequence[ItemOutcome]:
        """Send transactions; an answer about another journal counts for nothing."""
        # An UploadBatch, which as a model would look at every value of every item again.
        batch = {"journal_id": str(journal_id), "items": list(items)}
        result = await self._ask(UploadResult, "POST", "/v1/transactions", json=batch)
        if result.journal_id != journal_id:
            raise _garbage("the outcomes are another journal's")
        return result.outcomes

    async def journal_entries(self, journal_id: UUID, after: int, limit: int) -> JournalEntries:
        """Return what the ticket API holds of our journal, above a sequence, in order."""
        page = await self._ask(
            JournalEntries,
            "GET",
            f"/v1/journals/{journal_id}/entries",
            params={"after": str(after), "limit": str(limit)},
        )
        numbers = [after, *(entry.sequence for entry in page.entries)]
        if any(low >= high for low, high in pairwise(numbers)) or page.journal_id != journal_id:
            raise _garbage("the journal's entries do not stand in order")
        if page.more and not page.entries:
            raise _garbage("the journal's entries do not move on")
        return page

    async def journal_head(self, journal_id: UUID) -> JournalHead:
        """Return how far the far side knows a journal; another's head is `upstream_garbage`."""
        head = await self._ask(JournalHead, "GET", f"/v1/journals/{journal_id}")
        if head.journal_id != journal_id:
            raise _garbage("the head is another journal's")
        return head

    async def gate_feed(self, after: int, limit: int = 500) -> GateFeed:
        """Return facts of our venue's gates after a cursor."""
        feed = await self._ask(
            GateFeed, "GET", "/v1/gate-feed", params={"after": str(after), "limit": str(limit)}
        )
        if feed.next_cursor < after or (feed.more and feed.next_cursor == after):
            raise _garbage("the gate feed does not move on")
        return feed

    async def keys(self) -> KeySet:
        """Return the public keys of ticket codes."""
        return await self._ask(KeySet, "GET", "/v1/keys")

    async def roster(self) -> VenueRoster:
        """Return who may work at our venue."""
        return await self._ask(VenueRoster, "GET", "/v1/roster")

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatAnswer:
        """Report our state and learn the server's time."""
        answer = await self._ask(
            HeartbeatAnswer, "POST", "/v1/heartbeats", json=heartbeat.to_json()
        )
        self._learn_time(answer.server_time)
        return answer

    async def tell_outcome(self, command_id: UUID, said: CommandOutcome) -> None:
        """Tell what came of a command."""
        body = said.model_dump_json().encode()
        answer = await self._answered("PUT", f"/v1/commands/{command_id}/outcome", body=body)
        self._refuse(answer)

    def server_offset_ms(self) -> int | None:
        """Return server time less device time."""
        return self._offset_ms

    def last_contact_at(self) -> datetime | None:
        """Return when the far side last answered."""
        return self._contact_at

    async def _ask(
        self,
        model: type[M],
        method: str,
        path: str,
        *,
        json: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
    ) -> M:
        """Call with the token."""
        return self._read(model, await self._answered(method, path, json=json, params=params))

    async def _answered(
        self,
        method: str,
        path: str,
        *,
        json: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> _Answer:
        """Call with the token; renew it once if it is refused."""
        send = partial(self._send, method, path, json=json, params=params, body=body)
        token = await self._fresh_token(None)
        answer = await send(token=token)
        if answer.status == _UNAUTHORIZED:
            answer = await send(token=await self._fresh_token(token))
        return answer

    async def _fresh_token(self, refused: str | None) -> str:
        """Return a token to use; callers who were refused the same one share its renewal."""
        async with self._renewing:
            token = self._token
            stale = (
                token is None
                or token.text == refused
                or token.renew_at_ms <= self._clock.boottime_ms()
            )
            if token is None or stale:
                return (await self._open_session()).token.get_secret_value()
            return token.text

    async def _open_session(self) -> KioskSession:
        request = SessionRequest(
            kiosk_id=self._proof.kiosk_id,
            journal_id=self._journal_id,
            agent_version=self._proof.agent_version,
            proof=await self._proof.prover.prove(self._nonce),
        )
        asked_ms = self._clock.boottime_ms()
        answer = await self._send("POST", "/v1/sessions", json=request.to_json())
        session = self._read(KioskSession, answer)
        if session.kiosk.kiosk_id != self._proof.kiosk_id:
            raise _garbage("the session is another kiosk's")
        life_ms = int(session.expires_in_s * 1000 * _RENEW_AT)
        self._token = _Token(session.token.get_secret_value(), asked_ms + life_ms)
        self._learn_time(session.server_time)
        return session

    async def _nonce(self) -> str:
        answer = await self._send("POST", "/v1/session-nonces")
        return self._read(SessionNonce, answer).nonce

    async def _send(  # noqa: PLR0913  what a request has
        self,
        method: str,
        path: str,
        *,
        json: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
        token: str | None = None,
        body: bytes | None = None,
    ) -> _Answer:
        if self._http is None:
            raise RuntimeError("open the fleet adapter with `async with` first")
        try:
            async with self._http.request(
                method,
                self._address.url.rstrip("/") + path,
                json=json,
                # JSON that is large is sent in pieces, or the loop would stand meanwhile.
                data=None if body is None else io.BytesIO(body),
                params=params,
                headers={
                    **({KIOSK_TOKEN_HEADER: token} if token else {}),
                    **({"Content-Type": "application/json"} if body is not None else {}),
                },
                allow_redirects=False,
            ) as response:
                body = await _bounded_body(response)
                answer = _Answer(response.status, response.headers, body)
        except Exception as error:
            known = fleet_errors.from_exception(error)
            if known is None:
                raise
            raise known from error
        if fleet_errors.speaks_our_protocol(answer.headers):
            self._contact_at = self._clock.now()
            self._learn_date(answer.headers.get("Date", ""))
        return answer

    def _refuse(self, answer: _Answer) -> None:
        """Raise FleetError where an answer is a refusal."""
        if answer.status >= _FIRST_REFUSAL:
            raise fleet_errors.from_status(
                answer.status, answer.headers, answer.body, self._clock.now()
            )

    def _read(self, model: type[M], answer: _Answer) -> M:
        self._refuse(answer)
        try:
            return model.model_validate_json(answer.body)
        except ValueError as error:
            raise fleet_errors.garbage_from(answer.headers) from error

    def _learn_date(self, date: str) -> None:
        """Take the Date of an answer, to the second, where nothing better was learnt yet."""
        server_time = fleet_errors.http_date(date)
        if self._offset_ms is None and server_time is not None:
            self._learn_time(server_time)

    def _learn_time(self, server_time: datetime) -> None:
        self._offset_ms = round((server_time - self._clock.now()).total_seconds() * 1000)


def _garbage(detail: str) -> FleetError:
    return FleetError(ProblemCode.UPSTREAM_GARBAGE, detail, retryable=True)


async def _bounded_body(response: aiohttp.ClientResponse) -> bytes:
    """Read the whole body, or raise AnswerTooLargeError."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise fleet_errors.AnswerTooLargeError("the answer is larger than any of ours")
    return bytes(body)
