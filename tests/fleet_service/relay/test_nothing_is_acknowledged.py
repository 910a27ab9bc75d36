"""Nothing is acknowledged that the ticket API has not: a far end that says anything, byte by byte.

The agent's own client asks through a real fleet service; what it takes for settled is what counts.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from kiosk_agent.adapters.fleet_http import FleetAddress, HttpFleet, KioskProof
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.domain.uploading import misfit
from kiosk_agent.ports.fleet import FleetError
from tests.support.fleet import JOURNAL_ID, KIOSK_ID, SECRET, RunningFleet, fleet_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

IDS = [UUID(f"0197a000-0000-7000-8000-0000000000{number:02d}") for number in (1, 2, 3)]
ITEMS: list[Any] = [{"envelope": {"txn_id": str(txn_id)}} for txn_id in IDS]


def outcomes(*ids: UUID | None, journal_id: UUID = JOURNAL_ID, status: str = "settled") -> bytes:
    told = [{"txn_id": None if one is None else str(one), "status": status} for one in ids]
    return json.dumps({"journal_id": str(journal_id), "outcomes": told}).encode()


ALL = outcomes(*IDS)


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    named = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}\r\n" for name, value in named.items() if value]
    return f"HTTP/1.1 {status}\r\n{''.join(lines)}\r\n".encode() + body


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return http(b"", Content_Length="", Transfer_Encoding="chunked") + body + end


HALF = len(ALL) // 2
LIES = {
    "closes after reading": b"",
    "cuts in the status line": b"HTTP/1.1 20",
    "cuts in the headers": http(ALL)[:40],
    "cuts before the body": http(ALL)[: -len(ALL)],
    "cuts in the middle of its answer": http(ALL)[:-HALF],
    "cuts before the last byte": http(ALL)[:-1],
    "says a length that is too short": http(ALL, Content_Length=str(HALF)),
    "says no length and cuts": http(ALL[:HALF], Content_Length=""),
    "cuts between chunks": chunked(ALL[:HALF], end=b""),
    "cuts before the last chunk": chunked(ALL, end=b""),
    "cuts in a chunk": chunked(ALL)[:-20],
    "says chunks of no length": chunked(b"", end=b"zz\r\n" + ALL),
    "says a negative chunk": chunked(b"", end=b"-5\r\n" + ALL),
    "says two lengths": http(ALL, Content_Length=f"{len(ALL)}\r\nContent-Length: 5"),
    "says only to continue": b"HTTP/1.1 100 Continue\r\n\r\n",
    "answers no HTTP": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "answers noise": bytes(range(256)) * 4,
    "answers bare JSON": ALL,
    "answers an empty body": http(b""),
    "answers no content": http(b"", "204 No Content"),
    "took it on": http(ALL, "202 Accepted"),
    "answers of another": http(ALL, "203 Non-Authoritative Information"),
    "answers a part": http(ALL, "206 Partial Content"),
    "redirects": http(ALL, "307 Temporary Redirect", Location="/elsewhere"),
    "answers a page": http(b"<h1>ok</h1>", Content_Type="text/html"),
    "calls JSON a page": http(ALL, Content_Type="text/html"),
    "answers null": http(b"null"),
    "answers a list": http(b"[]"),
    "answers two objects": http(ALL + ALL),
    "answers trailing garbage": http(ALL + b"\0"),
    "answers in another encoding": http(ALL.decode().encode("utf-16")),
    "packs it": http(gzip.compress(ALL), Content_Encoding="gzip"),
    "packs badly": http(gzip.compress(ALL)[:-9], Content_Encoding="gzip"),
    "says it is packed": http(ALL, Content_Encoding="gzip"),
    "answers fewer results": http(outcomes(*IDS[:2])),
    "answers no results": http(outcomes()),
    "answers more results": http(outcomes(*IDS, IDS[0])),
    "answers in another order": http(outcomes(*IDS[::-1])),
    "answers the first three times": http(outcomes(*[IDS[0]] * 3)),
    "answers of another journal": http(outcomes(*IDS, journal_id=UUID(int=7))),
    "settles what it does not name": http(outcomes(IDS[0], None, IDS[2])),
    "fails with results": http(ALL, "500 Internal Server Error"),
    "refuses with results": http(ALL, "409 Conflict"),
}


@dataclass
class Liar:
    """A far end at a socket, which reads each request whole and then does as it is told."""

    url: str = ""
    asked: int = 0
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request; answer; close."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if head.startswith("get /healthz"):
                writer.write(http(b"{}", Connection="close"))
                return
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            await reader.readexactly(length)
            self.asked += 1
            assert self.answer is not None
            await self.answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def lying() -> AsyncIterator[Liar]:
    liar = Liar()
    server = await asyncio.start_server(liar.serve, "127.0.0.1")
    async with server:
        liar.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield liar


@dataclass
class Proof:
    """The secret."""

    async def prove(self, _nonce: Callable[[], Awaitable[str]]) -> dict[str, str]:
        return {"scheme": "enrolment_secret", "secret": SECRET}


@dataclass
class Scene:
    """The agent's client, the fleet service, the liar."""

    liar: Liar
    fleet: RunningFleet
    agent: HttpFleet

    async def settled(self) -> list[UUID]:
        """Send the batch; return what the agent would mark as settled. Raises FleetError."""
        told = await self.agent.upload(JOURNAL_ID, ITEMS)
        why = misfit(ITEMS, told)
        if why is not None:
            raise FleetError("upstream_garbage", why, retryable=True)
        return [one.txn_id for one in told if one.status == "settled" and one.txn_id is not None]

    def says(self, *answer: bytes) -> None:
        """Let the far end say something, in pieces, and close."""

        async def say(writer: asyncio.StreamWriter) -> None:
            for piece in answer:
                writer.write(piece)
                await writer.drain()

        self.liar.answer = say


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("fleet")
    # One kiosk alone opens no circuit, so each lie is listened to.
    async with (
        lying() as liar,
        fleet_process(folder, liar.url, relay_timeout_s=1) as fleet,
        agent_of(fleet) as agent,
    ):
        yield Scene(liar, fleet, agent)


