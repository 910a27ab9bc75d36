"""A setting that is missing or wrong is named, with why and what to do; nothing is changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent import exit_codes
from kiosk_agent.cli import main
from kiosk_agent.settings import AgentSettings, load_settings
from tests.support.agent_process import KioskFolder, command, files_in, kiosk_folder

FLEET = "https://fleet.example.com"
REQUIRED = ("kiosk_id", "fleet_url", "enrolment_secret_file", "roster_file")


@pytest.fixture
def folder(tmp_path: Path) -> KioskFolder:
    folder = KioskFolder(tmp_path, FLEET)
    folder.write()
    folder.state_dir.rmdir()
    return folder


def _with(folder: KioskFolder, **changes: Any) -> KioskFolder:
    folder.settings = changes
    folder.write()
    folder.state_dir.rmdir()
    return folder


def _refusal(folder: KioskFolder, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run the agent, which must refuse and change nothing; return the lines that it says."""
    before = files_in(folder.path)
    assert main(["run", "--config", str(folder.path / "agent.toml")]) == exit_codes.CONFIG
    assert files_in(folder.path) == before
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.splitlines()


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_is_named_in_both_its_places(
    folder: KioskFolder, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    config = _with(folder, **{name: None}).path / "agent.toml"
    [line] = _refusal(folder, capsys)
    assert line == (
        f"kiosk-agent: setting {name}: it is missing."
        f" Set KIOSK_AGENT_{name.upper()}, or `{name}` in {config}."
    )


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("kiosk_id", "Harbour Till", "string should match pattern"),
        ("fleet_url", "fleet", "it must be an address such as https://fleet.example.com"),
        ("fleet_url", "ftp://fleet.example.com", "it must be an address"),
        ("printer", "lpt1", "none of network:HOST[:PORT]"),
        ("printer", "network:", "it names no host"),
        ("printer_columns", "12", "24"),
        ("scanner", "usb:1:2", "is not serial:DEVICE[:BAUD]"),
        ("scanner", "serial:ttyACM0", "is no absolute path"),
        ("fleet_url", "http://fleet.example.com", "plain http is for loopback only"),
        ("fleet_url", "http://10.0.0.7", "plain http is for loopback only"),
        ("fleet_url", "https://till@fleet.example.com", "no user, password, query or fragment"),
        ("fleet_url", "https://:x@fleet.example.com", "no user, password, query or fragment"),
        ("fleet_url", f"{FLEET}/?till=1", "no user, password, query or fragment"),
        ("fleet_url", f"{FLEET}/#till", "no user, password, query or fragment"),
        ("currency", "euro", "string should match pattern"),
        ("hold_s", 0, "greater than 0"),
        ("heartbeat_s", -1, "greater than 0"),
        ("sync_s", "soon", "valid number"),
        ("retry_cap_s", "inf", "finite number"),
        ("batch_max", 0, "greater than or equal to 1"),
        ("batch_max", 201, "less than or equal to 200"),
        ("log_level", "loud", "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_wrong_setting_is_named_with_why_and_what_it_is(
    folder: KioskFolder, capsys: pytest.CaptureFixture[str], name: str, value: object, why: str
) -> None:
    [line] = _refusal(_with(folder, **{name: value}), capsys)
    assert line.startswith(f"kiosk-agent: setting {name}: ")
    assert why in line
    assert f"(it is {value!r}). Set KIOSK_AGENT_{name.upper()}, or `{name}` in " in line


def test_a_managed_instance_needs_no_roster_file(folder: KioskFolder) -> None:
    changes = {"identity": "managed_instance", "enrolment_secret_file": None, "roster_file": None}
    settings = load_settings(_with(folder, **changes).path / "agent.toml")
    assert settings.roster_file is None


@pytest.mark.parametrize("name", ["enrolment_secret_file", "roster_file"])
def test_a_file_that_can_not_be_read_or_is_empty_is_named(
    folder: KioskFolder, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (folder.path / "empty").touch()
    for file, why in (
        ("nowhere", "No such file or directory"),
        (".", "Is a directory"),
        ("empty", "is empty"),
    ):
        [line] = _refusal(_with(folder, **{name: str(folder.path / file)}), capsys)
        assert f"setting {name}: " in line
        assert why in line


def test_a_state_directory_that_can_not_be_is_named(
    folder: KioskFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, why in (
        ("secret", "is not a directory"),
        ("a/b", "does not exist; make it first"),
        ("x" * 300, "File name too long"),
    ):
        [line] = _refusal(_with(folder, state_dir=str(folder.path / place)), capsys)
        assert "setting state_dir: " in line
        assert why in line


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"admin_socket": "/run/ui.sock", "ui_socket": "/run/ui.sock"}, "must differ"),
        ({"retry_base_s": 3, "retry_cap_s": 2}, "retry_base_s must not be above retry_cap_s"),
    ],
)
def test_settings_that_do_not_fit_together_are_named(
    folder: KioskFolder, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], why: str
) -> None:
    [line] = _refusal(_with(folder, **changes), capsys)
    assert why in line
    assert line.endswith(f"Mend {folder.path / 'agent.toml'}.")


