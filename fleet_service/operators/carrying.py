"""How a request carries who asks: a token in a header, or the dashboard's cookie."""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from fleet_service.operators import refusing
from fleet_service.operators.addresses import is_on_loopback
from fleet_service.operators.sessions import DashboardSession, carries
from kiosk_contracts.version import CSRF_HEADER, OPS_TOKEN_HEADER

COOKIE: Final = "__Host-eventpro-ops"
"""Browsers take a cookie of such a name over https alone, for the whole host and no other."""
LOOPBACK_COOKIE: Final = "eventpro-ops"
"""Where a browser on the same machine asks over http, which not every one takes `Secure` from."""
_BEARER: Final = "bearer "


def token_of(request: web.Request) -> str | None:
    """Return the token in the request's headers, None if there is none.

    Raises ProblemError 401 where there are several.
    """
    given = [*request.headers.getall(OPS_TOKEN_HEADER, []), *_bearers(request)]
    if len(given) > 1:
        raise refusing.tokens_several()
    return given[0] if given and given[0] else None


def _bearers(request: web.Request) -> list[str]:
    return [
        value[len(_BEARER) :].strip()
        for value in request.headers.getall("Authorization", [])
        if value.lower().startswith(_BEARER)
    ]


def cookie_of(request: web.Request) -> str | None:
    """Return the dashboard's cookie, None if there is none."""
    return request.cookies.get(_name(request)) or None


def give_cookie(request: web.Request, answer: web.Response, sealed: str, life_s: int) -> None:
    """Have the browser carry a session, for as long as it lives, out of scripts' sight."""
    answer.set_cookie(
        _name(request),
        sealed,
        max_age=life_s,
        path="/",
        secure=not is_on_loopback(request),
        httponly=True,
        samesite="Strict",
    )


def take_cookie(request: web.Request, answer: web.Response) -> None:
    """Have the browser forget its session."""
    give_cookie(request, answer, "", 0)


def refuse_cross_site(request: web.Request, session: DashboardSession) -> None:
    """Raise ProblemError 403 `cross_site` for a change that our own page did not send.

    Each of the three would be enough by itself, and each has failed somewhere: a browser says
    where a request comes from, and only a page of ours can have learnt the CSRF token.
    """
    fetched, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if fetched is None and origin is None:
        raise refusing.cross_site("It does not say where it comes from (Origin).")
    if fetched not in {None, "same-origin"}:
        raise refusing.cross_site("Your browser says that another site sent it (Sec-Fetch-Site).")
    if origin is not None and not _is_ours(request, origin):
        raise refusing.cross_site("It comes from another site (Origin).")
    if not carries(session, request.headers.get(CSRF_HEADER, "")):
        raise refusing.cross_site(f"It does not carry the session's {CSRF_HEADER}.")


def _is_ours(request: web.Request, origin: str) -> bool:
    # https, whatever the hop before us speaks: a proxy may end it.
    scheme = "http" if is_on_loopback(request) else "https"
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme != scheme or parts.path or parts.query:
        return False
    default = {"http": 80, "https": 443}[scheme]
    own = urlsplit(f"//{request.host}")
    return (parts.hostname, port or default) == (own.hostname, own.port or default)


def _name(request: web.Request) -> str:
    return LOOPBACK_COOKIE if is_on_loopback(request) else COOKIE
