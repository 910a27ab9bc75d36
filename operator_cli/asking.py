"""Asking the cloud's services over http, in an operator's name."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import aiohttp
from pydantic import ValidationError

from kiosk_contracts.problem import Problem
from kiosk_contracts.version import OPS_TOKEN_HEADER, PROTOCOL_HEADER, PROTOCOL_VERSION
from kiosk_contracts.wire import WireModel
from operator_cli.refusing import RefusedError

M = TypeVar("M", bound=WireModel)
_TIMEOUT_S: Final = 30
_FIRST_REFUSAL: Final = 300
_MOST_WAITS: Final = 5
_LONGEST_WAIT_S: Final = 10
"""Nobody waits longer at a terminal without being told why."""


class Service:
    """One service. Use it as an async context manager."""

    name = "service"
    option = "its address"
    """Where an operator says where it is."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token

    async def __aenter__(self) -> Self:
        """Make the client."""
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
            headers={
                OPS_TOKEN_HEADER: self._token,
                PROTOCOL_HEADER: str(PROTOCOL_VERSION),
            },
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self._http.close()

    async def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """Return what is answered; raises RefusedError.

        Where so many requests come that it is asked later, it is asked later: nothing was done.
        """
        for _ in range(_MOST_WAITS):
            status, headers, content = await self._send(method, path, body)
            wait_s = _seconds(headers.get("Retry-After", ""))
            if status != HTTPStatus.TOO_MANY_REQUESTS or wait_s is None:
                break
            await asyncio.sleep(wait_s)
        if status >= _FIRST_REFUSAL:
            raise self._refusal(status, content)
        return content

    async def lines(self, path: str) -> AsyncIterator[str]:
        """Yield the lines of an answer that has no end; raises RefusedError."""
        forever = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S)
        try:
            async with self._http.get(
                self._url + path, timeout=forever, allow_redirects=False
            ) as answer:
                if answer.status >= _FIRST_REFUSAL:
                    raise self._refusal(answer.status, await answer.read())
                async for line in answer.content:
                    yield line.decode(errors="replace").rstrip("\r\n")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            why = str(error) or type(error).__name__
            raise RefusedError(f"the {self.name} tells nothing more: {why}", self._other) from error

    async def _send(
        self, method: str, path: str, body: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            async with self._http.request(
                method, self._url + path, json=body, allow_redirects=False
            ) as answer:
                return answer.status, answer.headers, await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            why = str(error) or type(error).__name__
            what = f"the {self.name} at {self._url} does not answer: {why}"
            raise RefusedError(what, self._other) from error

    def read(self, model: type[M], content: bytes) -> M:
        """Return an answer; raises RefusedError for what is none of this service."""
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            what = f"what answers is no {self.name}, or a newer one"
            raise RefusedError(what, self._other) from error

    @property
    def _other(self) -> str:
        return f"Check {self.option}; nothing of it is known to have been changed."

    def _refusal(self, status: int, content: bytes) -> RefusedError:
        try:
            problem = Problem.model_validate_json(content)
        except ValidationError:
            return RefusedError(
                f"what answers is no {self.name}: it answered {status}", self._other
            )
        why = f"{problem.title}: {problem.detail}".rstrip(": ")
        return RefusedError(why, problem.hint, code=problem.code)


def _seconds(said: str) -> int | None:
    """Return how long a service asks to wait; None where that is longer than anybody does."""
    return int(said) if said.isdecimal() and int(said) <= _LONGEST_WAIT_S else None
