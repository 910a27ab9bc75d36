"""What is looked up on a host: files, locks, disks, the clock; what can't be seen is well."""

import fcntl
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk_agent.supervisor.adapters import host_signs
from kiosk_agent.supervisor.adapters.host_signs import LookedUpSigns, Places, is_locked
from kiosk_agent.supervisor.adapters.systemd_units import SystemdUnits
from kiosk_agent.supervisor.repairs.seen import Signs, SsmTrouble, UnitSeen
from tests.support.clock import FakeClock
from tests.support.systemctl import StandInSystemctl


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandInSystemctl:
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return StandInSystemctl(programs)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        credentials=tmp_path / "credentials",
        admin_socket=tmp_path / "admin.sock",
        ui_socket=tmp_path / "ui.sock",
        disks=(tmp_path,),
        ssm_log=tmp_path / "ssm.log",
        bootstrap_lock=tmp_path / "lock",
    )


async def looked_up(places: Places) -> Signs:
    return await LookedUpSigns(places, SystemdUnits(), FakeClock()).signs()


async def test_an_empty_host(systemctl: StandInSystemctl, places: Places) -> None:
    systemctl.clock("")
    seen = await looked_up(places)
    assert set(seen.units.values()) == {UnitSeen("not-found", "inactive", "")}
    expected = Signs(seen.units, socket_is_there=False)
    assert seen == replace(expected, short_disks=())


async def test_what_is_there_is_seen(systemctl: StandInSystemctl, places: Places) -> None:
    systemctl.tell({"ecs": ("loaded", "active", "enabled")})
    now_s = FakeClock().now().timestamp()
    places.credentials.touch()
    os.utime(places.credentials, (now_s - 100, now_s - 100))
    places.ssm_log.write_text("INFO [ssm-agent-worker] Entering SSM Agent hibernate - E\n")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(places.ui_socket))
        for said, is_set in (("yes", True), ("no", False)):
            systemctl.clock(said)
            seen = await looked_up(places)
            assert seen.clock_is_set is is_set
    assert seen.units["ecs"] == UnitSeen("loaded", "active", "enabled")
    assert seen.ssm is SsmTrouble.HIBERNATES
    assert seen.credentials_age_s == pytest.approx(100)
    assert seen.socket_is_there


async def test_programs_are_asked_once_a_minute_and_at_once_where_the_socket_is_gone(
    systemctl: StandInSystemctl, places: Places
) -> None:
    clock = FakeClock()
    signs = LookedUpSigns(places, SystemdUnits(), clock)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(places.ui_socket))
        for asked in (1, 1, 1, 1, 1, 1, 2, 2):
            await signs.signs()
            assert systemctl.looks() == asked
            clock.advance(10)
    places.ui_socket.unlink()
    systemctl.tell({"ecs": ("loaded", "failed", "enabled")})
    assert (await signs.signs()).units["ecs"].ended
    assert systemctl.looks() == 3


async def test_a_file_where_the_socket_was_is_none(
    systemctl: StandInSystemctl, places: Places
) -> None:
    del systemctl
    places.ui_socket.touch()
    assert not (await looked_up(places)).socket_is_there


@pytest.mark.parametrize("other", [True, False])
async def test_a_socket_that_was_never_there_is_missed_only_where_the_other_is_none_either(
    *, systemctl: StandInSystemctl, places: Places, other: bool
) -> None:
    del systemctl
    signs = LookedUpSigns(places, SystemdUnits(), FakeClock())
    with socket.socket(socket.AF_UNIX) as admin, socket.socket(socket.AF_UNIX) as bound:
        if other:
            admin.bind(str(places.admin_socket))
        assert (await signs.signs()).socket_is_there == other
        bound.bind(str(places.ui_socket))
        assert (await signs.signs()).socket_is_there
        places.ui_socket.unlink()
        assert not (await signs.signs()).socket_is_there


async def test_a_short_disk_is_named_once(
    systemctl: StandInSystemctl, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    del systemctl
    (folder,) = places.disks
    monkeypatch.setattr(host_signs, "SHORT_BYTES", 1 << 62)
    both = replace(places, disks=(folder / "none", folder, folder.parent))
    assert (await looked_up(both)).short_disks == (str(folder),)


async def test_a_lock_is_seen_without_being_taken(
    systemctl: StandInSystemctl, places: Places
) -> None:
    del systemctl
    assert not is_locked(places.bootstrap_lock)
    with places.bootstrap_lock.open("w") as file:
        assert not is_locked(places.bootstrap_lock)
        fcntl.flock(file, fcntl.LOCK_EX)
        assert is_locked(places.bootstrap_lock)
        assert (await looked_up(places)).bootstraps
    assert not (await looked_up(places)).bootstraps
