"""Reaches for an endpoint as the agents will, and says how far it came."""

import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from kiosk_agent.bootstrap.proxies import proxy_for

_TIMEOUT_S: Final = 10
_PROXY_PORT: Final = 3128


@dataclass(frozen=True, slots=True)
class Reached:
    """An endpoint, and how far it was reached."""

    host: str
    why: str = ""
    """What kept it from being reached; empty if it was."""
    what_to_do: str = ""
    server_time: datetime | None = None
    """What the endpoint says the time is."""

    @property
    def ok(self) -> bool:
        """Whether the endpoint answered, by TLS that holds."""
        return not self.why


def reach(
    url: str, context: ssl.SSLContext | None = None, proxies: Mapping[str, str] | None = None
) -> Reached:
    """Ask for an endpoint's head by way of the proxy that is set, if one is; never raises.

    Whatever status it answers with, it was reached: DNS, the way and TLS are what is looked at.
    `proxies`: by scheme, what counts before the environment's; empty for none.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    proxy = (proxies or {}).get(parts.scheme, proxy_for(host, parts.scheme))
    try:
        if parts.scheme == "http":
            date = _date(*_plain(host, port, proxy, url))
        else:
            date = _date(*_tunnelled(host, port, proxy, url, context))
    except socket.gaierror as error:
        name = urlsplit(proxy).hostname if proxy else host
        return Reached(host, f"the name {name} is not found: {error.strerror}", _DNS)
    except ssl.SSLCertVerificationError as error:
        return Reached(host, f"its certificate does not hold: {error.verify_message}", _TLS)
    except ssl.SSLError as error:
        return Reached(host, f"no TLS: {error.reason or error}", _TLS)
    except (OSError, http.client.HTTPException, ValueError) as error:
        by = f" by way of the proxy {urlsplit(proxy).hostname}" if proxy else ""
        why = str(error) or type(error).__name__
        act = _PROXY.format(scheme=parts.scheme) if proxy else _LINE.format(port=port)
        return Reached(host, f"it does not answer{by}: {why}", act)
    return Reached(host, server_time=_time(date))


_PORTS: Final = {"http": 80, "https": 443}
_BY_PROXY: Final = frozenset({403, 407, 502, 503, 504})
"""What a proxy answers by itself where it lets nobody through, or reaches nobody (RFC 9110)."""
_DNS: Final = "Check the network's DNS server, e.g. in /etc/resolv.conf."
_TLS: Final = (
    "Check this host's clock; if it is right, something between opens TLS: ask the network's "
    "people to let this name through."
)
_PROXY: Final = (
    "Check {scheme}_proxy and no_proxy, and ask the network's people to let this name through."
)
_LINE: Final = "Ask the network's people to let this name through, port {port}; or set https_proxy."


def _date(connection: http.client.HTTPConnection, target: str, headers: dict[str, str]) -> str:
    """Return what an endpoint says the time is, once it answered."""
    try:
        connection.request("HEAD", target, headers=headers)
        answer = connection.getresponse()
        if headers and answer.status in _BY_PROXY:
            raise http.client.HTTPException(f"it answers {answer.status}")
        return answer.getheader("Date", "")
    finally:
        connection.close()


def _plain(
    host: str, port: int, proxy: str, url: str
) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
    """Return how to ask without TLS: a mirror of packages, or a local region."""
    if not proxy:
        path = urlsplit(url).path or "/"
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S), path, {}
    at = _address(proxy)
    connection = http.client.HTTPConnection(
        at.hostname or "", at.port or _PROXY_PORT, timeout=_TIMEOUT_S
    )
    return connection, url, {"Host": host, **_authorization(at)}


def _tunnelled(
    host: str, port: int, proxy: str, url: str, context: ssl.SSLContext | None
) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
    """Return how to ask by TLS, through the proxy's tunnel if there is a proxy."""
    path, context = urlsplit(url).path or "/", context or ssl.create_default_context()
    if not proxy:
        return (
            http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context),
            path,
            {},
        )
    at = _address(proxy)
    connection = http.client.HTTPSConnection(
        at.hostname or "", at.port or _PROXY_PORT, timeout=_TIMEOUT_S, context=context
    )
    connection.set_tunnel(host, port, _authorization(at))
    return connection, path, {}


def _address(proxy: str) -> SplitResult:
    return urlsplit(proxy if "//" in proxy else f"http://{proxy}")


def _authorization(at: SplitResult) -> dict[str, str]:
    if not at.username:
        return {}
    pair = f"{unquote(at.username)}:{unquote(at.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _time(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date)
    except ValueError:
        return None
