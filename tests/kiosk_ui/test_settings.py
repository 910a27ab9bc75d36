"""Settings: a missing or wrong one is said in clear words, with the exit status 78."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_ui.looks import Look
from kiosk_ui.settings import SettingError, UiSettings, parse

ROOT = Path(__file__).parents[2]


def run_ui(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("KIOSK_UI_")}
    return subprocess.run(
        [sys.executable, "-m", "kiosk_ui", *arguments],
        cwd=ROOT,
        env={**env, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_UI_SOCKET", "/run/one.sock")
    monkeypatch.setenv("KIOSK_UI_GATE", "North")
    settings = parse("kiosk-ui", ["--socket", "/run/two.sock"])
    assert (settings.socket, settings.gate) == (Path("/run/two.sock"), "North")


def test_the_look_is_a_setting_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_UI_SOCKET", "/run/one.sock")
    assert parse("kiosk-ui", []).look is Look.STANDARD
    monkeypatch.setenv("KIOSK_UI_LOOK", "large")
    assert parse("kiosk-ui", []).look is Look.LARGE
    assert parse("kiosk-ui", ["--look", "high-contrast"]).look is Look.HIGH_CONTRAST


def test_touch_is_a_setting_that_says_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_UI_SOCKET", "/run/one.sock")
    assert parse("kiosk-ui", []).touch is False
    monkeypatch.setenv("KIOSK_UI_TOUCH", "yes")
    assert parse("kiosk-ui", []).touch is True
    assert parse("kiosk-ui", ["--touch", "no"]).touch is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "socket: it is missing (--socket or KIOSK_UI_SOCKET)"),
        (["--socket", "/" + "x" * 120], "socket: the path has 121 bytes"),
        (["--socket", "/tmp"], "/tmp is a folder; name the socket in it"),  # noqa: S108  any folder
        (["--socket", "/run/a", "--theme", "pink"], "theme: there is no theme 'pink'; choose one"),
        (["--socket", "/run/a", "--look", "tiny"], "look: there is no look 'tiny'; choose one"),
        (["--socket", "/run/a", "--gate", ""], "gate: "),
        (["--socket", "/run/a", "--touch", "1"], "touch: '1' is neither yes nor no"),
        (["--socket", "/run/a", "--gate", "a\x1bb"], "gate: the text has control characters"),
    ],
)
def test_a_wrong_setting_says_which_and_how_to_mend_it(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KIOSK_UI_SOCKET", raising=False)
    with pytest.raises(SettingError) as raised:
        parse("kiosk-ui", arguments)
    assert words in str(raised.value)


def test_the_process_ends_with_78_and_words_on_standard_error() -> None:
    ended = run_ui()
    assert ended.returncode == 78
    assert ended.stderr.startswith("kiosk-ui: a setting is missing or wrong\nsocket: it is missing")
    assert "Traceback" not in ended.stderr


def test_training_begins_at_its_socket_in_the_look_that_is_worn_and_so_does_what_follows() -> None:
    settings = UiSettings(socket=Path("/run/kiosk/ui.sock"), look=Look.LARGE)
    training = settings.begun_anew("training.sock", Look.PLAIN, touch=True)
    assert training.socket == Path("/run/kiosk/training.sock")
    assert training.touch is True
    back = settings.begun_anew("", Look.PLAIN, touch=True)
    assert (back.socket, training.look, back.look) == (settings.socket, Look.PLAIN, Look.PLAIN)
