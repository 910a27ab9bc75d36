"""`kiosk-agent bootstrap`: what it ends with where there is no stick yet."""

import syslog
from typing import Any

import pytest

from kiosk_agent.bootstrap.finding import NoStickError
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.cli import bootstrapping, main


@pytest.mark.parametrize(
    ("words", "stopped", "status"),
    [
        (["--unattended"], NoStickError, 66),
        ([], NoStickError, 1),
        (["--unattended"], StoppedError, 1),
    ],
)
def test_a_stick_that_is_not_in_yet_is_no_failure_of_the_service(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    stopped: type[StoppedError],
    status: int,
) -> None:
    said: list[str] = []

    def prepare(*_: Any) -> None:
        raise stopped("there is no bundle", "Plug the stick in.")

    monkeypatch.setattr(bootstrapping, "prepare", prepare)
    monkeypatch.setattr(syslog, "syslog", lambda _, text: said.append(text))
    assert main(["bootstrap", *words]) == status
    waits = ["there is no bundle; it goes on once one is plugged in"]
    assert said == (waits if status == 66 else [])
    assert "Plug the stick in." in capsys.readouterr().err
