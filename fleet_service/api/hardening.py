"""What every answer tells a browser: run nothing of it, guess nothing of it, keep nothing of it."""

from typing import Final

from aiohttp import web

from fleet_service.operators.rights import is_operators

_CSP: Final = "Content-Security-Policy"
API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
"""Of answers to programs: whatever they hold, a browser that opens one runs and loads nothing."""
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Of the dashboard's pages: our own files alone, no script in a page, nobody frames it; no text of
anybody's can become markup, since the browser takes none from scripts."""


async def harden(request: web.Request, answer: web.StreamResponse) -> None:
    """Add the headers, but those that a handler has set itself; a signal of the app.

    Not a middleware: a stream has sent its headers before its handler returns.
    """
    answer.headers.setdefault(_CSP, API_POLICY)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "no-referrer")
    if is_operators(request.path, request.method):
        answer.headers.setdefault("Cache-Control", "no-store")
