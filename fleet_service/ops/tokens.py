"""The operators' token."""

import hashlib
import hmac
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.version import OPS_TOKEN_HEADER

OPS_PREFIX = "/v1/ops/"
OPERATORS_ONLY: Final = (OPS_PREFIX, "/v1/instances", "/v1/venues", "/v1/alarms", "/v1/silences")
"""Beginnings of the paths that nobody else reaches."""


class OpsGate:
    """Lets operators in by one token, of which this service knows the hash alone."""

    def __init__(self, token_sha256: str) -> None:
        self._token_sha256 = token_sha256

    def check(self, token: str | None) -> None:
        """Return if `token` is the operators'; raises ProblemError 401."""
        if not token:
            raise ProblemError(
                401,
                ProblemCode.TOKEN_MISSING,
                "The request carries no operators' token",
                hint=f"Send it in the header {OPS_TOKEN_HEADER}.",
            )
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
        if not hmac.compare_digest(digest, self._token_sha256):
            raise ProblemError(
                401,
                ProblemCode.TOKEN_INVALID,
                "The operators' token is not valid",
                hint="Ask an administrator for it.",
            )


OPS_GATE: web.AppKey[OpsGate] = web.AppKey("ops_gate", OpsGate)


@web.middleware
async def operators_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody but operators reach what is theirs."""
    if request.path.startswith(OPERATORS_ONLY):
        given = request.headers.getall(OPS_TOKEN_HEADER, [])
        request.app[OPS_GATE].check(given[0] if len(given) == 1 else None)
    return await handler(request)


def asking_operator(_request: web.Request) -> str:
    """Return in whose name an operator asks. There is one token, so it is everybody's."""
    return "operators"
