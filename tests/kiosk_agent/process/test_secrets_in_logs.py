"""A traceback in a log says where it broke and with what error, and no values of variables."""

import logging
import sys
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import structlog

import fleet_service.log
import kiosk_agent.log
import local_region.log
from kiosk_contracts.sessions import SessionRequest

SECRET = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def break_down() -> None:
    request = SessionRequest(
        kiosk_id="till-1",
        journal_id=uuid4(),
        agent_version="1",
        proof={"scheme": "enrolment_secret", "secret": SECRET},
    )
    approval_pin = SECRET
    raise RuntimeError(f"unexpected: {request!r}{approval_pin[:0]}")


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(
    "set_up",
    [
        kiosk_agent.log.configure,
        fleet_service.log.set_up_logging,
        local_region.log.set_up_logging,
    ],
)
def test_a_traceback_shows_no_secret(
    set_up: Callable[[str], None],
    terminal: bool,  # noqa: FBT001
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    set_up("info")
    try:
        break_down()
    except RuntimeError:
        structlog.get_logger().exception("request_failed")
    said = capsys.readouterr().err
    assert "break_down" in said
    assert "unexpected" in said
    assert SECRET not in said
