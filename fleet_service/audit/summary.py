"""What of a request's body is written into the audit, and what it was about. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final

from fleet_service.audit.records import LONGEST_TARGET
from kiosk_contracts.shown_text import shown

_TOLD: Final = (
    "reason",
    "risk_accepted",
    "name",
    "role",
    "expires_at",
    "until",
    "time_zone",
    "bundle_id",
    "canary",
    "kind",
    "forced",
    "source",
    "lines",
    "way",
    "without_way_back",
)
"""Fields whose values are told; of all others their names alone. A secret, or a person's number,
that is sent under a name that nobody thought of stays out."""
_LONGEST: Final = 300
_OF_BODY: Final = (
    ("venue_id", "venue"),
    ("activation_id", "activation"),
    ("kiosk_id", "kiosk"),
    ("release_id", "release"),
    ("to", "release"),
    ("move_id", "move"),
    ("command_id", "command"),
)
_MANY_OF_BODY: Final = (("kiosk_ids", "kiosk"),)
MOST_TARGETS: Final = 45
"""Of one entry: each is a write of the commit, which takes 100."""


def parsed(body: bytes) -> Mapping[str, Any]:
    """Return a body's fields; nothing where it has none that can be read."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def summary_of(body: Mapping[str, Any]) -> str:
    """Return a body in a few words, safe to be shown."""
    told = [f"{name}: {body[name]}" for name in _TOLD if _is_plain(body.get(name))]
    others = sorted(name for name in body if name not in _TOLD)
    if others:
        told.append(f"also {', '.join(others)}")
    return shown("; ".join(told), _LONGEST)


def targets_of(named: Mapping[str, str], body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a change is about: `named` by its address, and some by its body."""
    found = [target(_kind(name), value) for name, value in named.items()]
    found += [
        target(kind, body[name]) for name, kind in _OF_BODY if isinstance(body.get(name), str)
    ]
    for name, kind in _MANY_OF_BODY:
        many = body.get(name)
        if isinstance(many, list):
            found += [target(kind, one) for one in many if isinstance(one, str)]
    return tuple(dict.fromkeys(found))[:MOST_TARGETS]


def target(kind: str, value: str) -> str:
    """Return how a thing is named in the audit, e.g. `kiosk/till-1`."""
    return shown(f"{kind}/{value}", LONGEST_TARGET)


def _kind(name: str) -> str:
    """Return what an address names by a word such as `kiosk_id`."""
    return "operator-token" if name == "token_id" else name.removesuffix("_id").replace("_", "-")


def _is_plain(value: object) -> bool:
    return isinstance(value, str | bool | int) and value != ""