def test_an_unknown_setting_is_named_so_that_no_typo_is_believed(
    folder: KioskFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [line] = _refusal(_with(folder, hold_seconds=60), capsys)
    assert line == (
        "kiosk-agent: setting hold_seconds: there is no such setting."
        f" Remove it from {folder.path / 'agent.toml'}."
    )
    _with(folder)
    monkeypatch.setenv("KIOSK_AGENT_HOLD_SECONDS", "60")
    [line] = _refusal(folder, capsys)
    assert line == (
        "kiosk-agent: setting KIOSK_AGENT_HOLD_SECONDS: there is no such setting."
        " Unset that variable."
    )


def test_all_that_is_wrong_is_told_at_once(
    folder: KioskFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = _refusal(_with(folder, kiosk_id=None, hold_s=0, nonsense=1), capsys)
    assert [line.split(":")[1] for line in lines] == [
        " setting kiosk_id",
        " setting hold_s",
        " setting nonsense",
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"kiosk_id = \n", "is not TOML"), (b"kiosk_id = \xff\n", "is not TOML"), (None, "No such")],
)
def test_a_settings_file_that_can_not_be_read_is_named(
    folder: KioskFolder, capsys: pytest.CaptureFixture[str], content: bytes | None, why: str
) -> None:
    config = folder.path / "agent.toml"
    config.unlink()
    if content is not None:
        config.write_bytes(content)
    [line] = _refusal(folder, capsys)
    assert line.startswith(f"kiosk-agent: setting --config: {config}")
    assert why in line


def test_a_variable_wins_over_the_file(
    folder: KioskFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_AGENT_HOLD_S", "61")
    settings = load_settings(_with(folder, hold_s=60).path / "agent.toml")
    assert (settings.hold_s, settings.heartbeat_s) == (61, 0.1)


def test_variables_alone_suffice(folder: KioskFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"kiosk_id": "harbour-till-1", "fleet_url": f"{FLEET}/", "state_dir": folder.path}
    files = {"enrolment_secret_file": "secret", "roster_file": "roster.json"}
    for name, value in {**values, **{n: folder.path / file for n, file in files.items()}}.items():
        monkeypatch.setenv(f"KIOSK_AGENT_{name.upper()}", str(value))
    settings = load_settings(None)
    assert (settings.kiosk_id, settings.fleet_url) == ("harbour-till-1", FLEET)
    assert settings.journal_path == folder.path / "journal.db"


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.2", "http://[::1]:8400"])
def test_plain_http_is_taken_on_loopback(folder: KioskFolder, url: str) -> None:
    folder.fleet_url = url
    assert load_settings(_with(folder).path / "agent.toml").fleet_url == url


IN_WORDS = {
    "enrolment_secret_file": "(needed with `enrolment_secret`)",
    "roster_file": "(a managed instance needs no roster file",
    "reserve_dir": "<state_dir>/reserve",
    "report_dir": "<state_dir>/reports",
    "refund_with_manager": "(any amount)",
    "most_change": "(worth about 1,000 EUR)",
    "most_float": "(worth about 5,000 EUR)",
    "most_moved": "(worth about 10,000 EUR)",
}


def test_the_defaults_are_those_of_the_documentation() -> None:
    document = (Path(__file__).resolve().parents[2] / "docs/configuration.md").read_text()
    agent = document.partition("## The fleet service")[0]
    for name, field in AgentSettings.model_fields.items():
        if not field.is_required():
            told = str(field.default) if field.default is not None else IN_WORDS[name]
            assert f"`{name}`" in agent or f"{name} =" in agent
            # TOML writes a bool in small letters.
            told = told.lower() if isinstance(field.default, bool) else told
            assert told in agent or told.removesuffix(".0") in agent


def test_a_roster_that_is_wrong_keeps_the_agent_from_starting(
    folder: KioskFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder.path / "roster.json").write_text(json.dumps([{"staff_id": "ada"}]))
    lines = _refusal(folder, capsys)
    assert lines[0].startswith("kiosk-agent: The roster cannot be used:")
    assert "entry 1 name" in lines[0]


async def test_the_real_process_says_it_in_one_line_and_ends_with_78() -> None:
    with kiosk_folder(FLEET, kiosk_id=None) as folder:
        before = files_in(folder.path)
        said = await command(folder, "run")
        assert files_in(folder.path) == before
    assert (said.status, said.out) == (78, "")
    assert said.err.startswith("kiosk-agent: setting kiosk_id: it is missing. Set KIOSK_AGENT_")
    assert said.err.count("\n") == 1
