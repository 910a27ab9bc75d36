"""From where a request came, as far as this service can know. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from aiohttp import web

_UNKNOWN: Final = "unknown"
_FORWARDED_FOR: Final = "X-Forwarded-For"
_OF_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def address_of(request: web.Request, proxies: int) -> str:
    """Return the address that a request came from, e.g. `192.0.2.7`.

    `proxies`: how many of ours stand before this service, each of which adds to X-Forwarded-For
    whom it heard. What stands before theirs is the client's own word, and counts nothing.
    """
    heard = [
        part.strip()
        for value in request.headers.getall(_FORWARDED_FOR, [])
        for part in value.split(",")
    ]
    return _address(heard, request.remote, proxies)


def _address(heard: Sequence[str], peer: str | None, proxies: int) -> str:
    if 0 < proxies <= len(heard) and (found := _parsed(heard[-proxies])) is not None:
        return str(found)
    found = _parsed(peer or "")
    return _UNKNOWN if found is None else str(found)


def bucket_of(address: str) -> str:
    """Return by what requests of an address are counted: whoever has one IPv6 address has 2^64."""
    found = _parsed(address)
    return (
        str(IPv6Network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address
    )


def is_on_loopback(request: web.Request) -> bool:
    """Say whether a browser on this machine asks over http, with no proxy between."""
    peer = _parsed(request.remote or "")
    return (
        request.scheme == "http"
        and peer is not None
        and peer.is_loopback
        and _FORWARDED_FOR not in request.headers
        and _without_port(request.host) in _OF_LOOPBACK
    )


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    for candidate in (text, _without_port(text).strip("[]")):
        try:
            found = ip_address(candidate)
        except ValueError:
            continue
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            return found.ipv4_mapped
        return found
    return None


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and (":" not in name or name.startswith("[")) else host
