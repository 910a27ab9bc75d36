"""The agent's rules that do no I/O."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_region.ecs_agent.domain.docker_config import creation, docker_name
from local_region.ecs_agent.domain.messages import ContainerTold, TaskTold
from local_region.ecs_agent.domain.ordering import UnsupportedOrderError, in_order
from local_region.ecs_agent.domain.pace import Backoff, Pace
from local_region.ecs_agent.domain.restarts import refusal_to_restart
from local_region.ecs_agent.domain.tasks import Container, Status, Task

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def container(**told: Any) -> Container:
    one = ContainerTold.model_validate({"name": "ui", "image": "x", **told})
    return Container(told=one, docker_name=f"ecs-{one.name}", endpoint="e-1")


def test_pauses_grow_to_a_limit_and_are_never_shorter_than_they_say() -> None:
    backoff = Backoff(0.25, 120.0, 1.5, 0.2)
    for attempt, least in ((0, 0.25), (1, 0.375), (2, 0.5625), (40, 120.0), (10_000, 120.0)):
        drawn = [backoff.pause(attempt) for _ in range(100)]
        assert least <= min(drawn) <= max(drawn) <= least * 1.2
        assert len(set(drawn)) > 1


def test_reports_double_their_pause_thirteen_times() -> None:
    pace = Pace()
    for attempt in (1, 5, 13):
        drawn = [pace.report_pause(attempt) for _ in range(100)]
        assert 2**attempt * 0.03 <= min(drawn) <= max(drawn) <= 2**attempt * 0.06
    assert pace.report_pause(14) == 300.0


def test_a_line_may_be_silent_for_a_minute_or_two() -> None:
    drawn = [Pace().longest_silence() for _ in range(200)]
    assert 60 <= min(drawn) < 80
    assert 100 < max(drawn) <= 120


def test_one_factor_scales_every_wait() -> None:
    real, tenth = Pace(), Pace().scaled(0.1)
    assert (real.vanished, real.attempt, real.submit_attempt) == (56, 30, 42)
    assert tenth.vanished == pytest.approx(5.6)
    assert tenth.kept_stopped == pytest.approx(1080)
    assert tenth.init == Backoff(0.05, 1.5, 2.0, 0.1)
    assert tenth.restart_period == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("changes", "desired", "ran_s", "why"),
    [
        ({}, Status.RUNNING, 60, None),
        ({}, Status.RUNNING, 59, "attempt reset period has not elapsed"),
        ({"enabled": False}, Status.RUNNING, 99, "restart policy is not enabled"),
        ({}, Status.STOPPED, 99, "container's desired status is stopped"),
        ({"ignoredExitCodes": [3]}, Status.RUNNING, 99, "exit code 3 should be ignored"),
        ({"ignoredExitCodes": [0]}, Status.RUNNING, 99, None),
    ],
)
def test_a_container_restarts_within_its_policy(
    changes: dict[str, Any], desired: Status, ran_s: int, why: str | None
) -> None:
    policy = {"enabled": True, "restartAttemptPeriod": 60, **changes}
    one = container(restartPolicy=policy)
    one.exit_code, one.started = 3, NOW - timedelta(seconds=ran_s)

    assert refusal_to_restart(one, desired, NOW) == why


def test_a_period_counts_from_the_last_restart() -> None:
    one = container(restartPolicy={"enabled": True, "restartAttemptPeriod": 60})
    one.exit_code, one.started = 3, NOW - timedelta(hours=1)
    one.restarted = NOW - timedelta(seconds=30)

    assert refusal_to_restart(one, Status.RUNNING, NOW) is not None
    assert refusal_to_restart(one, Status.RUNNING, NOW, second=0.5) is None
    one.exit_code = None
    assert refusal_to_restart(one, Status.RUNNING, NOW, 0.1) == "exit code is nil"


def test_a_name_keeps_letters_digits_and_hyphens_of_the_containers() -> None:
    told = task_told(containers=[{"name": "ui_1.x-y", "image": "x"}])
    assert docker_name(told, told.containers[0], "ab" * 10) == "ecs-kiosk-7-ui1x-y-" + "ab" * 10


def task_told(**changes: Any) -> TaskTold:
    return TaskTold.model_validate(
        {
            "arn": "arn:task/1",
            "family": "kiosk",
            "version": "7",
            "desiredStatus": "RUNNING",
            "containers": [{"name": "ui", "image": "x"}],
            **changes,
        }
    )


def made(one: Container, **changes: Any) -> dict[str, Any]:
    told = task_told(**changes)
    task = Task(arn=told.arn, family="kiosk", version="7", told=told, containers=[one])
    return creation(task, one, "kiosks", "eu-central-1")


def test_dockers_own_texts_are_the_ground_and_ecss_members_go_over_them() -> None:
    docker = {
        "config": '{"Tty": true, "Labels": {"of": "us", "com.amazonaws.ecs.cluster": "forged"}}',
        "hostConfig": '{"NetworkMode": "bridge", "RestartPolicy": {"Name": "always"}}',
    }
    one = container(
        memory=1,
        cpu=0,
        privileged=True,
        command=["run"],
        entryPoint=[],
        dockerConfig=docker,
        portMappings=[
            {"containerPort": 80},
            {"containerPort": 53, "hostPort": 5, "protocol": "udp"},
        ],
    )
    body = made(one, networkMode="none", pidMode="host", ipcMode="task")
    host = body["HostConfig"]

    assert (body["Tty"], body["Cmd"], body["Entrypoint"]) == (True, ["run"], [])
    assert body["Labels"]["of"] == "us"
    assert body["Labels"]["com.amazonaws.ecs.cluster"] == "kiosks"
    assert (host["NetworkMode"], host["PidMode"], "IpcMode" in host) == ("none", "host", False)
    assert "RestartPolicy" not in host, "Docker restarts nothing of ECS's"
    assert host["Memory"] == 6 * 1024 * 1024, "Docker takes no less"
    assert (host["CpuShares"], host["Privileged"]) == (2, True)
    assert host["PortBindings"] == {"80/tcp": [{"HostPort": ""}], "53/udp": [{"HostPort": "5"}]}
    assert body["ExposedPorts"] == {"80/tcp": {}, "53/udp": {}}


def test_without_a_limit_there_is_none() -> None:
    body = made(container())
    assert "Memory" not in body["HostConfig"]
    assert not {"Cmd", "Entrypoint", "ExposedPorts"} & body.keys()


def test_mounts_are_paths_of_the_host_or_dockers_volumes() -> None:
    one = container(
        mountPoints=[
            {"sourceVolume": "run", "containerPath": "/run/eventpro"},
            {"sourceVolume": "own", "containerPath": "/own", "readOnly": True},
        ]
    )
    volumes = [{"name": "run", "host": {"sourcePath": "/run/kiosk"}}, {"name": "own", "host": {}}]
    assert made(one, volumes=volumes)["HostConfig"]["Binds"] == [
        "/run/kiosk:/run/eventpro",
        "own:/own:ro",
    ]


def test_a_region_that_the_task_names_stays() -> None:
    def environment(**said: str) -> dict[str, str]:
        body = made(container(environment=said))
        return dict(one.split("=", 1) for one in body["Env"])

    assert environment()["AWS_REGION"] == "eu-central-1"
    assert environment(AWS_REGION="mars-1")["AWS_REGION"] == "mars-1"
    assert "AWS_DEFAULT_REGION" not in environment(AWS_REGION="mars-1")
    assert environment()["ECS_CONTAINER_METADATA_URI_V4"] == "http://169.254.170.2/v4/e-1"


def test_containers_come_up_after_those_they_depend_on() -> None:
    def one(name: str, *after: str, condition: str = "START") -> Container:
        waits = [{"containerName": other, "condition": condition} for other in after]
        return container(name=name, dependsOn=waits)

    ordered = in_order([one("c", "b", "a"), one("b", "a"), one("a")])
    assert [found.told.name for found in ordered] == ["a", "b", "c"]
    with pytest.raises(UnsupportedOrderError, match="depend on one another"):
        in_order([one("a", "b"), one("b", "a")])
    with pytest.raises(UnsupportedOrderError, match="HEALTHY"):
        in_order([one("a"), one("b", "a", condition="HEALTHY")])


def test_a_task_is_as_far_as_its_slowest_container() -> None:
    first, second = container(name="a"), container(name="b", essential=False)
    task = Task(arn="a", family="f", version="1", containers=[first, second])
    first.status, second.status = Status.RUNNING, Status.PULLED
    assert task.status is Status.PULLED
    second.status = Status.STOPPED
    assert task.status is Status.RUNNING
    assert task.essential_ended is None
    first.status = Status.STOPPED
    assert task.status is Status.STOPPED
    assert task.essential_ended is first
