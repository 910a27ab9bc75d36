"""ECS over HTTP: AWS's JSON protocol 1.1, and websockets, both signed by the role credentials."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp

from local_region.ecs_agent.adapters.credentials import NoCredentialsError, read_keys
from local_region.ecs_agent.adapters.signing import Request, signed_headers
from local_region.ecs_agent.ports import Line, RefusedError, UnreachableError

_TARGET: Final = "AmazonEC2ContainerServiceV20141113"
_LARGEST_FRAME: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Where:
    """`url` with scheme. `ca_file`: trusted instead of the host's own authorities."""

    url: str
    region: str
    credentials: Path
    ca_file: Path | None = None


class HttpEcs:
    """ECS. Use it as an async context manager."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        trusted = self._where.ca_file
        context = ssl.create_default_context(cafile=str(trusted)) if trusted else True
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context), trust_env=True
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.close()

    async def call(
        self, operation: str, params: dict[str, Any], *, timeout_s: float
    ) -> dict[str, Any]:
        """Call an operation once."""
        url, body = f"{self._where.url}/", json.dumps(params)
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{_TARGET}.{operation}",
        }
        signed = self._signed("POST", url, headers, body)
        limit = aiohttp.ClientTimeout(total=timeout_s)
        try:
            async with self._open.post(url, data=body, headers=signed, timeout=limit) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise UnreachableError(f"{operation}: {str(error) or type(error).__name__}") from error
        if answer.status != HTTPStatus.OK:
            raise _refusal(answer.status, text)
        told: dict[str, Any] = json.loads(text or "{}")
        return told

    @contextlib.asynccontextmanager
    async def line(self, url: str, *, timeout_s: float) -> AsyncIterator[Line]:
        """Open a websocket."""
        headers = self._signed("GET", url, {}, "")
        try:
            async with asyncio.timeout(timeout_s):
                socket = await self._opened(url, headers)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise UnreachableError(f"{str(error) or type(error).__name__}") from error
        async with socket:
            yield _Websocket(socket)

    def signed_frame(self, url: str, body: str) -> str:
        """Sign a frame as a GET of the line's address (`ecs-agent/tcs/client/client.go`)."""
        headers = {**self._signed("GET", url, {}, body), "Host": urlsplit(url).netloc}
        return "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + f"\r\n{body}"

    async def _opened(
        self, url: str, headers: dict[str, str]
    ) -> "aiohttp.ClientWebSocketResponse[Any]":
        """Open, or raise what the body of a refused upgrade says: aiohttp alone leaves it unread.

        https://docs.aiohttp.org/en/stable/client_reference.html, WSServerHandshakeError.
        """
        try:
            return await self._open.ws_connect(url, headers=headers, max_msg_size=_LARGEST_FRAME)
        except aiohttp.WSServerHandshakeError as error:
            async with self._open.get(url, headers=self._signed("GET", url, {}, "")) as answer:
                raise _refused_upgrade(answer.status, await answer.text()) from error

    def _signed(self, method: str, url: str, headers: dict[str, str], body: str) -> dict[str, str]:
        try:
            keys = read_keys(self._where.credentials)
        except NoCredentialsError as error:
            raise UnreachableError(f"no credentials yet: {error}") from error
        request = Request(method, url, headers, body)
        return signed_headers(request, keys, self._where.region, datetime.now(UTC))

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use HttpEcs as an async context manager")
        return self._session


class _Websocket:
    """A line over aiohttp."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse[Any]") -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        """Send a text frame."""
        try:
            await self._socket.send_str(text)
        except (aiohttp.ClientError, OSError) as error:
            raise UnreachableError(f"{str(error) or type(error).__name__}") from error

    async def receive(self) -> str | None:
        """Return the next text frame."""
        while True:
            message = await self._socket.receive()
            match message.type:
                case aiohttp.WSMsgType.TEXT:
                    return str(message.data)
                case aiohttp.WSMsgType.BINARY:
                    return bytes(message.data).decode("utf-8", "replace")
                case aiohttp.WSMsgType.CLOSE | aiohttp.WSMsgType.CLOSING:
                    return None
                case aiohttp.WSMsgType.CLOSED | aiohttp.WSMsgType.ERROR:
                    raise UnreachableError(f"the line broke: {message.data or message.type.name}")
                case _:
                    continue


def _refusal(status: int, text: str) -> RefusedError:
    try:
        told = json.loads(text)
        code = str(told.get("__type", "")).rpartition("#")[2]
        message = str(told.get("message") or told.get("Message") or "")
    except (ValueError, AttributeError):
        code, message = "", text[:200]
    return RefusedError(code or f"HTTP{status}", message, status)


def _refused_upgrade(status: int, text: str) -> RefusedError:
    """Read an exception of the agent's own model: a frame in a body."""
    try:
        told = json.loads(text)
        return RefusedError(str(told["type"]), str(told["message"].get("message", "")), status)
    except (ValueError, KeyError, TypeError, AttributeError):
        return RefusedError(f"HTTP{status}", text[:200], status)
