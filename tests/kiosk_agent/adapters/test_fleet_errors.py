"""Every error of a call has its one meaning, and Retry-After its seconds."""

import errno
import json
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

import aiohttp
import pydantic
import pytest
from aiohttp import client_exceptions, client_reqrep
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from kiosk_agent.adapters import fleet_errors
from kiosk_contracts.uploads import UploadResult
from kiosk_contracts.version import PROTOCOL_HEADER

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
_KEY = client_reqrep.ConnectionKey("fleet.example.com", 443, True, True, None, None, None)  # noqa: FBT003
_REFUSED = OSError(errno.ECONNREFUSED, "Connect call failed")
_REQUEST = aiohttp.RequestInfo(
    URL("https://fleet.example.com/"), "GET", CIMultiDictProxy(CIMultiDict()), URL("https://x/")
)


def _certificate_error() -> ssl.SSLCertVerificationError:
    return ssl.SSLCertVerificationError(1, "self-signed certificate")


EXPECTED: list[tuple[Exception, str]] = [
    (aiohttp.ClientError("?"), "line_down"),
    (aiohttp.ClientResponseError(_REQUEST, (), message="bad"), "upstream_garbage"),
    (aiohttp.ContentTypeError(_REQUEST, (), message="html"), "upstream_garbage"),
    (aiohttp.WSServerHandshakeError(_REQUEST, (), message="ws"), "upstream_garbage"),
    (aiohttp.ClientHttpProxyError(_REQUEST, (), message="proxy"), "upstream_garbage"),
    (aiohttp.TooManyRedirects(_REQUEST, ()), "upstream_garbage"),
    (aiohttp.ClientConnectionError("?"), "line_down"),
    (aiohttp.ClientConnectionResetError("reset"), "line_down"),
    (aiohttp.ClientOSError(errno.ECONNRESET, "reset"), "line_down"),
    (aiohttp.ClientConnectorError(_KEY, _REFUSED), "line_down"),
    (aiohttp.ClientConnectorDNSError(_KEY, socket.gaierror(-2, "unknown")), "line_down"),
    (aiohttp.ClientProxyConnectionError(_KEY, _REFUSED), "line_down"),
    (client_exceptions.UnixClientConnectorError("/x", _KEY, _REFUSED), "line_down"),
    (aiohttp.ServerConnectionError("?"), "line_down"),
    (aiohttp.ServerDisconnectedError(), "line_down"),
    (aiohttp.ServerTimeoutError("slow"), "line_timeout"),
    (aiohttp.ConnectionTimeoutError("slow"), "line_timeout"),
    (aiohttp.SocketTimeoutError("slow"), "line_timeout"),
    (aiohttp.ServerFingerprintMismatch(b"a", b"b", "x", 443), "line_down"),
    (aiohttp.ClientPayloadError("short"), "upstream_garbage"),
    (client_exceptions.UploadAbortedError("gone"), "line_down"),
    (aiohttp.InvalidURL("fleet"), "line_down"),
    (client_exceptions.InvalidUrlClientError("fleet"), "line_down"),
    (client_exceptions.RedirectClientError("elsewhere"), "upstream_garbage"),
    (client_exceptions.NonHttpUrlClientError("ftp:"), "line_down"),
    (client_exceptions.InvalidUrlRedirectClientError("ftp:"), "upstream_garbage"),
    (client_exceptions.NonHttpUrlRedirectClientError("ftp:"), "upstream_garbage"),
    (client_exceptions.ClientSSLError(_KEY, _REFUSED), "line_down"),
    (client_exceptions.ClientConnectorSSLError(_KEY, _REFUSED), "line_down"),
    (
        client_exceptions.ClientConnectorCertificateError(_KEY, _certificate_error()),
        "line_down",
    ),
    (_REFUSED, "line_down"),
    (TimeoutError(), "line_timeout"),
    (_certificate_error(), "line_down"),
    (ssl.SSLError(1, "handshake"), "line_down"),
    (fleet_errors.AnswerTooLargeError("too large"), "upstream_garbage"),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "upstream_garbage"),
    (json.JSONDecodeError("bad", "x", 0), "upstream_garbage"),
]


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: type(row[0]).__name__)
def test_every_error_becomes_one_that_says_what_to_do(row: tuple[Exception, str]) -> None:
    error, code = row
    meant = fleet_errors.from_exception(error)
    assert meant is not None
    assert meant.code == code
    assert meant.retryable
    assert meant.line_down
    assert meant.detail
    assert "\n" not in meant.detail


