"""Which kiosk UI had the screen, known over the agent's restart."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kiosk_agent.adapters.last_screen_file import SCREEN_FILE, LastScreenFile
from kiosk_agent.domain.screens import CLAIM_MS, LEASE_MS
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.screens import ScreenDesk
from kiosk_contracts.screens import ScreenReport
from tests.support.clock import FakeClock

OLD, NEW = "standby", "0123456789ab"
IDLE, HOLDS = ScreenReport(busy=False), ScreenReport(busy=True, why="a sale", holds=True)


def desk(clock: FakeClock, folder: Path) -> ScreenDesk:
    """Return the desk of an agent that has just started."""
    return ScreenDesk(clock, Changes(), LastScreenFile(folder))


def test_whoever_sold_as_the_agent_ended_goes_on_although_another_reports_before(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    before = desk(clock, tmp_path)
    clock.advance(CLAIM_MS / 1000)
    assert before.report(OLD, IDLE).holds
    again = desk(clock, tmp_path)
    clock.advance(CLAIM_MS / 1000 + 1)
    assert not again.report(NEW, IDLE).holds
    assert again.report(OLD, HOLDS).holds
    assert not again.report(NEW, IDLE).holds


def test_whoever_never_comes_back_is_waited_for_as_long_as_any_that_is_silent(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    LastScreenFile(tmp_path).keep(OLD)
    again = desk(clock, tmp_path)
    clock.advance(LEASE_MS / 1000 - 0.001)
    assert not again.report(NEW, IDLE).holds
    clock.advance(0.001)
    assert again.report(NEW, IDLE).holds
    assert LastScreenFile(tmp_path).load() == NEW


def test_once_nobody_has_the_screen_nobody_is_waited_for(tmp_path: Path) -> None:
    clock = FakeClock()
    before = desk(clock, tmp_path)
    clock.advance(CLAIM_MS / 1000)
    assert before.report(OLD, IDLE).holds
    before.end(OLD)
    again = desk(clock, tmp_path)
    clock.advance(CLAIM_MS / 1000)
    assert again.report(NEW, IDLE).holds


@pytest.mark.parametrize(
    "kept", [b"", b"\xff", b"../x", b"a" * 200], ids=["no", "8", "dots", "long"]
)
def test_what_is_no_name_is_nobody_and_told(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / SCREEN_FILE).write_bytes(kept)
    with capture_logs() as told:
        assert LastScreenFile(tmp_path).load() == ""
    assert bool(kept) is ("last_screen_unreadable" in [one["event"] for one in told])


def test_a_folder_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    with capture_logs() as told:
        LastScreenFile(tmp_path / "gone").keep(OLD)
    assert [one["event"] for one in told] == ["last_screen_not_kept"]
    assert LastScreenFile(tmp_path / "gone").load() == ""


def test_what_is_no_plain_file_is_not_read_and_holds_up_no_start(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(OLD)
    there = tmp_path / SCREEN_FILE
    for make in (lambda: there.symlink_to(elsewhere), lambda: os.mkfifo(there), there.mkdir):
        make()
        with capture_logs() as logs:
            assert LastScreenFile(tmp_path).load() == ""
        assert [one["event"] for one in logs] == ["last_screen_unreadable"]
        there.rmdir() if there.is_dir() and not there.is_symlink() else there.unlink()
    LastScreenFile(tmp_path).keep(OLD)
    os.mkfifo(tmp_path / f"{SCREEN_FILE}.new")
    with capture_logs() as logs:
        LastScreenFile(tmp_path).keep(NEW)
    assert [one["event"] for one in logs] == ["last_screen_not_kept"]
    assert LastScreenFile(tmp_path).load() == "", "nobody is waited for in its place"
