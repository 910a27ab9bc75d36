"""The supervisor mends a host in memory: what it does, notes, tells; once by a real program."""

import asyncio
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from kiosk_agent.supervisor.adapters.host_signs import LookedUpSigns, Places
from kiosk_agent.supervisor.adapters.systemd_units import SystemdUnits
from kiosk_agent.supervisor.domain.host import Host, Screen
from kiosk_agent.supervisor.ports import AgentAwayError, DockerAwayError, UnitFailedError
from kiosk_agent.supervisor.repairs.limits import PAUSES_MS
from kiosk_agent.supervisor.repairs.seen import Signs, UnitSeen
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_agent.supervisor.services.pruning import Pruning
from kiosk_agent.supervisor.services.repairing import LOOK_EVERY_S, Repairing
from kiosk_agent.supervisor.services.steering import Steering
from kiosk_contracts.repairs import HostRepair
from tests.support.clock import FakeClock
from tests.support.systemctl import StandInSystemctl

RUNS = UnitSeen("loaded", "active", "enabled")
FAILED = UnitSeen("loaded", "failed", "enabled")
WELL = Signs(
    dict.fromkeys(("kiosk-agent", "amazon-ssm-agent", "ecs", "docker"), RUNS),
    credentials_age_s=0,
)


@dataclass
class MendedHost:
    """HostSigns, Units, RepairsDesk, and what Steering and Pruning are asked for."""

    clock: FakeClock = field(default_factory=FakeClock)
    now: Host = field(default_factory=Host)
    found: Signs = WELL
    line: str = "online"
    fails: str = ""
    agent_away: str = ""
    docker_away: str = ""
    done: list[str] = field(default_factory=list)
    told: list[tuple[HostRepair, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.decisions = Decisions(self.clock)
        steering, pruning = cast("Steering", self), cast("Pruning", self)
        self.repairing = Repairing(self, self, self, pruning, steering, self.clock)

    async def signs(self) -> Signs:
        return self.found

    async def host_now(self) -> Host:
        return self.now

    async def restart(self, unit: str) -> None:
        if self.fails:
            raise UnitFailedError(self.fails)
        self.done.append(f"restart {unit}")

    async def start(self, unit: str) -> None:
        if self.fails:
            raise UnitFailedError(self.fails)
        self.done.append(f"start {unit}")

    async def prune(self) -> None:
        if self.docker_away:
            raise DockerAwayError(self.docker_away)
        self.done.append("prune")

    async def tell_repairs(self, repairs: tuple[HostRepair, ...]) -> str:
        if self.agent_away:
            raise AgentAwayError(self.agent_away)
        self.told.append(repairs)
        return self.line

    async def passes(self, seconds: float) -> None:
        for _ in range(int(seconds / LOOK_EVERY_S)):
            await self.repairing.mend()
            self.clock.advance(LOOK_EVERY_S)

    def decided(self) -> list[tuple[str, str, str]]:
        return [(one.what, one.why, one.outcome) for one in self.decisions.kept]


async def test_a_repair_is_made_noted_and_told_to_the_agent_at_once() -> None:
    venue = MendedHost(found=replace(WELL, units={**WELL.units, "ecs": FAILED}))
    await venue.passes(300)
    assert venue.done == []
    assert venue.repairing.needs == {"ecs_agent": "the ECS agent has ended"}
    began = venue.clock.now()
    await venue.repairing.mend()
    assert venue.done == ["restart ecs"]
    expected = ("repair ecs_agent: restart ecs", "the ECS agent has ended", "done")
    assert venue.decided() == [expected]
    made = HostRepair(
        name="ecs_agent", why="the ECS agent has ended", at=began, outcome="done", in_a_row=1
    )
    assert venue.told[-1] == venue.repairing.repairs == (made,)


async def test_what_does_not_help_is_told_with_how_often() -> None:
    venue = MendedHost(found=replace(WELL, units={**WELL.units, "ecs": FAILED}))
    venue.fails = "Unit ecs.service is masked."
    await venue.passes(300 + PAUSES_MS[0] / 1000 + LOOK_EVERY_S)
    words = "restart ecs: Unit ecs.service is masked."
    assert [(one.outcome, one.in_a_row) for one in venue.told[-1]] == [(words, 1), (words, 2)]
    assert [outcome for _, _, outcome in venue.decided()] == [words]


async def test_the_line_that_the_agent_tells_decides_and_without_the_agent_it_is_tried() -> None:
    venue = MendedHost(found=replace(WELL, units={**WELL.units, "ecs": FAILED}), line="offline")
    await venue.passes(3600)
    assert venue.done == []
    venue.agent_away = "refused"
    await venue.passes(300 + LOOK_EVERY_S)
    assert venue.done == ["restart ecs"]


async def test_the_first_act_that_fails_is_the_last() -> None:
    venue = MendedHost(found=replace(WELL, socket_is_there=False))
    venue.fails = "no"
    await venue.passes(30)
    assert venue.repairing.repairs[0].outcome == "start kiosk-socket-folders: no"
    venue = MendedHost(found=replace(WELL, socket_is_there=False))
    await venue.passes(30)
    assert venue.done == ["start kiosk-socket-folders", "restart kiosk-agent"]


async def test_a_short_disk_is_pruned_at_once_and_what_docker_says_is_kept() -> None:
    venue = MendedHost(found=replace(WELL, short_disks=("/var/lib/docker",)))
    await venue.passes(40)
    assert venue.done == ["start kiosk-log-vacuum", "prune"]
    venue.docker_away = "hangs"
    await venue.passes(PAUSES_MS[0] / 1000)
    assert venue.repairing.repairs[-1].outcome == "prune images: hangs"


async def test_docker_waits_for_the_customer_which_is_noted_once() -> None:
    busy = (Screen("a", busy=True, why="a sale"),)
    venue = MendedHost(now=Host(docker_away="it took too long", screens=busy, holder="a"))
    await venue.passes(3600)
    # Other decisions come between.
    venue.decisions.note("wait", "a kiosk UI is starting")
    await venue.passes(3600)
    assert venue.done == []
    assert [one for one in venue.decided() if one[0] != "wait"] == [
        (
            "repair docker: not now",
            "Docker does not answer; but somebody is being served (a sale)",
            "done",
        )
    ]
    venue.now = replace(venue.now, screens=(Screen("a"),))
    await venue.passes(10)
    assert venue.done == ["restart docker"]


async def test_it_looks_for_ever() -> None:
    venue = MendedHost(found=replace(WELL, socket_is_there=False))
    running = asyncio.create_task(venue.repairing.run())
    for _ in range(3):
        await venue.clock.advance_when_asleep(LOOK_EVERY_S)
    await venue.clock.wait_for_sleepers()
    running.cancel()
    assert venue.done == ["start kiosk-socket-folders", "restart kiosk-agent"]


async def test_a_real_systemctl_is_asked_to_bring_a_socket_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    systemctl = StandInSystemctl(tmp_path)
    systemctl.tell({"kiosk-agent": ("loaded", "active", "enabled")})
    venue = MendedHost()
    places = Places(tmp_path / "credentials", tmp_path / "admin.sock", tmp_path / "ui.sock", ())
    units = SystemdUnits()
    steering, pruning = cast("Steering", venue), cast("Pruning", venue)
    signs = LookedUpSigns(
        replace(places, ssm_log=tmp_path, bootstrap_lock=tmp_path), units, venue.clock
    )
    repairing = Repairing(signs, units, venue, pruning, steering, venue.clock)
    for _ in range(2):
        await repairing.mend()
        venue.clock.advance(LOOK_EVERY_S)
    assert systemctl.acts() == [
        "start kiosk-socket-folders.service",
        "restart kiosk-agent.service",
    ]
    assert [one.outcome for one in venue.told[-1]] == ["done"]
