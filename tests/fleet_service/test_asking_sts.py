"""Nobody but STS itself answers for it, and nobody waits for it for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from fleet_service.sessions import sts
from fleet_service.sessions.presigned import Presigned
from fleet_service.sessions.sts import CallerIdentity, HttpSts, StsAwayError
from tests.support.sts import HOST
from tests.support.upstream import Upstream

REQUEST = Presigned(HOST, "Action=GetCallerIdentity", datetime.now(UTC), timedelta(seconds=60))


def identity(account: str) -> web.Response:
    told = {"Account": account, "Arn": "arn", "UserId": "id"}
    return web.json_response({"GetCallerIdentityResponse": {"GetCallerIdentityResult": told}})


async def asked(upstream: Upstream) -> CallerIdentity:
    async with HttpSts(upstream.url) as asking, asyncio.timeout(60):
        return await asking.caller_identity(REQUEST, audience="fleet", nonce="n")


async def test_where_a_redirect_leads_answers_nothing() -> None:
    async def away(request: web.Request, body: bytes) -> web.StreamResponse:
        del body
        if request.path == "/":
            raise web.HTTPTemporaryRedirect("/elsewhere")
        return identity("999999999999")

    async with Upstream(away) as upstream:
        with pytest.raises(StsAwayError, match="it answered 307"):
            await asked(upstream)
        assert len(upstream.received) == 1


async def test_no_proxy_of_the_environment_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    async def truth(request: web.Request, body: bytes) -> web.StreamResponse:
        del request, body
        return identity("111122223333")

    async def lie(request: web.Request, body: bytes) -> web.StreamResponse:
        del request, body
        return identity("999999999999")

    async with Upstream(truth) as upstream, Upstream(lie) as proxy:
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert (await asked(upstream)).account == "111122223333"
        assert not proxy.received


async def test_an_sts_that_never_answers_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(request: web.Request, body: bytes) -> web.StreamResponse:
        del request, body
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(sts, "_TIMEOUT_S", 0.2)
    async with Upstream(never) as upstream:
        with pytest.raises(StsAwayError, match="Timeout"):
            await asked(upstream)
