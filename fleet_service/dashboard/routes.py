"""`/`, `/dashboard` and the files below it. They hold nothing of anybody's: no token is asked."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from fleet_service.api.described import described
from fleet_service.api.hardening import PAGE_POLICY
from fleet_service.dashboard.files import PageFile, page_files

PAGE_FILES: web.AppKey[Mapping[str, PageFile]] = web.AppKey("page_files", Mapping)
_PAGE: Final = "index.html"
_HEADERS: Final = {
    "Content-Security-Policy": PAGE_POLICY,
    # Asked for each time, and answered by 304: a page never runs with scripts of two releases.
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@described("text/html", has_etag=True)
async def get_page(request: web.Request) -> web.Response:
    """Answer with the dashboard."""
    return _answer(request, request.app[PAGE_FILES][_PAGE])


@described("text/html", has_etag=True)
async def get_dashboard(request: web.Request) -> web.Response:
    """Answer with the page, also by its name."""
    return await get_page(request)


@described("*/*", has_etag=True, summary="Answer with a file that the page loads.")
async def get_file(request: web.Request) -> web.Response:
    """Answer with a file that the page loads."""
    found = request.app[PAGE_FILES].get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    return _answer(request, found)


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app[PAGE_FILES] = page_files()
    app.router.add_get("/", get_page)
    app.router.add_get("/dashboard", get_dashboard)
    app.router.add_get("/dashboard/{name:.+}", get_file)


def _answer(request: web.Request, file: PageFile) -> web.Response:
    known = request.if_none_match or ()
    if any(each.value == file.tag for each in known):
        answer = web.Response(status=304, headers=_HEADERS)
    else:
        answer = web.Response(
            body=file.body, content_type=file.content_type, charset="utf-8", headers=_HEADERS
        )
    answer.etag = file.tag
    return answer
