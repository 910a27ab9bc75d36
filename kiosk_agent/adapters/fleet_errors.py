"""The one place where whatever can go wrong on the line becomes a FleetError."""

import json
import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
import pydantic

from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE, Problem, ProblemCode
from kiosk_contracts.version import PROTOCOL_HEADER
from kiosk_texts import ENGLISH, mark, speaking, tr

_RETRYABLE_STATUSES: Final = frozenset({401, 408, 425, 429})
_SHOWN_CHARACTERS: Final = 200
_NOT_OURS: Final = mark("the answer is not what the protocol says")


class AnswerTooLargeError(Exception):
    """The far side sends more than any answer of ours has."""


Say = Callable[[], str]
"""Says what is wrong in the language that is spoken where it is called.

It keeps no exception, for with each goes all that its frames hold.
"""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What exceptions of some types mean. The first row that fits counts, so order matters."""

    types: tuple[type[BaseException], ...]
    code: ProblemCode
    words: Callable[[BaseException], Say]


def _says(words: str) -> Callable[[BaseException], Say]:
    return lambda _error: lambda: tr(words)


def _adds(words: str) -> Callable[[BaseException], Say]:
    def of(error: BaseException) -> Say:
        said = str(error)
        return lambda: shorten(tr(words, error=said))

    return of


def _os_words(error: BaseException) -> Say:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    number = inner.errno if isinstance(inner, OSError) else None
    # aiohttp puts its own words where the system's stand otherwise.
    words = os.strerror(number) if number else shorten(str(inner) or type(inner).__name__)
    return lambda: words


_MEANINGS: Final = (
    _Meaning(
        (aiohttp.ClientConnectorDNSError,),
        ProblemCode.LINE_DOWN,
        _says(mark("the fleet service's name is not found (DNS)")),
    ),
    _Meaning(
        (aiohttp.ClientConnectorCertificateError, ssl.CertificateError),
        ProblemCode.LINE_DOWN,
        _adds(mark("the certificate is not trusted: {error}")),
    ),
    _Meaning(
        (aiohttp.ServerFingerprintMismatch,),
        ProblemCode.LINE_DOWN,
        _says(mark("the certificate is not the one expected")),
    ),
    _Meaning(
        (aiohttp.ClientSSLError, ssl.SSLError),
        ProblemCode.LINE_DOWN,
        _adds(mark("no secure connection: {error}")),
    ),
    _Meaning(
        (aiohttp.ConnectionTimeoutError,),
        ProblemCode.LINE_TIMEOUT,
        _says(mark("connecting took too long")),
    ),
    _Meaning((TimeoutError,), ProblemCode.LINE_TIMEOUT, _says(mark("no answer in time"))),
    _Meaning(
        (aiohttp.TooManyRedirects, aiohttp.RedirectClientError),
        ProblemCode.UPSTREAM_GARBAGE,
        _says(mark("the far side points elsewhere; a kiosk's token goes nowhere else")),
    ),
    _Meaning(
        (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError),
        ProblemCode.LINE_DOWN,
        _adds(mark("the fleet service's address is no http address: {error}")),
    ),
    _Meaning(
        (AnswerTooLargeError,),
        ProblemCode.UPSTREAM_GARBAGE,
        _says(mark("the answer is larger than any of ours")),
    ),
    _Meaning(
        (aiohttp.ClientResponseError,),
        ProblemCode.UPSTREAM_GARBAGE,
        _adds(mark("the answer is no HTTP of ours: {error}")),
    ),
    _Meaning(
        (aiohttp.ClientPayloadError,),
        ProblemCode.UPSTREAM_GARBAGE,
        _says(mark("the answer broke off")),
    ),
    _Meaning(
        (aiohttp.ServerDisconnectedError, aiohttp.ClientConnectionResetError),
        ProblemCode.LINE_DOWN,
        _says(mark("the connection was closed without an answer")),
    ),
    _Meaning((aiohttp.ClientConnectorError, OSError), ProblemCode.LINE_DOWN, _os_words),
    _Meaning(
        (aiohttp.ClientError,), ProblemCode.LINE_DOWN, _adds(mark("the connection failed: {error}"))
    ),
    _Meaning(
        (pydantic.ValidationError, UnicodeDecodeError, json.JSONDecodeError),
        ProblemCode.UPSTREAM_GARBAGE,
        _says(_NOT_OURS),
    ),
)


def from_exception(error: BaseException) -> FleetError | None:
    """Return what an exception of a call means to the agent; None if it is none of the line's.

    Every error of aiohttp, the operating system, TLS, JSON and pydantic has its row above.
    """
    for meaning in _MEANINGS:
        if isinstance(error, meaning.types):
            return _said(meaning.words(error), meaning.code, line_down=True)
    return None


def _said(say: Say, code: str, *, line_down: bool) -> FleetError:
    with speaking(ENGLISH):
        detail = say()
    return FleetError(code, detail, retryable=True, line_down=line_down, say=say)


def speaks_our_protocol(headers: Mapping[str, str]) -> bool:
    """Say whether the answer came from a service of ours, not from a proxy or a hotel's portal."""
    return PROTOCOL_HEADER in headers


