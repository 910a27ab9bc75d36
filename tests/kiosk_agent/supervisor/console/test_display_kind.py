"""Which terminal the first screen is, and why."""

from pathlib import Path

import pytest

from kiosk_agent.supervisor.console.display.kind import ConsoleSetting, console_kind
from kiosk_agent.supervisor.console.display.presenting import in_front
from kiosk_agent.supervisor.console.display.stage import Stage

LIT = {"card0-HDMI-A-1": "connected", "card0-DP-1": "disconnected"}
DARK = {"card0-HDMI-A-1": "disconnected"}


@pytest.mark.parametrize(
    ("setting", "connectors", "missing", "kind", "why"),
    [
        ("auto", LIT, [], "display", "a display is connected at card0-HDMI-A-1"),
        ("auto", DARK, [], "bare", "no display is connected"),
        ("auto", {}, ["cage"], "bare", "no display is connected"),
        ("auto", {"card0-DP-1": "unknown"}, [], "bare", "no display is connected"),
        ("auto", LIT, ["cage", "foot"], "bare", "needs cage, foot; install"),
        ("display", {}, [], "display", "the settings say display"),
        ("display", LIT, [], "display", "connected at card0-HDMI-A-1"),
        ("display", LIT, ["seatd"], "bare", "needs seatd; install"),
        ("bare", LIT, [], "bare", "the settings say bare"),
    ],
)
def test_the_settings_the_cards_and_what_is_installed_decide(
    setting: ConsoleSetting, connectors: dict[str, str], missing: list[str], kind: str, why: str
) -> None:
    found, said = console_kind(setting, connectors, missing)
    assert found == kind
    assert why in said


def test_a_host_says_its_connectors_and_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "card0").mkdir()
    (tmp_path / "card1-DP-1").mkdir()
    (tmp_path / "card1-DP-1/status").write_text("connected\n")
    stage = Stage(user="no-such-user-here", programs=("sh", "no-such-program"), cards=tmp_path)
    assert stage.connectors() == {"card1-DP-1": "connected"}
    assert stage.missing() == ["no-such-program", "the user no-such-user-here"]


def test_nothing_of_the_environment_but_wlroots_and_x_reaches_the_display() -> None:
    given = {"AWS_SECRET_ACCESS_KEY": "s", "WLR_BACKENDS": "x11", "HOME": "/root", "PATH": "/bin"}
    got = Stage(folder=Path("/run/c")).environment(given)
    assert "AWS_SECRET_ACCESS_KEY" not in got
    assert (got["HOME"], got["WLR_BACKENDS"], got["PATH"]) == ("/run/c/user", "x11", "/bin")


def test_a_display_never_takes_the_screen_from_a_technician_at_the_login(tmp_path: Path) -> None:
    active = tmp_path / "active"
    active.write_text("tty2\n")
    assert not in_front("/dev/tty1", active)
    active.write_text("tty1\n")
    assert in_front("/dev/tty1", active)
    assert in_front("/dev/pts/3", active)
    assert in_front("/dev/tty1", tmp_path / "none")
