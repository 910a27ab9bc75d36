"""What each repair is needed for, when it may be made, and what it does."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from kiosk_agent import unit_names
from kiosk_agent.supervisor.domain.host import Host, Screen
from kiosk_agent.supervisor.domain.memory import REPORTS_MS
from kiosk_agent.supervisor.repairs.acts import Act, PruneImages, RestartUnit, StartUnit
from kiosk_agent.supervisor.repairs.clock import ClockKeeper
from kiosk_agent.supervisor.repairs.credentials import LATE_S, LIFE_S, CredentialsFile
from kiosk_agent.supervisor.repairs.disk import Disk
from kiosk_agent.supervisor.repairs.docker import BLIND_MS, Docker
from kiosk_agent.supervisor.repairs.ecs_agent import EcsAgent
from kiosk_agent.supervisor.repairs.every_repair import EVERY_REPAIR
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen, Signs, SsmTrouble, UnitSeen, UnitState
from kiosk_agent.supervisor.repairs.ssm_agent import SsmAgent
from kiosk_agent.supervisor.repairs.ui_socket import UiSocket

RUNS = UnitSeen("loaded", UnitState.ACTIVE, "enabled")
FAILED = replace(RUNS, active=UnitState.FAILED)
ENDED = replace(RUNS, active=UnitState.INACTIVE)
STARTS = replace(RUNS, active=UnitState.ACTIVATING)
DISABLED = replace(ENDED, file="disabled")
MASKED = UnitSeen("masked", UnitState.INACTIVE, "masked")
MISSING = UnitSeen()
ALL_RUN: Mapping[str, UnitSeen] = dict.fromkeys(
    ("kiosk-agent", "amazon-ssm-agent", "ecs", "docker", "systemd-timesyncd"), RUNS
)
WELL = Seen(
    Host(screens=(Screen("a"),), holder="a"),
    Signs(units=ALL_RUN, clock_is_set=True, credentials_age_s=60),
    "online",
)
DOWN = ("offline", "connecting")


def seen(units: Mapping[str, UnitSeen] | None = None, line: str = "online", **signs: Any) -> Seen:
    """Return a host that is well but for what is said of it."""
    told = replace(WELL.signs, units={**ALL_RUN, **(units or {})}, **signs)
    return replace(WELL, signs=told, line=line)


def away(units: Mapping[str, UnitSeen] | None = None, line: str = "online", **host: Any) -> Seen:
    found = seen(units, line)
    return replace(found, host=replace(found.host, **host))


@pytest.mark.parametrize("repair", EVERY_REPAIR, ids=lambda one: one.name)
def test_nothing_is_needed_where_all_is_well_or_nothing_is_known(repair: Repair) -> None:
    assert repair.look(WELL) == ""
    assert repair.look(Seen()) == ""
    assert repair.look(Seen(Host(docker_away="a", agent_away="b", ecs_away="c"))) == ""


def test_each_repair_has_a_name_of_its_own_and_those_of_one_unit_one_limit() -> None:
    assert len({one.name for one in EVERY_REPAIR}) == len(EVERY_REPAIR) == 7
    for one in EVERY_REPAIR:
        units = {act.unit for act in one.acts(WELL) if isinstance(act, RestartUnit)}
        assert units <= {one.limit} or one.limit == "clock"
    assert SsmAgent.limit == CredentialsFile.limit


SSM = unit_names.SSM_AGENT


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (seen(ssm=SsmTrouble.HIBERNATES), "the SSM agent hibernates, though the cloud answers"),
        (seen(ssm=SsmTrouble.SIGNATURE_EXPIRED), "the SSM agent's signature has expired"),
        (seen({SSM: FAILED}), "the SSM agent does not run"),
        (seen({SSM: ENDED}), "the SSM agent does not run"),
        (seen({SSM: STARTS}), ""),
        (seen(ssm=SsmTrouble.HIBERNATES, line=""), "the SSM agent hibernates, though the cloud"),
        *[(seen(ssm=SsmTrouble.HIBERNATES, line=line), "") for line in DOWN],
        *[(seen({SSM: FAILED}, line=line), "") for line in DOWN],
        *[(seen({SSM: one}, ssm=SsmTrouble.HIBERNATES), "") for one in (DISABLED, MASKED, MISSING)],
    ],
)
def test_the_ssm_agent(found: Seen, why: str) -> None:
    said = SsmAgent().look(found)
    assert said.startswith(why)
    assert bool(said) == bool(why)
    assert SsmAgent().acts(found) == (RestartUnit("amazon-ssm-agent"),)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (seen(credentials_age_s=LATE_S - 1), ""),
        (seen(credentials_age_s=LATE_S), "the credentials of this host's role are not renewed"),
        (seen(credentials_age_s=LIFE_S - 1), "the credentials of this host's role are not renewed"),
        (seen(credentials_age_s=LIFE_S), "the credentials of this host's role have expired"),
        (seen(credentials_age_s=None), "this host has no credentials of its role"),
        (seen(credentials_age_s=-9999), ""),
        *[(seen(credentials_age_s=LIFE_S, line=line), "") for line in DOWN],
        (seen({SSM: MISSING}, credentials_age_s=None), ""),
        (seen({SSM: DISABLED}, credentials_age_s=LIFE_S), ""),
    ],
)
def test_the_credentials(found: Seen, why: str) -> None:
    said = CredentialsFile().look(found)
    assert said.startswith(why)
    assert bool(said) == bool(why)
    assert CredentialsFile().acts(found) == (RestartUnit("amazon-ssm-agent"),)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (away(ecs_away="refused"), "the ECS agent does not answer, though Docker does"),
        (away({"ecs": STARTS}, ecs_away="refused"), "the ECS agent does not answer, though"),
        (seen({"ecs": FAILED}), "the ECS agent has ended"),
        (seen({"ecs": ENDED}), "the ECS agent has ended"),
        (away(ecs_away="refused", docker_away="refused"), ""),
        (away({"ecs": FAILED}, docker_away="refused"), ""),
        *[(away(ecs_away="refused", line=line), "") for line in DOWN],
        *[(away({"ecs": one}, ecs_away="refused"), "") for one in (DISABLED, MASKED, MISSING)],
    ],
)
def test_the_ecs_agent(found: Seen, why: str) -> None:
    said = EcsAgent().look(found)
    assert said.startswith(why)
    assert bool(said) == bool(why)
    assert EcsAgent().acts(found) == (RestartUnit("ecs"),)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (away(docker_away="it took too long"), "Docker does not answer"),
        (away({"docker": FAILED}, docker_away="refused"), "Docker does not answer"),
        # Docker is on the host: that the cloud is away keeps nobody from mending it.
        (away(docker_away="refused", line="offline"), "Docker does not answer"),
        (seen({"docker": FAILED}), ""),
        *[(away({"docker": one}, docker_away="refused"), "") for one in (DISABLED, MISSING)],
    ],
)
def test_docker(found: Seen, why: str) -> None:
    assert Docker().look(found) == why
    assert Docker().acts(found) == (RestartUnit("docker"),)


BUSY, IDLE = Screen("a", busy=True, why="a sale"), Screen("b")
SILENT = Screen("c", reported_ms_ago=REPORTS_MS + 1)


@pytest.mark.parametrize(
    ("screens", "lasted_ms", "held_back"),
    [
        ((IDLE,), 0, ""),
        ((IDLE, SILENT), 0, ""),
        ((BUSY,), 10**12, "somebody is being served (a sale)"),
        ((IDLE, BUSY), 10**12, "somebody is being served (a sale)"),
        ((replace(BUSY, why=""),), 0, "somebody is being served (a customer)"),
        ((replace(BUSY, reported_ms_ago=REPORTS_MS),), 10**12, "somebody is being served"),
        # It ended in a sale, as Docker did: nobody is served there any more.
        ((replace(SILENT, busy=True),), BLIND_MS - 1, "no screen reports"),
        ((replace(SILENT, busy=True),), BLIND_MS, ""),
        ((IDLE, replace(SILENT, busy=True)), 0, ""),
        ((), BLIND_MS - 1, "no screen reports whether somebody is being served"),
        ((SILENT,), BLIND_MS - 1, "no screen reports whether somebody is being served"),
        ((SILENT,), BLIND_MS, ""),
        ((), BLIND_MS, ""),
    ],
)
def test_docker_waits_for_who_is_served_and_a_while_where_nobody_says(
    screens: tuple[Screen, ...], lasted_ms: int, held_back: str
) -> None:
    said = Docker().holds_back(away(docker_away="hangs", screens=screens), lasted_ms)
    assert said.startswith(held_back)
    assert bool(said) == bool(held_back)


@pytest.mark.parametrize(
    ("screens", "held_back"), [((), False), ((SILENT,), False), ((BUSY,), True)]
)
def test_a_docker_that_was_stopped_took_its_screens_along_and_is_not_waited_for(
    screens: tuple[Screen, ...], *, held_back: bool
) -> None:
    for unit in (ENDED, FAILED):
        stopped = away({"docker": unit}, docker_away="refused", screens=screens)
        assert bool(Docker().holds_back(stopped, 0)) is held_back


TIMESYNCD = "systemd-timesyncd"


@pytest.mark.parametrize(
    ("units", "clock_is_set", "line", "restarted"),
    [
        ({}, False, "online", TIMESYNCD),
        ({}, False, "", TIMESYNCD),
        ({TIMESYNCD: FAILED}, False, "online", TIMESYNCD),
        ({TIMESYNCD: MISSING, "chrony": RUNS}, False, "online", "chrony"),
        ({TIMESYNCD: ENDED, "chrony": RUNS}, False, "online", "chrony"),
        ({TIMESYNCD: DISABLED, "chronyd": FAILED}, False, "online", "chronyd"),
        ({TIMESYNCD: MASKED, "ntpsec": RUNS}, False, "online", "ntpsec"),
        ({TIMESYNCD: MISSING}, False, "online", ""),
        ({TIMESYNCD: DISABLED}, False, "online", ""),
        ({}, True, "online", ""),
        ({}, None, "online", ""),
        ({}, False, "offline", ""),
        ({}, False, "connecting", ""),
    ],
)
def test_the_clock(
    *, units: Mapping[str, UnitSeen], clock_is_set: bool | None, line: str, restarted: str
) -> None:
    found = seen(units, line, clock_is_set=clock_is_set)
    assert ClockKeeper().look(found) == ("the clock is not synchronised" if restarted else "")
    if restarted:
        assert ClockKeeper().acts(found) == (RestartUnit(restarted),)


def test_the_disk() -> None:
    found = seen(short_disks=("/var/lib/docker", "/var/lib"), line="offline")
    said = "less than 2 GB are free on the disk of /var/lib/docker and /var/lib"
    assert Disk().look(found) == said
    acts: tuple[Act, ...] = (StartUnit("kiosk-log-vacuum"), PruneImages())
    assert Disk().acts(found) == acts
    assert Disk().acts(away(docker_away="stopped")) == acts[:1]


@pytest.mark.parametrize(
    ("units", "is_there", "needed"),
    [
        ({}, False, True),
        ({}, True, False),
        *[({"kiosk-agent": one}, False, False) for one in (ENDED, FAILED, STARTS, MISSING)],
    ],
)
def test_the_ui_socket(*, units: Mapping[str, UnitSeen], is_there: bool, needed: bool) -> None:
    found = seen(units, "offline", socket_is_there=is_there)
    assert bool(UiSocket().look(found)) == needed
    assert UiSocket().acts(found) == (StartUnit("kiosk-socket-folders"), RestartUnit("kiosk-agent"))
    # Whoever is busy can't go on before it is there again.
    assert UiSocket().holds_back(away(screens=(BUSY,)), 0) == ""
