"""The settings that bootstrap writes are those that the agent starts with."""

from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.bootstrap.agent_settings import (
    agent_settings,
    supervisor_settings,
    wrong_settings,
)
from kiosk_agent.settings import load_settings
from kiosk_agent.settings_file import SettingsError
from kiosk_agent.supervisor.settings import load_settings as load_supervisor
from kiosk_contracts.enrolment import BundleBody
from provisioning.bundles.sealing import make_passphrase
from tests.support.bundles import bundle_key, signed


def body(folder: Path, **changes: Any) -> BundleBody:
    key, _ = bundle_key(folder)
    return BundleBody.model_validate(signed(key, make_passphrase(), **changes).body)


def test_a_kiosk_s_own_settings_count_before_the_venue_s_and_at_that_kiosk_alone(
    tmp_path: Path,
) -> None:
    told = body(
        tmp_path,
        agent_settings={"locale": "de_DE", "printer_columns": 48},
        kiosk_settings={"harbour-till-1": {"printer_columns": 32, "print_receipts": True}},
    )
    first, second = (agent_settings(told, f"harbour-till-{number}") for number in (1, 2))
    assert "printer_columns = 32" in first
    assert "print_receipts = true" in first
    assert "printer_columns = 48" in second
    assert "print_receipts" not in second
    for text in (first, second):
        assert text.count("printer_columns") == 1
        assert 'locale = "de_DE"' in text


def test_the_agent_starts_with_what_is_written(tmp_path: Path) -> None:
    told = body(
        tmp_path, agent_settings={"locale": "de_DE", "print_receipts": True, "printer_columns": 48}
    )
    state = f'state_dir = "{tmp_path / "state"}"\n'
    file = tmp_path / "agent.toml"
    file.write_text(agent_settings(told, "harbour-till-1") + state)
    settings = load_settings(file)
    assert (settings.kiosk_id, settings.identity) == ("harbour-till-1", "managed_instance")
    assert settings.fleet_url == "https://fleet.example.com"
    assert (settings.locale, settings.print_receipts, settings.printer_columns) == (
        "de_DE",
        True,
        48,
    )
    assert settings.roster_file is None
    file.write_text(supervisor_settings(told))
    supervisor = load_supervisor(file)
    assert (supervisor.region, supervisor.identity_audience) == (
        "eu-central-1",
        "fleet.example.com",
    )


def test_the_supervisor_reaches_registries_by_the_venues_proxy(tmp_path: Path) -> None:
    told, file = body(tmp_path), tmp_path / "supervisor.toml"
    file.write_text(supervisor_settings(told))
    assert load_supervisor(file).https_proxy == ""
    file.write_text(supervisor_settings(told, "http://proxy.example.com:3128"))
    assert load_supervisor(file).https_proxy == "http://proxy.example.com:3128"
    file.write_text(supervisor_settings(told, "socks5://proxy.example.com"))
    with pytest.raises(SettingsError, match="https_proxy"):
        load_supervisor(file)


def test_the_venues_proxy_is_the_agents(tmp_path: Path) -> None:
    told = body(tmp_path)
    file = tmp_path / "agent.toml"
    state = f'state_dir = "{tmp_path / "state"}"\n'
    file.write_text(agent_settings(told, "t", "http://proxy.example.com:3128") + state)
    assert load_settings(file).https_proxy == "http://proxy.example.com:3128"
    file.write_text(agent_settings(told, "t", "ftp://proxy") + state)
    with pytest.raises(SettingsError, match="https_proxy"):
        load_settings(file)


@pytest.mark.parametrize("text", ['a "quoted" one', "back\\slash", "Größe 😀", "#no comment", ""])
def test_any_printable_text_is_written_so_that_it_reads_the_same(tmp_path: Path, text: str) -> None:
    told = body(tmp_path, agent_settings={"printer_profile": text})
    file = tmp_path / "agent.toml"
    file.write_text(agent_settings(told, "t") + f'state_dir = "{tmp_path / "state"}"\n', "utf-8")
    assert load_settings(file).printer_profile == text


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("kiosk_id", "till-9", "is not a bundle's to set"),
        ("identity", "enrolment_secret", "is not a bundle's to set"),
        ("colour", "red", "colour is no setting of the agent"),
        ("printer_columns", 4, "printer_columns: "),
        ("currency", "euro", "currency: "),
        ("printer", "somewhere", "printer: "),
        ("locale", "de\nDE", "can't be printed"),
    ],
)
def test_what_no_agent_would_start_with_is_named(name: str, value: Any, why: str) -> None:
    [found] = wrong_settings({name: value})
    assert why in found
    assert wrong_settings({"printer_columns": 48, "locale": "de_DE"}) == []
