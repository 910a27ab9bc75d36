"""What `kiosk-agent` understands, and what it says to what it does not."""

import pytest

from kiosk_agent import AGENT_VERSION, exit_codes
from kiosk_agent.cli import main
from kiosk_contracts.problem import ProblemCode


def test_help_shows_examples_and_what_each_exit_status_means(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "examples:\n  kiosk-agent run --config /etc/eventpro/agent.toml\n" in said
    codes = {value for value in vars(exit_codes).values() if isinstance(value, int)}
    for code in codes - {exit_codes.SOFTWARE, exit_codes.INTERRUPTED}:
        assert f"\n  {code:<3} " in said


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"kiosk-agent {AGENT_VERSION}\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["sell"],
        ["queue"],
        ["queue", "list", "--state", "marinated"],
        ["queue", "list", "--limit", "0"],
        ["queue", "retry", "7"],
        ["status", "--jason"],
    ],
)
def test_a_wrong_command_line_is_exit_status_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == exit_codes.USAGE
    assert "usage: kiosk-agent" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("agent_starting", 3),
        ("not_allowed", 77),
        ("journal_newer", 65),
        ("journal_damaged", 65),
        ("journal_of_another_kiosk", 65),
        ("journal_locked", 75),
        ("socket_unusable", 73),
        ("storage_full", 74),
        ("setting_invalid", 78),
        ("a_code_of_a_newer_agent", 70),
    ],
)
def test_every_problem_has_its_exit_status(code: str, status: int) -> None:
    assert exit_codes.of_problem(code) == status


def test_problems_with_an_exit_status_are_problems_that_exist() -> None:
    assert set(exit_codes._BY_PROBLEM) <= set(ProblemCode)
