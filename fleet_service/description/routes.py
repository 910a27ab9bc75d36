"""`/v1/openapi.json` and `/v1/docs`: what this service does, described as it is served."""

import json
from typing import Any, Final

from aiohttp import web

from fleet_service.api.described import described
from fleet_service.api.etags import json_with_etag
from fleet_service.description.openapi import openapi
from fleet_service.description.page import POLICY, page
from kiosk_contracts.wire import WireModel

DESCRIPTION = web.AppKey("description", dict[str, Any])
JSON_PATH: Final = "/v1/openapi.json"


class OpenApiDocument(WireModel):
    """A description by the OpenAPI specification."""

    openapi: str


@described(OpenApiDocument, has_etag=True)
async def get_description(request: web.Request) -> web.Response:
    """Answer with the description for programs."""
    return json_with_etag(request, request.app[DESCRIPTION])


@described("text/html")
async def get_page(request: web.Request) -> web.Response:
    """Answer with the description for people."""
    told: dict[str, Any] = request.app[DESCRIPTION]
    return web.Response(
        text=page(told),
        content_type="text/html",
        headers={"Content-Security-Policy": POLICY},
    )


def add_routes(app: web.Application) -> None:
    """Add this feature's routes, the last of all; raises UndescribedError."""
    app.router.add_get(JSON_PATH, get_description)
    app.router.add_get("/v1/docs", get_page)
    app[DESCRIPTION] = openapi(app)


def as_file(app: web.Application) -> str:
    """Return the description as it is kept beside the documents."""
    return json.dumps(app[DESCRIPTION], indent=1, sort_keys=True) + "\n"
