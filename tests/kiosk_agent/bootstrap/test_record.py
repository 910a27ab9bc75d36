"""What a host remembers survives, and is its own."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk_agent.bootstrap.checks.cloned import RECORD
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.record import MOST_STEPS, InstallerRecord, Outcome, Remembered
from kiosk_agent.bootstrap.refusing import DiskFullError, StoppedError
from kiosk_contracts.enrolment import GrantedName
from tests.support.bare_host import bare_host
from tests.support.venue_host import VenueHost

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
TILL = GrantedName(kiosk_id="till-1", kiosk_code="HB1", venue_id="harbour-hall")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[VenueHost, Host]]:
    with bare_host(tmp_path / "host", monkeypatch) as both:
        yield both


def test_all_of_it_is_there_again(bare: tuple[VenueHost, Host]) -> None:
    _, host = bare
    remembered = Remembered(host)
    remembered.keep_bundle({"body": {"bundle_id": "b-1"}})
    remembered.keep_kiosk(TILL)
    remembered.keep_installer(InstallerRecord(sha256="a" * 64, verified_by="F" * 40))
    remembered.keep_step("name", Outcome.DONE, NOW, "0.1 s")
    again = Remembered(host)
    assert again.now == remembered.now
    assert (again.bundle_id, again.now.kiosk) == ("b-1", TILL)
    assert again.verified("a" * 64).verified_by == "F" * 40
    assert again.verified("b" * 64).verified_by is None
    assert host.path(RECORD).stat().st_mode & 0o777 == 0o600
    again.pass_over_kiosk()
    assert (again.now.kiosk, Remembered(host).now.kiosk) == (None, TILL)
    again.keep_bundle({"body": {"bundle_id": "b-2"}})
    assert Remembered(host).now.kiosk is None


def test_another_machines_record_counts_for_nothing(bare: tuple[VenueHost, Host]) -> None:
    venue, host = bare
    Remembered(host).keep_kiosk(TILL)
    venue.write("etc/machine-id", "fedcba9876543210fedcba9876543210\n")
    assert Remembered(host).now.kiosk is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"host_id": 1}'])
def test_a_record_that_cannot_be_read_is_none(bare: tuple[VenueHost, Host], text: str) -> None:
    venue, host = bare
    venue.write(RECORD.lstrip("/"), text)
    assert Remembered(host).now.kiosk is None


def test_only_the_newest_steps_are_kept(bare: tuple[VenueHost, Host]) -> None:
    venue, host = bare
    remembered = Remembered(host)
    steps = tuple(remembered.now.steps)
    assert steps == ()
    for number in range(3):
        remembered.keep_step(f"step {number}", Outcome.BEGAN, NOW)
    told = json.loads(venue.text(RECORD.lstrip("/")))
    told["steps"] = told["steps"] * MOST_STEPS
    venue.write(RECORD.lstrip("/"), json.dumps(told))
    again = Remembered(host)
    again.keep_step("last", Outcome.DONE, NOW)
    assert len(again.now.steps) == MOST_STEPS
    assert again.now.steps[-1].step == "last"


def test_a_full_disk_is_said_and_leaves_what_was_there(bare: tuple[VenueHost, Host]) -> None:
    _, host = bare
    remembered = Remembered(host)
    remembered.keep_kiosk(TILL)
    before = host.read(RECORD)
    with pytest.raises(DiskFullError) as full:
        _fill(host)
    assert full.value.again
    assert "the disk is full" in str(full.value)
    assert host.read(RECORD) == before


def _fill(host: Host) -> None:
    """Write where there is no room: behind a link to the device that is always full."""
    host.path(f"{RECORD}.part").symlink_to("/dev/full")
    host.write(RECORD, "y")


def test_what_cannot_be_written_says_why(bare: tuple[VenueHost, Host]) -> None:
    venue, host = bare
    venue.write("var/file", "x")
    with pytest.raises(StoppedError, match="/var/file/below can't be read or written: File exists"):
        host.write("/var/file/below", "y")


def test_what_is_set_aside_takes_the_place_of_the_one_before(
    bare: tuple[VenueHost, Host],
) -> None:
    venue, host = bare
    host.set_aside("/var/lib/ecs/data")
    for text in ("first", "second"):
        venue.write("var/lib/ecs/data/agent.db", text)
        host.set_aside("/var/lib/ecs/data")
    assert not host.has("/var/lib/ecs/data")
    assert host.read("/var/lib/ecs/data.aside/agent.db") == "second"
