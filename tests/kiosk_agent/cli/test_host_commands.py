"""What Systems Manager has a host do: each command once, and nobody is broken off by it."""

import json
from dataclasses import dataclass, field
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


@dataclass
class Agent:
    """What the agent answers; None: it does not."""

    answers: tuple[int, bytes] | None = None
    slow: bool = False
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def __call__(self, _path: Path, method: str, target: str, told: Any = None) -> Any:
        self.asked.append((method, target, told))
        if self.slow:
            raise TimeoutError("timed out")
        if self.answers is None:
            raise FileNotFoundError(2, "No such file or directory")
        return self.answers if method == "POST" else (204, b"")


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Agent:
    """Return the agent, which does not answer unless a test says what."""
    agent = Agent()
    monkeypatch.setattr(host_commands, "ask", agent)
    return agent


def answer(why: str) -> tuple[int, bytes]:
    return 200, json.dumps({"why": why}).encode()


def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, dict[str, str], str]:
    given = [*words, "--id", ID, "--folder", str(tmp_path / "var/begun")]
    status = main(["host-command", *given])
    first, _, content = capsys.readouterr().out.partition("\n")
    return status, json.loads(first), content


def test_a_host_restarts_once_by_one_command(
    tmp_path: Path, asked: Path, capsys: pytest.CaptureFixture[str], agent: Agent
) -> None:
    agent.answers = answer("")
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"], said["why"]) == (0, "done", "the host was told to restart")
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (0, "done")
    before = "; that was before, and it is not done again"
    assert said["why"] == f"the host was told to restart{before}"
    assert asked.read_text() == "--no-block reboot\n"
    # Asked once, and never told that the host stays up.
    assert agent.asked == [("POST", "/v1/restart", {"command_id": ID, "forced": False})]


def test_where_the_agent_does_not_answer_it_says_what_nobody_could_know(
    tmp_path: Path, asked: Path, capsys: pytest.CaptureFixture[str], agent: Agent
) -> None:
    assert agent.answers is None
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (0, "done")
    assert said["why"] == (
        "the host was told to restart; the agent did not answer, so nobody knows whether somebody "
        "was served or a payment had begun"
    )
    assert asked.read_text() == "--no-block reboot\n"


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (answer("a payment has begun at the kiosk, and is not completed"), "a payment has begun"),
        ((404, b"{}"), "its agent does not say whether somebody is served (404)"),
        ((200, b"[]"), "its agent does not say whether somebody is served (200)"),
        ((500, b"\xff"), "its agent does not say whether somebody is served (500)"),
    ],
)
def test_a_host_whose_agent_answers_after_all_breaks_nobody_off(  # noqa: PLR0917  its fixtures
    tmp_path: Path,
    asked: Path,
    capsys: pytest.CaptureFixture[str],
    agent: Agent,
    answers: tuple[int, bytes],
    why: str,
) -> None:
    agent.answers = answers
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (1, "refused")
    assert said["why"].startswith(why)
    assert not asked.exists()
    assert run(tmp_path, capsys, "reboot", "--forced", "yes")[0] == 0
    assert agent.asked[-1] == ("POST", "/v1/restart", {"command_id": ID, "forced": True})
    assert asked.exists()


def test_a_host_whose_agent_is_slow_breaks_nobody_off_and_its_agent_sells_on(
    tmp_path: Path, asked: Path, capsys: pytest.CaptureFixture[str], agent: Agent
) -> None:
    agent.slow = True
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (1, "refused")
    assert said["why"] == "its agent did not answer in time; ask again, or force it"
    assert not asked.exists()
    assert [one[0] for one in agent.asked] == ["POST", "DELETE"]


def test_a_host_that_does_not_restart_after_all_sells_again(
    tmp_path: Path, asked: Path, capsys: pytest.CaptureFixture[str], agent: Agent
) -> None:
    agent.answers = answer("")
    (tmp_path / "bin/systemctl").write_text("#!/bin/sh\nexit 1\n")
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (1, "failed")
    assert agent.asked[-1] == ("DELETE", f"/v1/restart/{ID}", None)
    assert not asked.exists()


@pytest.mark.parametrize("kept", [b"", b"\0\0", b'{"end": "perhaps"}'])
def test_of_one_that_was_broken_off_nobody_says_that_nothing_was_done(
    tmp_path: Path, asked: Path, capsys: pytest.CaptureFixture[str], agent: Agent, kept: bytes
) -> None:
    agent.answers = answer("")
    (tmp_path / "var/begun").mkdir(parents=True)
    (tmp_path / "var/begun" / ID).write_bytes(kept)
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (1, "failed")
    assert "may have been done, and is not done again" in said["why"]
    assert agent.asked == []
    assert not asked.exists()


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
    agent: Agent,
) -> None:
    agent.answers = answer("")
    (tmp_path / "var").write_text("a file where a folder should be")
    status, said, _ = run(tmp_path, capsys, "reboot")
    assert (status, said["end"]) == (1, "refused")
    assert not asked.exists()
    assert agent.asked[-1] == ("DELETE", f"/v1/restart/{ID}", None)


@pytest.mark.parametrize(
    "words", [("format",), ("logs", "--lines", "2001"), ("logs", "--source", "/etc/shadow")]
)
def test_what_is_none_of_ours_is_a_wrong_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, capsys, *words)
    assert ended.value.code == 2
