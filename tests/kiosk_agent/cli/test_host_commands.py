"""What Systems Manager has a host do: each command once, and nobody is broken off by it."""

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.cli import host_commands, main
from kiosk_contracts.host_document import MOST_OUTPUT

ID = "01999999-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of what systemd was asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log = tmp_path / "asked"
    for name, text in (("systemctl", f'echo "$@" >>{log}'), ("journalctl", "seq -f 'a %.0f' 9999")):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return log


def seen(monkeypatch: pytest.MonkeyPatch, told: Any) -> None:
    """Let the agent answer so; None: it does not."""
    monkeypatch.setattr(host_commands, "get_json", lambda _path, _target: told)


def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, dict[str, str], str]:
    given = [*words, "--id", ID, "--folder", str(tmp_path / "var/begun")]
    status = main(["host-command", *given])
    first, _, content = capsys.readouterr().out.partition("\n")
    return status, json.loads(first), content


def test_a_host_restarts_once_by_one_command(
    tmp_path: Path,
    asked: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen(monkeypatch, None)
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (0, "done")
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (1, "refused")
    assert said["why"] == "it was begun before, and is not done again"
    assert asked.read_text() == "--no-block reboot\n"


def test_a_host_whose_agent_answers_after_all_breaks_nobody_off(
    tmp_path: Path,
    asked: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen(monkeypatch, {"screens": [{"holds": True, "busy": True, "why": "2 tickets"}]})
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (1, "refused")
    assert said["why"] == "somebody is served at its screen (2 tickets); ask again, or force it"
    assert not asked.exists()
    assert run(tmp_path, capsys, "reboot", "--forced", "yes")[0] == 0
    assert asked.exists()


def test_of_a_long_log_as_much_comes_back_as_systems_manager_keeps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said, content = run(tmp_path, capsys, "logs", "--lines", "2000")
    assert (status, said["content_type"]) == (0, "text/plain")
    assert "older lines are more than Systems Manager brings back" in said["why"]
    assert content.startswith("a ")
    assert content.endswith("\na 9999\n")
    assert MOST_OUTPUT - 1100 < len(content) < MOST_OUTPUT


def test_what_can_not_be_kept_is_not_done(
    tmp_path: Path,
    asked: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen(monkeypatch, None)
    (tmp_path / "var").write_text("a file where a folder should be")
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (1, "refused")
    assert not asked.exists()


@pytest.mark.parametrize(
    "words", [("format",), ("logs", "--lines", "2001"), ("logs", "--source", "/etc/shadow")]
)
def test_what_is_none_of_ours_is_a_wrong_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, capsys, *words)
    assert ended.value.code == 2
