"""Logging in at ECR with the host's role: when, with what, and what is said where it fails."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import pytest
from aiohttp import web
from botocore.parsers import create_parser

from kiosk_agent.host_role.role_credentials import NoRoleCredentialsError, RoleCredentials
from kiosk_agent.supervisor.adapters.ecr_login import EcrLogins
from kiosk_agent.supervisor.ports import PullFailedError, RegistryLogin
from tests.support.clock import FakeClock

ECR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
TWELVE_H = 12 * 3600


@dataclass
class Ecr:
    """An ECR that answers, and the host's credentials."""

    clock: FakeClock = field(default_factory=FakeClock)
    status: int = 200
    answer: dict[str, Any] | None = None
    key: str = "AKIAFIRST"
    asked: list[web.Request] = field(default_factory=list)

    def read(self) -> RoleCredentials:
        if not self.key:
            raise NoRoleCredentialsError("this host has no role credentials yet")
        return RoleCredentials(self.key, "secret", "session")

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        assert await request.read() == b"{}"
        return web.json_response(self.answer or self.token(), status=self.status)

    def token(self) -> dict[str, Any]:
        """Return what ECR says, held to botocore's own reading of it."""
        pair = base64.b64encode(f"AWS:password-{len(self.asked)}".encode()).decode()
        ends = self.clock.now().timestamp() + TWELVE_H
        said = {"authorizationData": [{"authorizationToken": pair, "expiresAt": ends}]}
        service = botocore.session.get_session().get_service_model("ecr")
        shape = service.operation_model("GetAuthorizationToken").output_shape
        raw = {"status_code": 200, "headers": {}, "body": json.dumps(said).encode()}
        read = create_parser("json").parse(raw, shape)
        assert read["authorizationData"][0]["authorizationToken"] == pair
        return said


@asynccontextmanager
async def logins_at(ecr: Ecr) -> AsyncIterator[EcrLogins]:
    app = web.Application()
    app.router.add_post("/", ecr.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    place = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with EcrLogins(ecr, ecr.clock, endpoint=place) as logins:
            yield logins
    finally:
        await runner.cleanup()


async def test_a_login_is_of_the_registrys_region_and_kept_until_an_hour_before_its_end() -> None:
    ecr = Ecr()
    async with logins_at(ecr) as logins:
        assert await logins.login(ECR) == RegistryLogin("AWS", "password-1")
        [asked] = ecr.asked
        assert asked.headers["host"] == "api.ecr.eu-central-1.amazonaws.com"
        assert asked.headers["x-amz-target"].endswith(".GetAuthorizationToken")
        assert "Credential=AKIAFIRST/20261123/eu-central-1/ecr/" in asked.headers["authorization"]
        # The SSM agent has written others meanwhile.
        ecr.key = "AKIASECOND"
        ecr.clock.advance(TWELVE_H - 3600 - 1)
        assert await logins.login(ECR) == RegistryLogin("AWS", "password-1")
        ecr.clock.advance(2)
        assert await logins.login(ECR) == RegistryLogin("AWS", "password-2")
        assert "Credential=AKIASECOND/" in ecr.asked[1].headers["authorization"]


async def test_one_that_was_refused_is_forgotten_and_asked_anew() -> None:
    ecr = Ecr()
    async with logins_at(ecr) as logins:
        logins.forget(ECR)
        await logins.login(ECR)
        logins.forget("another.example.com")
        assert await logins.login(ECR) == RegistryLogin("AWS", "password-1")
        logins.forget(ECR)
        assert await logins.login(ECR) == RegistryLogin("AWS", "password-2")


async def test_each_registry_has_its_own_and_china_its_own_domain() -> None:
    ecr = Ecr()
    async with logins_at(ecr) as logins:
        await logins.login(ECR)
        await logins.login("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn")
    assert [one.headers["host"] for one in ecr.asked] == [
        "api.ecr.eu-central-1.amazonaws.com",
        "api.ecr.cn-north-1.amazonaws.com.cn",
    ]


@pytest.mark.parametrize(
    "registry",
    [
        *("127.0.0.1:5000", "registry.example.com", f"{ECR}:443", f"{ECR}.example.com"),
        *("1.dkr.ecr.eu-central-1.amazonaws.com", f"x.{ECR}", "public.ecr.aws"),
    ],
)
async def test_nobody_else_is_shown_what_the_role_may(registry: str) -> None:
    ecr = Ecr()
    async with logins_at(ecr) as logins:
        assert await logins.login(registry) is None
    assert ecr.asked == []


async def test_a_host_without_credentials_says_so() -> None:
    async with logins_at(Ecr(key="")) as logins:
        with pytest.raises(PullFailedError, match="nobody logs in at ECR: this host has no role"):
            await logins.login(ECR)


async def test_a_role_without_the_right_is_told_which() -> None:
    said = {"__type": "com.amazonaws#AccessDeniedException", "Message": "not authorized"}
    async with logins_at(Ecr(status=400, answer=said)) as logins:
        with pytest.raises(PullFailedError) as refused:
            await logins.login(ECR)
    assert str(refused.value) == (
        "api.ecr.eu-central-1.amazonaws.com gave no login: AccessDeniedException not authorized"
        " (the managed-instance role needs ecr:GetAuthorizationToken)"
    )


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"authorizationData": []}),
        (200, {"authorizationData": [{"authorizationToken": "no base64!", "expiresAt": 1}]}),
        (200, {"authorizationData": [{"authorizationToken": "QVdT", "expiresAt": 1}]}),
        (500, {"message": "InternalServerError"}),
    ],
)
async def test_what_is_no_login_is_a_failure_in_words_without_it(
    status: int, answer: dict[str, Any]
) -> None:
    async with logins_at(Ecr(status=status, answer=answer)) as logins:
        with pytest.raises(PullFailedError, match=r"^api\.ecr\."):
            await logins.login(ECR)


async def test_a_line_that_is_down_is_said(unused_tcp_port: int) -> None:
    ecr = Ecr()
    async with EcrLogins(ecr, ecr.clock, endpoint=f"http://127.0.0.1:{unused_tcp_port}") as logins:
        with pytest.raises(PullFailedError, match=r"ECR does not answer at api\.ecr"):
            await logins.login(ECR)


def test_a_login_is_not_shown_by_accident() -> None:
    assert "let me in" not in repr(RegistryLogin("AWS", "let me in"))
