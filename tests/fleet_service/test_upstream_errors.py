"""Every error that aiohttp's client can raise means something to the relay."""

import ssl
from collections.abc import Iterator

import aiohttp
import pytest
from aiohttp.client_exceptions import UnixClientConnectorError, UploadAbortedError
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from fleet_service.relay.judging import from_error
from fleet_service.relay.upstream import as_upstream_error

KEY = ConnectionKey(
    "x", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)
REQUEST = aiohttp.RequestInfo(URL("http://x"), "GET", CIMultiDictProxy(CIMultiDict()))
CERTIFICATE = ssl.SSLCertVerificationError("expired")

NEVER_SENT = [
    aiohttp.ClientConnectorError(KEY, OSError(111, "refused")),
    aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "unknown")),
    aiohttp.ClientProxyConnectionError(KEY, OSError(111, "refused")),
    UnixClientConnectorError("/x", KEY, OSError(111, "refused")),
    aiohttp.ClientSSLError(KEY, OSError(1, "tls")),
    aiohttp.ClientConnectorSSLError(KEY, OSError(1, "tls")),
    aiohttp.ClientConnectorCertificateError(KEY, CERTIFICATE),
    aiohttp.ServerFingerprintMismatch(b"a", b"b", "x", 443),
    aiohttp.InvalidURL(URL("http://x")),
    aiohttp.InvalidUrlClientError(URL("http://x")),
    aiohttp.InvalidUrlRedirectClientError(URL("http://x")),
    aiohttp.NonHttpUrlClientError(URL("ftp://x")),
    aiohttp.NonHttpUrlRedirectClientError(URL("ftp://x")),
]
MAY_HAVE_HAPPENED = [
    aiohttp.ClientError(),
    aiohttp.ClientConnectionError(),
    aiohttp.ClientConnectionResetError(),
    aiohttp.ClientOSError(104, "reset"),
    aiohttp.ServerConnectionError(),
    aiohttp.ServerDisconnectedError(),
    aiohttp.ClientPayloadError(),
    aiohttp.ClientResponseError(REQUEST, (), message="not HTTP"),
    UploadAbortedError(),
    aiohttp.RedirectClientError(),
    aiohttp.WSMessageTypeError(),
    ConnectionResetError(104, "reset"),
    BrokenPipeError(32, "pipe"),
]
TIMED_OUT = [
    aiohttp.ServerTimeoutError(),
    aiohttp.SocketTimeoutError(),
    TimeoutError(),
]


@pytest.mark.parametrize("error", NEVER_SENT, ids=lambda error: type(error).__name__)
def test_errors_before_anything_was_sent_did_not_happen(error: BaseException) -> None:
    mapped = as_upstream_error(error)
    assert (mapped.timed_out, mapped.may_have_happened) == (False, False)
    assert from_error(mapped).problem.code == "upstream_failed"


@pytest.mark.parametrize("error", MAY_HAVE_HAPPENED, ids=lambda error: type(error).__name__)
def test_errors_after_sending_may_have_happened(error: BaseException) -> None:
    mapped = as_upstream_error(error)
    assert (mapped.timed_out, mapped.may_have_happened) == (False, True)
    assert from_error(mapped).problem.retryable


@pytest.mark.parametrize("error", TIMED_OUT, ids=lambda error: type(error).__name__)
def test_timeouts_after_sending_may_have_happened(error: BaseException) -> None:
    mapped = as_upstream_error(error)
    assert (mapped.timed_out, mapped.may_have_happened) == (True, True)
    assert from_error(mapped).problem.code == "line_timeout"


def test_a_timeout_while_connecting_did_not_happen() -> None:
    mapped = as_upstream_error(aiohttp.ConnectionTimeoutError())
    assert (mapped.timed_out, mapped.may_have_happened) == (True, False)
    assert from_error(mapped).problem.status == 504


def test_no_error_of_this_aiohttp_is_left_out() -> None:
    def family(kind: type[BaseException]) -> Iterator[type[BaseException]]:
        yield kind
        for child in kind.__subclasses__():
            yield from family(child)

    # What only .json(), websockets, proxies and followed redirects raise.
    not_ours = set(family(aiohttp.ClientResponseError)) - {aiohttp.ClientResponseError}
    ours = {each for each in family(aiohttp.ClientError) if each.__module__.startswith("aiohttp")}
    judged = {type(error) for error in (*NEVER_SENT, *MAY_HAVE_HAPPENED, *TIMED_OUT)}
    assert ours - not_ours - judged == {aiohttp.ConnectionTimeoutError}
