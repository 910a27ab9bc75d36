"""A real fleet service process between a kiosk and a real, misbehaving far end."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, PROTOCOL_HEADER, REQUEST_ID_HEADER
from tests.support.fleet import RunningFleet, fleet_process, open_session, raw_exchange
from tests.support.upstream import Behaviour, Upstream, answer_ok

pytestmark = pytest.mark.asyncio(loop_scope="module")
REFUSAL_OF_409 = '{"title": "No", "status": 409, "code": "sold_out"}'
JOURNAL = "/v1/journals/0197a000-0000-7000-8000-000000000001"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def far_end() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fleet(
    far_end: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningFleet]:
    folder = tmp_path_factory.mktemp("fleet")
    async with fleet_process(folder, far_end.url, body_limit_bytes=100_000) as running:
        yield running


@pytest.fixture
def upstream(far_end: Upstream) -> Upstream:
    far_end.behave = answer_ok
    far_end.received.clear()
    return far_end


@pytest_asyncio.fixture(loop_scope="module")
async def kiosk(fleet: RunningFleet) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(fleet.url) as session:
        session.headers[KIOSK_TOKEN_HEADER] = await open_session(session)
        yield session


async def problem_of(
    kiosk: aiohttp.ClientSession, method: str = "POST", path: str = "/v1/transactions"
) -> tuple[dict[str, Any], aiohttp.ClientResponse]:
    async with kiosk.request(method, path, json={}, allow_redirects=False) as answer:
        assert answer.content_type == PROBLEM_CONTENT_TYPE, await answer.text()
        problem: dict[str, Any] = json.loads(await answer.read())
        assert problem["status"] == answer.status
        assert answer.headers[PROTOCOL_HEADER] == "1"
        return problem, answer


def answers(
    status: int, body: str | bytes, content_type: str = "application/json", **headers: str
) -> Behaviour:
    async def behave(_request: web.Request, _body: bytes) -> web.StreamResponse:
        raw = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(
            status=status, body=raw, headers={"Content-Type": content_type, **named}
        )

    return behave


async def test_a_request_and_its_answer_pass_as_they_are(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    upstream.behave = answers(201, '{"granted":  "é"}', "application/json; charset=utf-8")
    sent = b'{"odd" : [1,  2]}'
    async with kiosk.post(
        "/v1/allotments",
        data=sent,
        headers={"Content-Type": "application/json", REQUEST_ID_HEADER: "kiosk-made-id-1"},
    ) as answer:
        assert (answer.status, answer.content_type) == (201, "application/json")
        assert await answer.read() == '{"granted":  "é"}'.encode()
        assert answer.headers[REQUEST_ID_HEADER] == "kiosk-made-id-1"
    (received,) = upstream.received
    assert (received.method, received.target, received.body) == ("POST", "/v1/allotments", sent)
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers[KIOSK_TOKEN_HEADER] == kiosk.headers[KIOSK_TOKEN_HEADER]
    assert received.headers[PROTOCOL_HEADER] == "1"
    assert received.headers[REQUEST_ID_HEADER] == "kiosk-made-id-1"


def _may_have_happened(problem: dict[str, Any]) -> bool:
    """Return what the words for people say; there is no member for it."""
    assert "may_have_happened" not in problem
    return "may have done what was asked" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/catalogue"),
        ("POST", "/v1/allotments"),
        ("POST", "/v1/transactions"),
        ("GET", JOURNAL),
        ("GET", "/v1/gate-feed?after=0&limit=500"),
        ("GET", "/v1/roster"),
        ("GET", "/v1/keys"),
    ],
)
async def test_every_kiosk_route_of_the_ticket_api_is_relayed(
    kiosk: aiohttp.ClientSession, upstream: Upstream, method: str, path: str
) -> None:
    async with kiosk.request(method, path) as answer:
        assert answer.status == 200
    assert [(each.method, each.target) for each in upstream.received] == [(method, path)]


async def test_what_is_the_callers_own_business_goes_no_further(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    upstream.behave = answers(200, "{}", Set_Cookie="a=b", X_Powered_By="x", Connection="close")
    headers = {
        "Authorization": "Bearer mine",
        "Cookie": "session=1",
        "EventPro-Ops-Token": "ops",
        "X-Forwarded-For": "10.0.0.1",
        "Host": "other.example",
        "TE": "trailers",
        "Proxy-Authorization": "Basic x",
        "User-Agent": "kiosk",
    }
    async with kiosk.get("/v1/catalogue", headers=headers) as answer:
        assert answer.status == 200
        assert {"Set-Cookie", "X-Powered-By"}.isdisjoint(answer.headers)
    (received,) = upstream.received
    assert {name.lower() for name in received.headers} == {
        "host",
        "accept",
        "accept-encoding",
        KIOSK_TOKEN_HEADER.lower(),
        PROTOCOL_HEADER.lower(),
        REQUEST_ID_HEADER.lower(),
    }
    assert received.headers["Host"] == f"127.0.0.1:{upstream.port}"


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 500, 503])
async def test_the_ticket_apis_own_refusals_pass_with_their_retry_after(
    kiosk: aiohttp.ClientSession, upstream: Upstream, status: int
) -> None:
    said = {"title": "No", "status": status, "code": "made_up", "retryable": False, "left": 3}
    upstream.behave = answers(status, json.dumps(said), PROBLEM_CONTENT_TYPE, Retry_After="7")
    problem, answer = await problem_of(kiosk)
    assert problem == said
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (answers(500, "<h1>oops</h1>", "text/html"), (502, "upstream_failed", True)),
        (answers(502, "<h1>oops</h1>", "text/html"), (502, "upstream_failed", True)),
        (answers(503, '{"message":"Service Unavailable"}'), (503, "upstream_busy", False)),
        (answers(429, '{"message":"Too Many Requests"}'), (503, "upstream_busy", False)),
        (answers(504, '{"message":"Endpoint timed out"}'), (504, "line_timeout", True)),
        (answers(403, '{"message":"Forbidden"}'), (502, "upstream_failed", False)),
        (answers(404, "not here", "text/plain"), (502, "upstream_failed", False)),
        (answers(400, "{}", PROBLEM_CONTENT_TYPE), (502, "upstream_failed", False)),
        (answers(500, REFUSAL_OF_409, PROBLEM_CONTENT_TYPE), (502, "upstream_failed", True)),
        (answers(200, "<h1>Guest Wi-Fi</h1>", "text/html"), (502, "upstream_garbage", True)),
        (answers(200, '{"half": ', "application/json"), (502, "upstream_garbage", True)),
        (answers(202, '{"message":"queued"}'), (502, "upstream_garbage", True)),
        (answers(206, '{"outcomes": []}'), (502, "upstream_garbage", True)),
        (answers(200, b"\xff\xfe\x00", "application/json"), (502, "upstream_garbage", True)),
        (answers(200, "[" * 50_000, "application/json"), (502, "upstream_garbage", True)),
        (answers(200, f'"{"x" * 200_000}"', "application/json"), (502, "upstream_garbage", True)),
    ],
)
async def test_what_the_ticket_api_would_not_say_becomes_a_problem_worth_a_retry(
    kiosk: aiohttp.ClientSession,
    upstream: Upstream,
    behave: Behaviour,
    expected: tuple[int, str, bool],
) -> None:
    upstream.behave = behave
    problem, _ = await problem_of(kiosk)
    assert (problem["status"], problem["code"], _may_have_happened(problem)) == expected
    assert problem["retryable"] is True
    assert len(upstream.received) == 1


async def test_retry_after_of_a_load_balancer_is_kept_and_bounded(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    for said, kept in (("9", "9"), ("99999999999", "3600"), ("soon", None)):
        upstream.behave = answers(503, "busy", "text/plain", Retry_After=said)
        _, answer = await problem_of(kiosk)
        assert answer.headers.get("Retry-After") == kept


async def test_too_large_for_the_way_beyond_us_is_told_as_too_large(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    upstream.behave = answers(413, '{"message":"Request Entity Too Large"}')
    problem, _ = await problem_of(kiosk)
    assert (problem["status"], problem["code"]) == (413, "body_too_large")


async def test_redirects_are_never_followed(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    for status in (301, 302, 303, 307, 308):
        upstream.behave = answers(status, "", Location=f"{upstream.url}/v1/elsewhere")
        problem, answer = await problem_of(kiosk, "GET", "/v1/catalogue")
        assert problem["code"] == "upstream_garbage"
        assert "Location" not in answer.headers
    assert {each.target for each in upstream.received} == {"/v1/catalogue"}


async def test_a_connection_that_breaks_before_the_answer_may_have_happened(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    async def breaks(request: web.Request, _body: bytes) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    upstream.behave = breaks
    problem, _ = await problem_of(kiosk)
    assert (problem["status"], problem["code"]) == (502, "upstream_failed")
    assert (problem["retryable"], _may_have_happened(problem)) == (True, True)
    assert len(upstream.received) == 1


async def test_an_answer_that_breaks_off_is_not_passed_in_part(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    async def half(request: web.Request, _body: bytes) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        answer.content_length = 1000
        await answer.prepare(request)
        await answer.write(b'{"outcomes": [')
        assert request.transport is not None
        request.transport.close()
        return answer

    upstream.behave = half
    problem, _ = await problem_of(kiosk)
    assert (problem["status"], _may_have_happened(problem)) == (502, True)


async def test_a_far_end_that_refuses_is_told_as_not_happened_and_back_at_once(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    await upstream.__aexit__(None, None, None)
    problem, _ = await problem_of(kiosk)
    assert (problem["status"], problem["code"]) == (502, "upstream_failed")
    assert (problem["retryable"], _may_have_happened(problem)) == (True, False)
    await upstream.__aenter__()
    async with kiosk.get("/v1/catalogue") as answer:
        assert answer.status == 200


async def test_a_far_end_that_hangs_is_a_timeout_that_may_have_happened(
    upstream: Upstream, tmp_path: Path
) -> None:
    let_go = asyncio.Event()

    async def hangs(_request: web.Request, _body: bytes) -> web.StreamResponse:
        await let_go.wait()
        return web.Response()

    async with (
        fleet_process(tmp_path, upstream.url, relay_timeout_s=1) as fleet,
        aiohttp.ClientSession(fleet.url) as kiosk,
    ):
        kiosk.headers[KIOSK_TOKEN_HEADER] = await open_session(kiosk)
        upstream.behave = hangs
        problem, _ = await problem_of(kiosk)
        let_go.set()
    assert (problem["status"], problem["code"]) == (504, "line_timeout")
    assert (problem["retryable"], _may_have_happened(problem)) == (True, True)
    assert len(upstream.received) == 1


async def test_a_body_above_the_limit_goes_no_further(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 10_000

    for body in (b"x" * 100_001, chunks()):
        async with kiosk.post("/v1/transactions", data=body) as answer:
            assert answer.status == 413
            assert (await answer.json(content_type=None))["code"] == "body_too_large"
    async with kiosk.post("/v1/transactions", data=b"x" * 100_000) as answer:
        assert answer.status == 200
    assert [len(each.body) for each in upstream.received] == [100_000]


@pytest.mark.parametrize(
    "target",
    [
        "/v1/ops/ledger",
        "/v1/journals/../ops/ledger",
        "/v1/journals/..%2fops%2fledger",
        "/v1/journals/%2e%2e/ops/ledger",
        f"{JOURNAL}/../../ops/ledger",
        f"{JOURNAL}%2f..%2f..%2fops",
        f"{JOURNAL}%00",
        f"{JOURNAL}x",
        "/v1/catalogue/",
        "/v1/catalogue/../ops/ledger",
        "//v1/catalogue",
        "/V1/catalogue",
        "/v1/catalogue;x=1",
        "/v1/catalogue%3fx",
        "/healthz/../v1/ops/ledger",
        "http://127.0.0.1/v1/ops/ledger",
    ],
)
async def test_no_spelling_of_a_path_reaches_what_is_not_a_kiosk_route(
    fleet: RunningFleet, kiosk: aiohttp.ClientSession, upstream: Upstream, target: str
) -> None:
    token = kiosk.headers[KIOSK_TOKEN_HEADER]
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\n{KIOSK_TOKEN_HEADER}: {token}\r\n"
    answer = await raw_exchange(fleet.url, f"{head}Connection: close\r\n\r\n".encode())
    assert answer.split()[1] in {b"404", b"400"}
    assert upstream.received == []


async def test_an_odd_spelling_of_an_allowed_path_goes_on_as_the_plain_one(
    kiosk: aiohttp.ClientSession, fleet: RunningFleet, upstream: Upstream
) -> None:
    token = kiosk.headers[KIOSK_TOKEN_HEADER]
    head = f"GET /v1/%63atalogue?b=%7e&a=x+y HTTP/1.1\r\nHost: x\r\n{KIOSK_TOKEN_HEADER}: {token}"
    answer = await raw_exchange(fleet.url, f"{head}\r\nConnection: close\r\n\r\n".encode())
    assert answer.split()[1] == b"200"
    assert [each.target for each in upstream.received] == ["/v1/catalogue?b=~&a=x%20y"]


async def test_a_wrong_method_is_refused_here(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    for method, path, allowed in (
        ("DELETE", "/v1/transactions", "POST"),
        ("POST", "/v1/catalogue", "GET"),
    ):
        problem, answer = await problem_of(kiosk, method, path)
        assert (problem["status"], problem["code"]) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == allowed
    assert upstream.received == []


@pytest.mark.parametrize(
    "smuggled",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 40\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length : 4\r\n",
        "X-A: 1\r\n Content-Length: 4\r\nContent-Length: +4\r\n",
        "Content-Length: 4\r\nX-A\0: 1\r\n",
    ],
)
async def test_smuggled_framing_never_becomes_a_second_request(
    fleet: RunningFleet, kiosk: aiohttp.ClientSession, upstream: Upstream, smuggled: str
) -> None:
    token = f"{KIOSK_TOKEN_HEADER}: {kiosk.headers[KIOSK_TOKEN_HEADER]}\r\n"
    hidden = f"GET /v1/catalogue HTTP/1.1\r\nHost: x\r\n{token}\r\n"
    sent = f"POST /v1/transactions HTTP/1.1\r\nHost: x\r\n{token}{smuggled}\r\n0\r\n\r\n{hidden}"
    answer = await raw_exchange(fleet.url, sent.encode())
    assert answer.split()[1] == b"400"
    assert answer.count(b"HTTP/1.") == 1
    assert upstream.received == []


async def test_a_version_that_is_not_spoken_is_refused_before_anything_else(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    for version in ("2", "0", "one", "1.0", ""):
        async with kiosk.get("/v1/catalogue", headers={PROTOCOL_HEADER: version}) as answer:
            assert answer.status == 400
            problem = await answer.json(content_type=None)
            assert problem["code"] == "protocol_version_unsupported"
    assert upstream.received == []


async def test_too_many_query_fields_are_refused(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    async with kiosk.get("/v1/gate-feed?" + "a=1&" * 40) as answer:
        assert answer.status == 400
    assert upstream.received == []


async def test_what_was_relayed_and_why_not_is_counted(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    async def count(result: str) -> float:
        async with kiosk.get("/metrics") as answer:
            lines = (await answer.text()).splitlines()
        wanted = f'eventpro_fleet_relayed_total{{result="{result}"}} '
        found = [line for line in lines if line.startswith(wanted)]
        return float(found[0].split()[-1]) if found else 0

    answered, failed = await count("answered"), await count("upstream_failed")
    async with kiosk.get("/v1/keys") as answer:
        assert answer.status == 200
    upstream.behave = answers(500, "x", "text/plain")
    await problem_of(kiosk)
    assert (await count("answered"), await count("upstream_failed")) == (answered + 1, failed + 1)


async def test_no_token_and_no_secret_is_ever_logged(
    fleet: RunningFleet, kiosk: aiohttp.ClientSession
) -> None:
    async with kiosk.get("/healthz") as answer:
        assert answer.status == 200
    log = fleet.log()
    assert "session_opened" in log
    assert "request_answered" in log
    assert kiosk.headers[KIOSK_TOKEN_HEADER] not in log
    assert kiosk.headers[KIOSK_TOKEN_HEADER].split(".")[2] not in log
    assert "correct-horse" not in log