def garbage_from(headers: Mapping[str, str]) -> FleetError:
    """Return the error for a successful status whose body is not of the protocol."""
    is_down = not speaks_our_protocol(headers)
    return _said(lambda: tr(_NOT_OURS), ProblemCode.UPSTREAM_GARBAGE, line_down=is_down)


def from_status(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> FleetError:
    """Return the error for an answer whose status is not 2xx."""
    if not speaks_our_protocol(headers) or not _has_problem(headers):
        return _from_bare_status(status, headers, now)
    try:
        problem = Problem.model_validate_json(body)
    except pydantic.ValidationError:
        return _from_bare_status(status, headers, now)
    return FleetError(
        problem.code,
        problem.detail or problem.title,
        retryable=problem.retryable or status in _RETRYABLE_STATUSES or status >= _SERVER_ERROR,
        retry_after_s=retry_after_s(headers, now),
        status=status,
    )


_SERVER_ERROR: Final = 500


def _has_problem(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Type", "").startswith(PROBLEM_CONTENT_TYPE)


def _from_bare_status(status: int, headers: Mapping[str, str], now: datetime) -> FleetError:
    """Judge by the status alone: a load balancer, a proxy or a portal answered, not a service."""
    code = ProblemCode.UPSTREAM_GARBAGE
    match status:
        case 413:
            code = ProblemCode.BODY_TOO_LARGE
        case 429 | 503:
            code = ProblemCode.UPSTREAM_BUSY
        case 408 | 504:
            code = ProblemCode.LINE_TIMEOUT
        case _ if status >= _SERVER_ERROR:
            code = ProblemCode.UPSTREAM_FAILED
        case _:
            pass
    return FleetError(
        code,
        f"the far side answers {status} without saying why",
        retryable=True,
        line_down=not speaks_our_protocol(headers),
        retry_after_s=retry_after_s(headers, now),
        status=status,
        say=lambda: tr("the far side answers {status} without saying why", status=status),
    )


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of Retry-After, in either form of RFC 9110; None if absent or unreadable.

    The date form is measured against the answer's own Date where it has one, so that a kiosk's
    wrong clock does not matter.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until = http_date(value)
    if until is None:
        return None
    reference = http_date(headers.get("Date", "")) or now
    return max(0.0, (until - reference).total_seconds())


def http_date(value: str) -> datetime | None:
    """Read an HTTP date; None if it is none."""
    try:
        parsed = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


def shorten(text: str) -> str:
    """Return `text` on one line, short enough for a status line."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHOWN_CHARACTERS else plain[: _SHOWN_CHARACTERS - 1] + "…"
