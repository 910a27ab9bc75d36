"""Asks over http or https, by way of the proxy that is set, as the agents of this host will."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from typing import IO, Any, Final
from urllib.parse import urlsplit

from kiosk_agent.bootstrap.proxies import proxy_for

_TIMEOUT_S: Final = 20
_HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_BYTES: Final = 1024 * 1024
"""Of an answer: nobody that we ask has more to say."""


class NotReachedError(Exception):
    """Nobody answered, or with too much; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    body: bytes


class _Stays(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: what is sent is for whom it was sent to."""

    def redirect_request(  # noqa: PLR0913, PLR0917  the signature is urllib's
        self, req: Any, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        del req, fp, code, msg, headers, newurl


def fetch(url: str) -> bytes:
    """Return what is at an address, also behind redirects; raises NotReachedError."""
    answer = _send(urllib.request.Request(url))  # noqa: S310  by settings
    if answer.status != 200:  # noqa: PLR2004  OK
        raise NotReachedError(f"{url} answers {answer.status}")
    return answer.body


def ask(method: str, url: str, headers: dict[str, str], body: object = None) -> Answer:
    """Send one request, and JSON with it; raises NotReachedError. Any status is an answer."""
    data = None if body is None else json.dumps(body).encode()
    sent = {**headers, **({} if data is None else {"Content-Type": "application/json"})}
    request = urllib.request.Request(url, data, sent, method=method)  # noqa: S310  by settings
    return _send(request, _Stays())


def _send(request: urllib.request.Request, *how: urllib.request.BaseHandler) -> Answer:
    # This host itself, such as its ECS agent, is reached straight, whatever no_proxy says.
    host = urlsplit(request.full_url).hostname or ""
    proxies = {} if host in _HERE else {one: proxy_for(host, one) for one in ("http", "https")}
    set_ones = {scheme: proxy for scheme, proxy in proxies.items() if proxy}
    opener = urllib.request.build_opener(*how, urllib.request.ProxyHandler(set_ones))
    try:
        with opener.open(request, timeout=_TIMEOUT_S) as told:
            return Answer(told.status, _bounded(told))
    except urllib.error.HTTPError as told:
        with told:
            return Answer(told.code, told.read(MOST_BYTES))
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise NotReachedError(f"{request.host}: {reason}") from error


def _bounded(told: IO[bytes]) -> bytes:
    body = told.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise NotReachedError(f"more than {MOST_BYTES} bytes came")
    return body
