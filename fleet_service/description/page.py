"""The description as one page of HTML: no script, nothing fetched. Pure."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem; }
summary { cursor: pointer; padding: .3rem 0; }
summary code { font-weight: bold; }
table { border-collapse: collapse; }
td, th { border: 1px solid; padding: .2rem .5rem; text-align: left; vertical-align: top; }
pre, td { overflow-wrap: anywhere; white-space: pre-wrap; }
"""
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
"""Content-Security-Policy: its own style, and nothing else at all."""


def page(told: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI description."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(told['info']['title'])}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(told['info']['title'])}</h1><p>{escape(told['info']['description'])}</p>"
        '<p>For programs: <a href="openapi.json">openapi.json</a></p>'
        + "".join(_parts(told))
        + "</main></body></html>"
    )


def _parts(told: Mapping[str, Any]) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, methods in told["paths"].items():
        for method, one in methods.items():
            by_tag.setdefault(one["tags"][0], []).append(_operation(method, path, one))
    for tag, operations in sorted(by_tag.items()):
        yield f"<h2>{escape(tag)}</h2>{''.join(operations)}"
    yield "<h2>Models</h2>"
    for name, schema in told["components"]["schemas"].items():
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        yield f"<p>{escape(schema.get('description', ''))}</p>{_fields(schema)}</details>"


def _operation(method: str, path: str, one: Mapping[str, Any]) -> str:
    who = f"<p>Least role: <b>{escape(one['x-role'])}</b></p>" if "x-role" in one else ""
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code></td><td>{escape(each['in'])}</td>"
        f"<td>{_kind(each['schema'])}</td></tr>"
        for each in one["parameters"]
    )
    codes = ", ".join(f"<code>{escape(code)}</code>" for code in one.get("x-problem-codes", ()))
    return (
        f"<details><summary><code>{method.upper()} {escape(path)}</code> "
        f"{escape(one['summary'])}</summary>{who}"
        + (f"<table><tr><th>name</th><th>in</th><th>what</th></tr>{rows}</table>" if rows else "")
        + "".join(f"<p>Takes {_kind(each)}</p>" for each in _contents(one.get("requestBody", {})))
        + "".join(
            f"<p>{escape(status)}: {' or '.join(map(_kind, _contents(answer))) or 'no body'}</p>"
            for status, answer in one["responses"].items()
            if status != "default"
        )
        + (f"<p>Refused with {codes}</p>" if codes else "")
        + "</details>"
    )


def _contents(part: Mapping[str, Any]) -> list[Any]:
    return [each["schema"] for each in part.get("content", {}).values()]


def _fields(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td>"
        f"<td>{'' if name in required else 'may be left out'}</td><td>{_kind(each)}</td></tr>"
        for name, each in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>" if rows else f"<p>{_kind(schema)}</p>"


def _kind(schema: Mapping[str, Any]) -> str:
    """Return what a schema takes, in a few words."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(map(_kind, schema[several]))
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return f"list of {_kind(schema['items'])}"
    bounds = [f"{name} {schema[name]}" for name in _BOUNDS if name in schema]
    return escape(", ".join([str(schema.get("type", "any")), *bounds]))


_BOUNDS: Final = ("format", "pattern", "minimum", "maximum", "minLength", "maxLength", "const")
