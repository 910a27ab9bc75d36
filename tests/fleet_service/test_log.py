"""Log lines say what a kiosk said, and let it do nothing to whoever reads them."""

import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from fleet_service.log import set_up_logging

EVIL = "\x1b]0;owned\x07\x1b[2J0.1.0\u202e\n<b>"


class Written(io.StringIO):
    """A standard error that is a terminal, or none."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.isatty = lambda: terminal  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def logged(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    """Return what is written of a kiosk's words."""
    written = Written(terminal=terminal)
    monkeypatch.setattr(sys, "stderr", written)
    set_up_logging("info")
    structlog.get_logger().info("session_opened", agent_version=EVIL, nested=[EVIL], status=200)
    return written.getvalue()


def test_on_a_terminal_a_kiosks_words_move_no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    text = logged(monkeypatch, terminal=True)
    assert "0.1.0 \u2039b\u203a" in text
    assert "200" in text
    for sign in ("\x1b]", "\x1b[2J", "\x07", "\u202e", "owned", "<b>"):
        assert sign not in text
    assert text.count("\n") == 1


def test_in_json_they_are_escaped_and_kept_as_they_came(monkeypatch: pytest.MonkeyPatch) -> None:
    text = logged(monkeypatch, terminal=False)
    assert text.isascii()
    assert text.count("\n") == 1
    assert text.rstrip("\n").isprintable()
    assert json.loads(text)["agent_version"] == EVIL


def test_what_failed_is_still_told_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    written = Written(terminal=True)
    monkeypatch.setattr(sys, "stderr", written)
    set_up_logging("info")
    try:
        raise LookupError("a fault")  # noqa: TRY301  it is what is logged
    except LookupError:
        structlog.get_logger().exception("request_failed")
    assert "LookupError: a fault" in written.getvalue()
    assert "Traceback" in written.getvalue()
