"""Asks STS whose credentials signed a presigned request.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

import json
import re
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

import aiohttp
from yarl import URL

from fleet_service.sessions.presigned import Presigned
from kiosk_contracts.sessions import AUDIENCE_HEADER, NONCE_HEADER

_TIMEOUT_S: Final = 10
_MOST_BYTES: Final = 64 * 1024
_OK: Final = 200
_REFUSED: Final = frozenset({400, 403})
_CODE: Final = re.compile(r'(?:"Code"\s*:\s*"|<Code>)([A-Za-z]{1,60})')
"""STS answers errors as JSON or as XML."""
_NOT_NOW: Final = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded"})


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Whose credentials signed."""

    account: str
    arn: str


class StsRefusedError(Exception):
    """STS refuses the request for good; the text is its code, e.g. `ExpiredToken`."""


class StsAwayError(Exception):
    """STS did not answer, or not now; the same may be asked again."""


class StsBusyError(StsAwayError):
    """STS is asked too often; the same may be asked again in a moment."""


class AsksSts(Protocol):
    """The one question to STS."""

    async def caller_identity(
        self, request: Presigned, *, audience: str, nonce: str
    ) -> CallerIdentity:
        """Send a presigned request; raises StsRefusedError, StsBusyError or StsAwayError."""
        ...


class HttpSts:
    """Adapter of AsksSts. Use it as an async context manager.

    `connect_to` is for a local region: the request goes there, with the host that was signed.
    """

    def __init__(self, connect_to: str | None = None) -> None:
        self._connect_to = connect_to.rstrip("/") if connect_to else None

    async def __aenter__(self) -> Self:
        """Make the pool."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Content-Type"),
            # No proxy and no netrc of the environment: nobody else answers for STS.
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._session.close()

    async def caller_identity(
        self, request: Presigned, *, audience: str, nonce: str
    ) -> CallerIdentity:
        """Send a presigned request; a redirect is followed by nobody."""
        base = self._connect_to or f"https://{request.host}"
        headers = {
            "Host": request.host,
            AUDIENCE_HEADER: audience,
            NONCE_HEADER: nonce,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        url = URL(f"{base}/?{request.query}", encoded=True)
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
                status, body = answer.status, await _whole(answer.content)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise StsAwayError(type(error).__name__) from error
        return _read(status, body)


async def _whole(content: aiohttp.StreamReader) -> bytes:
    """Return an answer's body, however many pieces it comes in."""
    body = b""
    # One read returns what has arrived, which may be a piece.
    while piece := await content.read(_MOST_BYTES + 1 - len(body)):
        body += piece
        if len(body) > _MOST_BYTES:
            raise StsAwayError("its answer is longer than any of STS")
    return body


def _read(status: int, body: bytes) -> CallerIdentity:
    if status != _OK:
        found = _CODE.search(body.decode("utf-8", "replace"))
        code = found[1] if found else ""
        if status in _REFUSED and code and code not in _NOT_NOW:
            raise StsRefusedError(code)
        away = StsBusyError if code in _NOT_NOW else StsAwayError
        raise away(f"it answered {status} {code}".rstrip())
    try:
        told = json.loads(body)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
        account, arn = told["Account"], told["Arn"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise StsAwayError("its answer can't be read") from None
    if not isinstance(account, str) or not isinstance(arn, str):
        raise StsAwayError("its answer can't be read")
    return CallerIdentity(account, arn)
