"""systemctl as a real program: what it is asked, and what is made of its answers."""

import os
from pathlib import Path

import pytest

from kiosk_agent.supervisor.adapters.systemd_units import SystemdUnits, run_tool
from kiosk_agent.supervisor.ports import UnitFailedError
from kiosk_agent.supervisor.repairs.seen import UnitSeen
from tests.support.systemctl import StandInSystemctl


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandInSystemctl:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return StandInSystemctl(tmp_path)


async def test_units_are_restarted_and_started_by_their_full_names(
    systemctl: StandInSystemctl,
) -> None:
    units = SystemdUnits()
    await units.restart("ecs")
    await units.start("kiosk-socket-folders")
    assert systemctl.acts() == ["restart ecs.service", "start kiosk-socket-folders.service"]


async def test_what_fails_says_why(systemctl: StandInSystemctl) -> None:
    systemctl.tell({}, fails="Failed to restart ecs.service: Unit ecs.service not found.")
    with pytest.raises(UnitFailedError, match=r"^Failed to restart ecs.service: Unit ecs.serv"):
        await SystemdUnits().restart("ecs")


async def test_what_hangs_is_ended_and_so_is_what_it_started(systemctl: StandInSystemctl) -> None:
    systemctl.tell({}, hangs=True)
    with pytest.raises(UnitFailedError, match="took longer than 0 s"):
        await SystemdUnits(within_s=0.2).restart("ecs")
    # What it started holds the pipes: this would wait for that otherwise.
    with pytest.raises(UnitFailedError, match="took longer"):
        await run_tool(("sh", "-c", "sleep 3600 & echo on; wait"), 0.2)


async def test_each_unit_is_seen_as_it_is_also_one_that_is_not_installed(
    systemctl: StandInSystemctl,
) -> None:
    systemctl.tell(
        {"ecs": ("loaded", "failed", "enabled"), "docker": ("loaded", "active", "disabled")}
    )
    seen = await SystemdUnits().seen(("docker", "chrony", "ecs"))
    assert seen == {
        "docker": UnitSeen("loaded", "active", "disabled"),
        "chrony": UnitSeen("not-found", "inactive", ""),
        "ecs": UnitSeen("loaded", "failed", "enabled"),
    }
    assert [one.is_wanted for one in seen.values()] == [True, False, True]


async def test_a_host_without_systemd_has_no_units(tmp_path: Path) -> None:
    assert await SystemdUnits(str(tmp_path / "none")).seen(("ecs",)) == {}
    with pytest.raises(UnitFailedError, match="No such file"):
        await SystemdUnits(str(tmp_path / "none")).restart("ecs")
    # One that says something else than it was asked for.
    (tmp_path / "odd").write_text("#!/bin/sh\necho ActiveState=active\n")
    (tmp_path / "odd").chmod(0o755)
    assert await SystemdUnits(str(tmp_path / "odd")).seen(("ecs", "docker")) == {}
