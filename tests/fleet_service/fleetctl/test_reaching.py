"""Every operation that is an operator's has a command of `fleetctl`, or a reason why not.

What a command asks for is recorded where it is sent; the answers are made from the description of
the API. That the description is what is served is held by tests/fleet_service/api.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final
from uuid import UUID

import pytest

from fleet_service.fleetctl import main
from fleet_service.fleetctl.fleet import Fleet
from operator_cli.refusing import RefusedError
from tests.support.documents import DOCS

_ID: Final = str(UUID(int=7))
_IMAGE: Final = f"registry.example.com/kiosk-ui@sha256:{'1' * 64}"

REACHED: Final = {
    "alarms_list_alarms": "alarm list",
    "alarms_acknowledge": "alarm acknowledge hall.-.venue_unreachable --note called",
    "alarms_silence": "alarm silence hall.-.venue_unreachable 4h later",
    "alarms_list_silences": "silence list",
    "alarms_end_silence": "silence end venue:hall",
    "alarms_silence_venue": "venue silence hall 2h works",
    "audit_list_entries": "audit",
    "commands_list_commands": "command list till-1",
    "commands_get_command": f"command show till-1 {_ID}",
    "commands_get_content": f"command show till-1 {_ID} --write content",
    "commands_order": "kiosk reboot till-1 --yes --no-wait",
    "commands_withdraw": f"command withdraw till-1 {_ID}",
    "instances_list_instances": "kiosk list",
    "instances_get_instance": "kiosk show till-1",
    "instances_list_venues": "venue list",
    "instances_get_venue": "venue show hall",
    "operators_who_am_i": "whoami",
    "operators_list_tokens": "token list",
    "operators_make_token": "token create Night operator 30d --write night.token",
    "operators_revoke_token": f"token revoke {'0' * 16} --yes",
    "releases_list_releases": "release list",
    "releases_get_release": "release show r-1",
    "releases_create_release": f"release create r-1 --image {_IMAGE}",
    "releases_retire_release": "release retire r-1 --yes",
    "releases_begin_move": "release move till-1 --to r-1 --yes",
    "releases_list_moves": "move list",
    "releases_get_move": f"move show {_ID}",
    "releases_list_decisions": f"move show {_ID}",
    "releases_pause": f"move pause {_ID}",
    "releases_resume": f"move resume {_ID}",
    "releases_abort": f"move abort {_ID} --yes",
    "transactions_find_transactions": "transactions --kiosk till-1",
}
_PROVISIONED: Final = "kiosk-provision does it, which has AWS's rights for its other half"
_SCRAPED: Final = "Prometheus scrapes it"
NOT_REACHED: Final = {
    "health_metrics": _SCRAPED,
    "watch_fleet_metrics": _SCRAPED,
    "enrolment_list_activations": _PROVISIONED,
    "enrolment_add_activation": _PROVISIONED,
    "enrolment_revoke_activation": _PROVISIONED,
    "kiosks_get_kiosk": _PROVISIONED,
    "kiosks_free": _PROVISIONED,
    "kiosks_leave": _PROVISIONED,
    "kiosks_renew": _PROVISIONED,
    "kiosks_restore": _PROVISIONED,
    "kiosks_retire": _PROVISIONED,
    "kiosks_revoke": _PROVISIONED,
    "kiosks_write_off": _PROVISIONED,
    "venues_list_venues": _PROVISIONED,
    "venues_get_venue": _PROVISIONED,
    "venues_put_venue": _PROVISIONED,
    "venues_remove_venue": _PROVISIONED,
    "operators_open_session": "a session is a browser's cookie; a terminal has the token itself",
    "operators_end_session": "a session is a browser's cookie; a terminal has the token itself",
    "stream_stream": "--watch asks again; who wants each event has an EventSource",
}


@cache
def description() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((DOCS / "openapi.json").read_text("utf-8"))
    return told


def operations() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield method, path, name and operation of all that an operator may ask for."""
    for path, item in description()["paths"].items():
        for method, operation in item.items():
            ways = [way for one in operation.get("security", ()) for way in one]
            if "operatorToken" in ways:
                yield method.upper(), path, operation["operationId"], operation