def test_no_client_error_of_aiohttp_is_left_out() -> None:
    every = {
        value
        for value in vars(client_exceptions).values()
        if isinstance(value, type) and issubclass(value, aiohttp.ClientError)
    }
    assert {type(error) for error, _ in EXPECTED} >= every


def test_a_body_of_another_shape_is_garbage() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        UploadResult.model_validate_json(b"{}")
    meant = fleet_errors.from_exception(caught.value)
    assert meant is not None
    assert meant.code == "upstream_garbage"


def test_an_error_of_our_own_making_is_no_error_of_the_line() -> None:
    assert fleet_errors.from_exception(KeyError("a bug")) is None
    assert fleet_errors.from_exception(ValueError("a bug")) is None


def test_a_refused_connection_is_told_in_the_systems_words() -> None:
    meant = fleet_errors.from_exception(aiohttp.ClientConnectorError(_KEY, _REFUSED))
    assert meant is not None
    assert meant.detail == "Connection refused"


def _headers(values: Mapping[str, str] = MappingProxyType({})) -> CIMultiDict[str]:
    ours = {PROTOCOL_HEADER: "1", "Content-Type": "application/problem+json", **values}
    return CIMultiDict(ours)


def _problem(**members: Any) -> bytes:
    body = {"title": "No", "status": 400, "code": "body_invalid", **members}
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("status", "stated", "retryable"),
    [
        (400, False, False),
        (401, False, True),
        (403, False, False),
        (409, True, True),
        (422, False, False),
        (429, False, True),
        (500, False, True),
        (502, True, True),
        (503, True, True),
        (504, True, True),
    ],
)
def test_a_problem_body_is_believed(status: int, *, stated: bool, retryable: bool) -> None:
    body = _problem(code="x", retryable=stated, detail="why")
    error = fleet_errors.from_status(status, _headers(), body, NOW)
    assert (error.code, error.detail, error.status) == ("x", "why", status)
    assert error.retryable == retryable
    assert not error.line_down


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (302, "upstream_garbage"),
        (400, "upstream_garbage"),
        (408, "line_timeout"),
        (413, "body_too_large"),
        (429, "upstream_busy"),
        (500, "upstream_failed"),
        (503, "upstream_busy"),
        (504, "line_timeout"),
    ],
)
def test_a_status_without_our_protocol_means_that_the_line_is_down(status: int, code: str) -> None:
    error = fleet_errors.from_status(status, {}, b"<html>", NOW)
    assert (error.code, error.status, error.line_down) == (code, status, True)
    assert error.retryable


def test_a_foreign_problem_body_without_our_protocol_is_not_believed() -> None:
    headers = {"Content-Type": "application/problem+json"}
    error = fleet_errors.from_status(422, headers, _problem(), NOW)
    assert (error.code, error.line_down) == ("upstream_garbage", True)


def test_a_broken_problem_body_of_ours_leaves_the_status() -> None:
    error = fleet_errors.from_status(503, _headers(), b"{", NOW)
    assert (error.code, error.line_down) == ("upstream_busy", False)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "17"}, 17.0),
        ({"Retry-After": " 17 "}, 17.0),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "Mon, 23 Nov 2026 20:00:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 23 Nov 2026 19:00:00 GMT"}, 0.0),
        # The kiosk's clock is an hour behind; the answer's own Date counts.
        (
            {
                "Retry-After": "Mon, 23 Nov 2026 21:00:30 GMT",
                "Date": "Mon, 23 Nov 2026 21:00:00 GMT",
            },
            30.0,
        ),
    ],
)
def test_retry_after_in_both_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert fleet_errors.retry_after_s(headers, NOW) == seconds


def test_a_retry_after_of_ages_is_read_and_bounded_later() -> None:
    seconds = cast("float", fleet_errors.retry_after_s({"Retry-After": "9" * 40}, NOW))
    assert seconds < float("inf")
