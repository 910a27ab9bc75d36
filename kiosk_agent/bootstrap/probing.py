"""Reaches for an endpoint as the agents will, and says how far it came."""

import http.client
import os
import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

_TIMEOUT_S: Final = 10


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


def proxy_for(host: str) -> str:
    """Return the proxy that the environment sets for an https host; empty for none."""
    for name in (part.strip().lstrip(".").lower() for part in skipped_hosts().split(",")):
        if name and (name in {"*", host} or host.endswith(f".{name}")):
            return ""
    return os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY") or ""


def skipped_hosts() -> str:
    """Return what the environment says is reached without the proxy, as it says it."""
    return os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""


def reach(url: str, context: ssl.SSLContext | None = None) -> Reached:
    """Ask for an endpoint's head by way of the proxy that is set, if one is; never raises.

    Whatever status it answers with, it was reached: DNS, the way and TLS are what is looked at.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
    proxy = proxy_for(host)
    try:
        if parts.scheme == "http":
            # Of a local region; the settings of agents and bundles let no other be named.
            connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
        else:
            connection = _connection(host, port, proxy, context or ssl.create_default_context())
        try:
            connection.request("HEAD", parts.path or "/")
            date = connection.getresponse().getheader("Date", "")
        finally:
            connection.close()
    except socket.gaierror as error:
        name = urlsplit(proxy).hostname if proxy else host
        return Reached(host, f"the name {name} is not found: {error.strerror}", _DNS)
    except ssl.SSLCertVerificationError as error:
        return Reached(host, f"its certificate does not hold: {error.verify_message}", _TLS)
    except ssl.SSLError as error:
        return Reached(host, f"no TLS: {error.reason or error}", _TLS)
    except (OSError, http.client.HTTPException) as error:
        by = f" by way of the proxy {urlsplit(proxy).hostname}" if proxy else ""
        why = str(error) or type(error).__name__
        return Reached(host, f"it does not answer{by}: {why}", _PROXY if proxy else _LINE)
    return Reached(host, server_time=_time(date))


_DNS: Final = "Check the network's DNS server, e.g. in /etc/resolv.conf."
_TLS: Final = (
    "Check this host's clock; if it is right, something between opens TLS: ask the network's "
    "people to let this name through."
)
_PROXY: Final = (
    "Check https_proxy and no_proxy, and ask the network's people to let this name through."
)
_LINE: Final = "Ask the network's people to let this name through, port 443; or set https_proxy."


def _connection(
    host: str, port: int, proxy: str, context: ssl.SSLContext
) -> http.client.HTTPSConnection:
    if not proxy:
        return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
    at = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    connection = http.client.HTTPSConnection(
        at.hostname or "", at.port or 3128, timeout=_TIMEOUT_S, context=context
    )
    headers = {}
    if at.username:
        pair = f"{unquote(at.username)}:{unquote(at.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    connection.set_tunnel(host, port, headers)
    return connection


def _time(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date)
    except ValueError:
        return None
