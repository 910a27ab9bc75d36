"""From an app's routes to OpenAPI 3.1. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from fleet_service.api.described import Operation, operation_of
from fleet_service.operators.carrying import COOKIE
from fleet_service.operators.rights import RIGHTS, is_operators
from kiosk_contracts.ids import KioskId, VenueId
from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE, Problem
from kiosk_contracts.version import (
    ENROLMENT_TOKEN_HEADER,
    KIOSK_TOKEN_HEADER,
    OPS_TOKEN_HEADER,
    PROTOCOL_VERSION,
)

_REF: Final = "#/components/schemas/{model}"
_PLACES: Final[Mapping[str, Any]] = {
    "kiosk_id": KioskId,
    "venue_id": VenueId,
    "move_id": UUID,
    "command_id": UUID,
    "journal_id": UUID,
}
"""Types of what stands in paths; all else is text."""
_OPEN: Final = frozenset({"/v1/session-nonces", "/v1/sessions", "/v1/openapi.json", "/v1/docs"})
_SCHEMES: Final[Mapping[str, Any]] = {
    "operatorToken": {"type": "apiKey", "in": "header", "name": OPS_TOKEN_HEADER},
    "operatorBearer": {"type": "http", "scheme": "bearer"},
    "dashboardSession": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "kioskToken": {"type": "apiKey", "in": "header", "name": KIOSK_TOKEN_HEADER},
    "enrolmentToken": {"type": "apiKey", "in": "header", "name": ENROLMENT_TOKEN_HEADER},
}
_Schemas = Mapping[tuple[Any, JsonSchemaMode], Any]


class UndescribedError(Exception):
    """A route whose handler declares no operation."""


def openapi(app: web.Application) -> dict[str, Any]:
    """Return the description of all that an app serves; raises UndescribedError."""
    found = list(_operations(app))
    schemas, components = _schemas(operation for *_, operation in found)
    paths: dict[str, dict[str, Any]] = {}
    for method, path, operation in found:
        paths.setdefault(path, {})[method.lower()] = _told(method, path, operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "EventPro fleet service",
            "version": str(PROTOCOL_VERSION),
            "description": "Kiosks, venues, releases and alarms, for monitoring and for programs. "
            "The words are explained in docs/protocol.md.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": dict(_SCHEMES),
            "responses": {"Refused": _refused(schemas)},
        },
    }


def _operations(app: web.Application) -> Iterator[tuple[str, str, Operation]]:
    for route in app.router.routes():
        resource = route.resource
        if resource is None or route.method == "HEAD":
            continue
        operation = operation_of(route.handler)
        if operation is None:
            raise UndescribedError(f"{route.method} {resource.canonical}")
        yield route.method, resource.canonical, operation


def _schemas(operations: Iterable[Operation]) -> tuple[_Schemas, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], Literal["validation", "serialization"]], None] = {
        (Problem, "serialization"): None
    }
    for one in operations:
        if isinstance(one.answer, type):
            wanted[one.answer, "serialization"] = None
        if one.body is not None:
            wanted[one.body, "validation"] = None
    schemas, told = models_json_schema(list(wanted), ref_template=_REF)
    return dict(schemas), dict(sorted(told.get("$defs", {}).items()))


def _told(method: str, path: str, one: Operation, schemas: _Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "tags": [one.name.partition("_")[0]],
        "parameters": [*_places(path), *_query(one)],
        "responses": _answers(one, schemas),
        **_who(method, path),
    }
    if one.body is not None:
        content = {"application/json": {"schema": schemas[one.body, "validation"]}}
        told["requestBody"] = {"required": not one.body_optional, "content": content}
    if one.refusals:
        told["x-problem-codes"] = sorted(one.refusals)
    return told


def _who(method: str, path: str) -> dict[str, Any]:
    if is_operators(path, method):
        ways: list[dict[str, list[str]]] = [
            {"operatorToken": []},
            {"operatorBearer": []},
            {"dashboardSession": []},
        ]
        return {"security": ways, "x-role": RIGHTS[method, path].value}
    if path.startswith("/v1/enrolment"):
        return {"security": [] if path.endswith("/evidence") else [{"enrolmentToken": []}]}
    if path in _OPEN or not path.startswith("/v1/"):
        return {"security": []}
    return {"security": [{"kioskToken": []}]}


def _places(path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", path):
        schema = TypeAdapter(_PLACES.get(name, str)).json_schema()
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(one: Operation) -> Iterator[dict[str, Any]]:
    for name, kind in one.query.items():
        schema = TypeAdapter(kind).json_schema()
        # An enum's own definition has no other user: it stands where it is used.
        definitions = schema.pop("$defs", {})
        told = _inlined(schema, definitions)
        yield {"name": name, "in": "query", "required": False, "schema": told}


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {name: _inlined(each, definitions) for name, each in schema.items()}
    return schema


def _answers(one: Operation, schemas: _Schemas) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done." if one.answer is None else "The answer."}
    match one.answer:
        case None:
            pass
        case str():
            good["content"] = {one.answer: {"schema": {"type": "string"}}}
        case model:
            content = {"schema": schemas[model, "serialization"]}
            good["content"] = {"application/json": content}
    answers = {str(one.status): good, "default": {"$ref": "#/components/responses/Refused"}}
    if one.has_etag:
        answers["304"] = {"description": "As it was when its ETag was told."}
    return answers


def _refused(schemas: _Schemas) -> dict[str, Any]:
    schema = schemas[Problem, "serialization"]
    return {
        "description": "Refused, with why and what to do; `code` is for programs.",
        "content": {PROBLEM_CONTENT_TYPE: {"schema": schema}},
    }