@asynccontextmanager
async def agent_of(fleet: RunningFleet) -> AsyncIterator[HttpFleet]:
    address, proof = FleetAddress(fleet.url, 20, 20), KioskProof(KIOSK_ID, "0.1.0", Proof())
    async with HttpFleet(address, proof, JOURNAL_ID, SystemClock()) as agent:
        yield agent


async def test_what_the_ticket_api_settles_is_settled(scene: Scene) -> None:
    for answer in (http(ALL), chunked(ALL[:HALF], ALL[HALF:]), http(ALL, "201 Created")):
        scene.says(answer)
        assert await scene.settled() == IDS
    scene.says(*(bytes([byte]) for byte in http(ALL)))
    assert await scene.settled() == IDS


async def test_what_it_says_of_each_is_what_the_kiosk_hears(scene: Scene) -> None:
    scene.says(http(outcomes(*IDS, status="retry")))
    assert await scene.settled() == []


@pytest.mark.parametrize("lie", LIES)
async def test_a_far_end_that_lies_or_breaks_off_settles_nothing(scene: Scene, lie: str) -> None:
    scene.says(LIES[lie])
    asked = scene.liar.asked
    with pytest.raises(FleetError) as refused:
        await scene.settled()
    assert refused.value.retryable, "the kiosk keeps it, and asks again"
    assert scene.liar.asked == asked + 1, "and the relay asked once"


async def test_an_answer_that_trickles_for_ever_is_given_up(scene: Scene) -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        writer.write(http(ALL)[: -len(ALL)])
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    scene.liar.answer = trickle
    with pytest.raises(FleetError) as refused:
        await scene.settled()
    assert (refused.value.code, refused.value.status) == ("line_timeout", 504)


async def test_an_answer_that_comes_after_all_is_nobodys(scene: Scene) -> None:
    late = asyncio.Event()
    asked = scene.liar.asked

    async def after_the_time(writer: asyncio.StreamWriter) -> None:
        await late.wait()
        writer.write(http(ALL))

    scene.liar.answer = after_the_time
    with pytest.raises(FleetError) as refused:
        await scene.settled()
    assert refused.value.code == "line_timeout"
    scene.says(http(outcomes(*IDS, status="retry")))
    late.set()
    assert await scene.settled() == [], "the next request hears its own answer"
    assert scene.liar.asked == asked + 2


async def test_two_answers_to_one_request_are_not_the_next_ones(scene: Scene) -> None:
    scene.says(http(ALL) + http(ALL))
    assert await scene.settled() == IDS
    scene.says(http(outcomes(*IDS, status="retry")))
    assert await scene.settled() == []
