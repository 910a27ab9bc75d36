"""Adapter of Upstream: one pooled aiohttp session to the ticket API."""

import io
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

import aiohttp
from yarl import URL

from fleet_service.relay.ports import (
    AnswerTooLargeError,
    HeadTooLargeError,
    Signer,
    UpstreamAnswer,
    UpstreamError,
)

_READ_AT_ONCE: Final = 64 * 1024
_MOST_HEAD: Final = 10_240
"""Bytes of request line and headers that API Gateway carries."""
_ADDED_LATER: Final = 64
"""Bytes of what the client writes by itself: the version and Content-Length."""
_OUR_OWN: Final = 4
"""Connections besides those of kiosks' requests, so that who asks how the ticket API is, and who
tries the way there, is not kept waiting by them."""
_KEPT_S: Final = 30.0
"""How long a connection is kept without use: shorter than any load balancer does, so that none is
closed there just as a request leaves. Kiosks ask far oftener."""
_NEVER_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
"""Errors from before a byte of the request has left."""


class PooledUpstream:
    """Use it as an async context manager; all requests share its connections."""

    def __init__(  # noqa: PLR0913  these are its settings
        self,
        base_url: str,
        *,
        timeout_s: float,
        connect_timeout_s: float,
        connections: int,
        answer_limit: int,
        signer: Signer | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=connect_timeout_s)
        self._connections = connections
        self._answer_limit = answer_limit
        self._signer = signer

    async def __aenter__(self) -> Self:
        """Make the pool; it connects when there is something to send."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._connections + _OUR_OWN, keepalive_timeout=_KEPT_S
            ),
            timeout=self._timeout,
            # A kiosk's cookies are none of the ticket API's, nor the other way round.
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Content-Type"),
            # No proxy, no netrc: what is sent is what the relay says, nothing of the environment.
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

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> UpstreamAnswer:
        """Send and read; every error of aiohttp, TLS and the operating system is mapped."""
        url = URL(self._base + target, encoded=True)
        sent = {**headers, "Accept-Encoding": "identity"}
        if self._signer is not None:
            sent = await self._signer.sign(method, url, sent, body)
        if _head_bytes(method, url, sent) > _MOST_HEAD:
            raise HeadTooLargeError(method)
        try:
            async with self._session.request(
                method, url, headers=sent, data=_as_sent(body), allow_redirects=False
            ) as answer:
                return UpstreamAnswer(
                    status=answer.status,
                    content_type=answer.content_type.lower(),
                    retry_after=answer.headers.get("Retry-After"),
                    body=await self._read(answer.content),
                    # Unpacked, an answer that breaks off may pass for a whole one.
                    is_packed=answer.headers.get("Content-Encoding", "identity") != "identity",
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise as_upstream_error(error) from error

    async def _read(self, content: aiohttp.StreamReader) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in content.iter_chunked(_READ_AT_ONCE):
            size += len(part)
            if size > self._answer_limit:
                raise AnswerTooLargeError
            parts.append(part)
        return b"".join(parts)


def _as_sent(body: bytes) -> bytes | io.BytesIO | None:
    # A large body is written piece by piece, so that others are not held up meanwhile.
    return io.BytesIO(body) if len(body) > _READ_AT_ONCE * 16 else body or None


def _head_bytes(method: str, url: URL, headers: Mapping[str, str]) -> int:
    fields = sum(len(name) + len(value) + 4 for name, value in headers.items())
    host = 0 if "Host" in headers else len(url.authority) + len("Host: \r\n")
    return len(method) + len(url.raw_path_qs) + fields + host + _ADDED_LATER


def as_upstream_error(error: BaseException) -> UpstreamError:
    """Say what an exception of aiohttp, TLS or the operating system means to the relay."""
    return UpstreamError(
        type(error).__name__,
        timed_out=isinstance(error, TimeoutError),
        may_have_happened=not isinstance(error, _NEVER_SENT),
    )
