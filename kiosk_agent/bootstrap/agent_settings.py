"""The settings that a kiosk's agent and supervisor are started with. Pure."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import TypeAdapter, ValidationError

from kiosk_agent.settings import AgentSettings
from kiosk_contracts.enrolment import BundleBody
from kiosk_contracts.venues import Setting

_OURS: Final = frozenset(
    {"kiosk_id", "fleet_url", "https_proxy", "identity", "enrolment_secret_file"}
)
"""What bootstrap itself says; a bundle says none of it."""


def agent_settings(bundle: BundleBody, kiosk_id: str, proxy: str = "") -> str:
    """Return the agent's settings file, as TOML; `proxy`: the venue's, empty for none."""
    return _toml(
        {
            "kiosk_id": kiosk_id,
            "fleet_url": str(bundle.fleet_url).rstrip("/"),
            **({"https_proxy": proxy} if proxy else {}),
            "identity": "managed_instance",
            **bundle.settings_of(kiosk_id),
        }
    )


def supervisor_settings(bundle: BundleBody, proxy: str = "") -> str:
    """Return the supervisor's settings file, as TOML; `proxy`: by which ECR is reached."""
    return _toml(
        {
            "region": bundle.region,
            "identity_audience": bundle.identity_audience,
            **({"https_proxy": proxy} if proxy else {}),
        }
    )


def wrong_settings(settings: Mapping[str, Setting]) -> list[str]:
    """Return what of a bundle's settings no agent would start with, each with why."""
    return [why for name, value in settings.items() if (why := _wrong(name, value))]


def _wrong(name: str, value: Setting) -> str:
    if name in _OURS:
        return f"{name} is not a bundle's to set"
    field = AgentSettings.model_fields.get(name)
    if field is None:
        return f"{name} is no setting of the agent"
    if isinstance(value, str) and not value.isprintable():
        return f"{name} has a character that can't be printed"
    kind: Any = field.annotation
    for rule in field.metadata:
        kind = Annotated[kind, rule]
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        return f"{name}: {error.errors(include_url=False, include_input=False)[0]['msg']}"
    return ""


def _toml(settings: Mapping[str, Setting]) -> str:
    """Return settings as TOML; strings are as in JSON, for printable ones the two are the same."""
    lines = [f"{name} = {json.dumps(settings[name], ensure_ascii=False)}" for name in settings]
    return "\n".join(["# Written by kiosk-agent bootstrap.", *lines, ""])
