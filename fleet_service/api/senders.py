"""Who sent a request, as far as nobody has proven anything: from where, and if somebody waits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from fleet_service.operators.addresses import address_of, bucket_of

PROXIES: Final[web.AppKey[int]] = web.AppKey("proxies", int)
"""How many of ours stand before this service (see `address_of`)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever waits for an answer."""

    address: str
    """By which it is counted: of IPv6, its network."""
    is_gone: Callable[[], bool]
    """Says whether it has hung up: a handler is not told, for what it has begun it ends."""


def sender_of(request: web.Request) -> Sender:
    """Return who sent a request."""
    proxies = request.app.get(PROXIES, 0)
    return Sender(bucket_of(address_of(request, proxies)), hung_up(request))


def hung_up(request: web.Request) -> Callable[[], bool]:
    """Return what says whether a request's client has closed its connection."""

    def is_gone() -> bool:
        return request.transport is None or request.transport.is_closing()

    return is_gone
