"""`docs/configuration.md` has every setting of every program, with its default."""

import re

import pytest
from pydantic_settings import BaseSettings

from core_services.ticket_api.settings import Settings as TicketApiSettings
from fleet_service.settings import FleetSettings
from kiosk_agent.settings import AgentSettings
from tests.support.documents import section

SECTIONS = {
    AgentSettings: "The agent (`kiosk-agent`, prefix `KIOSK_AGENT_`)",
    FleetSettings: "The fleet service (`fleet-service serve`, prefix `FLEET_SERVICE_`)",
    TicketApiSettings: "The ticket API (`ticket-api serve`, prefix `TICKET_API_`)",
}


def _documented(heading: str) -> dict[str, str]:
    """Return settings and what stands as their default: in the example or in the table."""
    text = section("configuration.md", heading)
    found = dict(re.findall(r"^([a-z_0-9]+) = ([^\s#]+)", text, re.MULTILINE))
    for row in re.findall(r"^\| (`.+?`) \| (.+?) \|", text, re.MULTILINE):
        names, defaults = row[0].split(", "), row[1].split(", ")
        found |= {name.strip("`"): value for name, value in zip(names, defaults, strict=True)}
    return found


@pytest.mark.parametrize(("settings", "heading"), SECTIONS.items())
def test_every_setting_is_documented_and_nothing_else_is(
    settings: type[BaseSettings], heading: str
) -> None:
    assert set(_documented(heading)) == set(settings.model_fields)
    assert settings.model_config.get("env_prefix", "") in heading


@pytest.mark.parametrize(("settings", "heading"), SECTIONS.items())
def test_every_documented_number_is_the_default(settings: type[BaseSettings], heading: str) -> None:
    documented = {
        name: float(value)
        for name, value in _documented(heading).items()
        if re.fullmatch(r"[0-9.]+", value)
    }
    defaults = {name: settings.model_fields[name].default for name in documented}
    assert documented
    assert documented == defaults
