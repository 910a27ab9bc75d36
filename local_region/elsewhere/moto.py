"""moto for what it serves well: DynamoDB, ECR, IAM, S3, Secrets Manager, SQS. In a thread of ours.

moto verifies no signature and knows none of the region's keys, so both happen here, before it is
asked. Its state is in memory alone. https://docs.getmoto.org/en/latest/docs/server_mode.html
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from aiohttp import web
from moto.iam.models import Role, iam_backends
from moto.server import ThreadedMotoServer
from multidict import CIMultiDict
from yarl import URL

from local_region.elsewhere.ports import unserved
from local_region.identity.authentication import Authentication
from local_region.identity.principals import RoleSession
from local_region.sigv4.verify import Expected
from local_region.wire.errors import FORBIDDEN, AwsError
from local_region.wire.received import Received
from local_region.wire.service import Protocol

SERVICES: Final = frozenset({"dynamodb", "ecr", "iam", "s3", "secretsmanager", "sqs"})
FOR_INSTANCES: Final = frozenset({"ecr"})
"""What a managed instance's role may ask: images alone."""

_SKEW: Final = timedelta(minutes=15)
_HOP: Final = frozenset({"connection", "content-length", "transfer-encoding", "expect"})


class Moto:
    """Passes verified requests on to moto."""

    def __init__(self, authentication: Authentication, account: str, region: str) -> None:
        self._authentication = authentication
        self._account = account
        self._region = region
        self._url = ""
        self._session: aiohttp.ClientSession | None = None
        self._turns = asyncio.Lock()
        """moto looks at a condition and writes then: another's write may come in between."""

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Serve while the app does."""
        # Without it moto has none of AWS's own policies, and a role can't be given one.
        os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        await asyncio.to_thread(server.start)
        host, port = server.get_host_and_port()
        self._url = f"http://{host}:{port}"
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            self._session = session
            yield
            self._session = None
        await asyncio.to_thread(server.stop)

    async def answer(self, received: Received) -> web.Response:
        """Return moto's answer; raises AwsError for a wrong signature or an unserved service."""
        if self._check(received) == "dynamodb":
            async with self._turns:
                return await self._passed_on(received)
        return await self._passed_on(received)

    async def _passed_on(self, received: Received) -> web.Response:
        if self._session is None:
            raise AwsError("ServiceUnavailable", "moto does not run", status=503)
        headers = CIMultiDict(pair for pair in received.headers if pair[0].lower() not in _HOP)
        headers["x-moto-account-id"] = self._account
        target = received.path + (f"?{received.query}" if received.query else "")
        url = URL(self._url + target, encoded=True)
        async with self._session.request(
            received.method, url, headers=headers, data=received.body, allow_redirects=False
        ) as answer:
            told = [pair for pair in answer.headers.items() if pair[0].lower() not in _HOP]
            body = await answer.read()
            return web.Response(status=answer.status, headers=CIMultiDict(told), body=body)

    def _check(self, received: Received) -> str:
        """Return which service is asked."""
        protocol = Protocol.JSON if received.header("X-Amz-Target") else Protocol.QUERY
        claim = self._authentication.claim(received, protocol)
        if claim.service not in SERVICES:
            raise unserved(received)
        # IAM is global: signed for one region, or for the client's own if an endpoint is given.
        everywhere = claim.service == "iam" and claim.region == "us-east-1"
        region = "us-east-1" if everywhere else self._region
        expected = Expected(claim.service, region, _SKEW, keeps_expires=claim.service == "s3")
        principal = self._authentication.verified(received, claim, expected, protocol)
        if isinstance(principal, RoleSession) and claim.service not in FOR_INSTANCES:
            code = "AccessDeniedException" if protocol is Protocol.JSON else "AccessDenied"
            raise AwsError(
                code,
                f"User: {principal.arn} is not authorized to use {claim.service}",
                status=HTTPStatus.BAD_REQUEST if protocol is Protocol.JSON else FORBIDDEN,
            )
        return claim.service


class MotoRoles:
    """The roles that moto's IAM has."""

    def __init__(self, account: str) -> None:
        self._account = account

    def trusts_ssm(self, role: str) -> bool:
        """Say whether a role of that name and path exists and SSM may assume it."""
        path, _, name = role.rpartition("/")
        wanted = f"/{path}/" if path else "/"
        return any(
            known.name == name and known.path == wanted and _trusts(known, "ssm.amazonaws.com")
            for known in self._roles()
        )

    def _roles(self) -> list[Role]:
        return list(iam_backends[self._account]["aws"].get_roles())


def _trusts(role: Role, service: str) -> bool:
    document = json.loads(role.assume_role_policy_document)
    return any(
        statement.get("Effect") == "Allow"
        and "sts:AssumeRole" in _listed(statement.get("Action"))
        and service in _listed(_services(statement.get("Principal")))
        for statement in _statements(document)
    )


def _statements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found = document.get("Statement", [])
    yield from found if isinstance(found, list) else [found]


def _services(principal: Any) -> Any:
    return principal.get("Service") if isinstance(principal, dict) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