def asked_for(method: str, target: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the operation of a request."""
    sought = target.partition("?")[0]
    fitting = [
        (path.count("{"), name, operation)
        for verb, path, name, operation in operations()
        if verb == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), sought)
    ]
    assert fitting, f"{method} {target} is nothing that the service has"
    _, name, operation = min(fitting, key=lambda one: one[0])
    return name, operation


BY_NAME: Final = {"time_zone": "Europe/Berlin", "image": _IMAGE}
"""What has a form that the description does not say."""


def example(schema: dict[str, Any]) -> Any:  # noqa: PLR0911  a way out for each type
    """Return the smallest value that a schema of the description takes."""
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            # What may be left out is: null, where it is one of them.
            return example(schema[choice][-1])
    match schema:
        case {"$ref": str(name)}:
            return example(description()["components"]["schemas"][name.rpartition("/")[2]])
        case {"const": value} | {"enum": [value, *_]}:
            return value
        case {"type": "object"}:
            needed = schema.get("required", ())
            made = {name: example(schema["properties"][name]) for name in needed}
            return {name: BY_NAME.get(name, value) for name, value in made.items()}
        case {"type": "array"}:
            return [example(schema["items"]) for _ in range(schema.get("minItems", 0))]
        case {"type": "string"}:
            return _text(schema)
        case {"type": "integer" | "number"}:
            return schema.get("minimum", 1)
        case {"type": "boolean"}:
            return False
    return None


def _text(schema: dict[str, Any]) -> str:
    made = {"uuid": _ID, "date-time": "2026-11-27T12:00:00Z", "date": "2026-11-27"}
    some = ("till-1", "r-1", "0" * 16, "0" * 64, "a", "AA1", "EUR", "1")
    fitting = (one for one in some if re.search(schema.get("pattern", ""), one))
    return made.get(schema.get("format", "")) or next(fitting)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> list[str]:
    """Return the names of all operations that were asked for, as they are."""
    names: list[str] = []

    async def ask(_service: Fleet, method: str, path: str, body: Any = None) -> bytes:
        del body
        name, operation = asked_for(method, path)
        names.append(name)
        if name == "venues_get_venue":
            # Of the two a name may be it is a kiosk's.
            raise RefusedError("there is none", code="venue_unknown")
        [answer] = [one for status, one in operation["responses"].items() if status[0] == "2"]
        content = answer.get("content", {})
        if "application/json" not in content:
            return b"its log"
        told = example(content["application/json"]["schema"])
        if name == "commands_get_command":
            told |= {"content_type": "text/plain", "content_bytes": 7}
        return json.dumps(told).encode()

    monkeypatch.setattr(Fleet, "ask", ask)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("a token")
    (tmp_path / "token").chmod(0o600)
    monkeypatch.setenv("FLEETCTL_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FLEETCTL_TOKEN_FILE", "token")
    return names


def test_each_operation_of_operators_has_a_command_or_a_reason() -> None:
    names = [name for _, _, name, _ in operations()]
    assert len(names) == len(set(names)) > 40
    assert {*REACHED, *NOT_REACHED} == set(names)
    assert not REACHED.keys() & NOT_REACHED.keys()
    assert all(NOT_REACHED.values())


@pytest.mark.parametrize("name", REACHED)
def test_the_command_asks_for_it(name: str, asked: list[str]) -> None:
    status = main(REACHED[name].split())
    assert name in asked
    assert status == 0


@pytest.mark.parametrize(
    ("method", "target", "name"),
    [
        ("GET", "/v1/moves/7?after=1", "releases_get_move"),
        ("GET", "/v1/moves/7/decisions", "releases_list_decisions"),
    ],
)
def test_a_request_is_taken_for_the_operation_that_it_is(
    method: str, target: str, name: str
) -> None:
    assert asked_for(method, target)[0] == name
