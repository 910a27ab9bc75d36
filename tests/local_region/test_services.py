"""DAEMON services: one task on each kiosk whose attribute says so, moved by one PutAttributes."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_region.ecs.services.moves import Act, Moves, Order
from local_region.settings import RegionSettings
from tests.support.acs_agent import obeying
from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion, running_region

CONSTRAINT = "attribute:kiosk.release == {}"


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region(RegionSettings(moves=Order.AT_ONCE)) as running:
        yield running


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def agent_of(region: RunningRegion, release: str | None) -> EcsAgent:
    agent = EcsAgent(region)
    agent.register(custom={"kiosk.release": release} if release else {})
    return agent


def define(ecs: Any, family: str, memory: int = 512) -> str:
    told = ecs.register_task_definition(
        family=family, containerDefinitions=[{"name": "ui", "image": "x", "memory": memory}]
    )
    return str(told["taskDefinition"]["taskDefinitionArn"])


def service(ecs: Any, release: str, *, memory: int = 512, **changes: Any) -> dict[str, Any]:
    told = ecs.create_service(
        **{
            "cluster": "kiosks",
            "serviceName": f"kiosk-{release}",
            "taskDefinition": define(ecs, f"ui-{release}", memory),
            "launchType": "EXTERNAL",
            "schedulingStrategy": "DAEMON",
            "placementConstraints": [
                {"type": "memberOf", "expression": CONSTRAINT.format(release)}
            ],
            **changes,
        }
    )
    made: dict[str, Any] = told["service"]
    return made


def told(ecs: Any, release: str) -> dict[str, Any]:
    [one] = ecs.describe_services(cluster="kiosks", services=[f"kiosk-{release}"])["services"]
    found: dict[str, Any] = one
    return found


def move(ecs: Any, agent: EcsAgent, release: str) -> None:
    ecs.put_attributes(
        cluster="kiosks",
        attributes=[{"name": "kiosk.release", "value": release, "targetId": agent.arn}],
    )


async def away(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Call boto3 while the line goes on."""
    return await asyncio.to_thread(lambda: call(*given, **named))


async def until(call: Callable[[], Any], wanted: Any, within_s: float = 10) -> None:
    """Wait until a call gives what is wanted, or fail with what it gave last."""
    last = None
    try:
        async with asyncio.timeout(within_s):
            while (last := await away(call)) != wanted:  # noqa: ASYNC110  over a socket
                await asyncio.sleep(0.05)
    except TimeoutError:
        assert last == wanted


def counts(ecs: Any, release: str) -> Callable[[], tuple[int, int, int]]:
    def ask() -> tuple[int, int, int]:
        one = told(ecs, release)
        return one["desiredCount"], one["runningCount"], one["pendingCount"]

    return ask


async def test_a_daemon_runs_where_its_constraint_holds(region: RunningRegion, ecs: Any) -> None:
    here, there, nowhere = [await away(agent_of, region, release) for release in ("r1", "r1", None)]
    async with (
        obeying(region, here) as of_here,
        obeying(region, there) as of_there,
        obeying(region, nowhere) as of_nowhere,
    ):
        made = await away(service, ecs, "r1", tags=[{"key": "a", "value": "b"}])
        assert made["status"] == "ACTIVE"
        assert made["schedulingStrategy"] == "DAEMON"
        await until(counts(ecs, "r1"), (2, 2, 0))
        assert of_here == of_there == [("ui-r1", "RUNNING")]
        assert of_nowhere == []
        now = await away(told, ecs, "r1")
    assert now["deployments"][0]["rolloutState"] == "COMPLETED"
    assert "has started 1 tasks" in now["events"][0]["message"]
    listed = await away(ecs.list_tasks, cluster="kiosks", serviceName="kiosk-r1")
    assert len(listed["taskArns"]) == 2
    tasks = await away(ecs.describe_tasks, cluster="kiosks", tasks=listed["taskArns"])
    assert {one["group"] for one in tasks["tasks"]} == {"service:kiosk-r1"}
    assert {one["startedBy"] for one in tasks["tasks"]} == {now["deployments"][0]["id"]}


async def test_one_put_attributes_moves_a_kiosk_and_moves_it_back(
    region: RunningRegion, ecs: Any
) -> None:
    agent = await away(agent_of, region, "r1")
    for release in ("r1", "r2"):
        await away(service, ecs, release)
    async with obeying(region, agent) as done:
        for release, other in (("r1", "r2"), ("r2", "r1"), ("r1", "r2")):
            await away(move, ecs, agent, release)
            await until(counts(ecs, release), (1, 1, 0))
            await until(counts(ecs, other), (0, 0, 0))
    assert sorted(done) == sorted(
        [
            ("ui-r1", "RUNNING"),
            ("ui-r1", "STOPPED"),
            ("ui-r2", "RUNNING"),
            ("ui-r2", "STOPPED"),
            ("ui-r1", "RUNNING"),
        ]
    )


@pytest.mark.parametrize(
    ("order", "first"),
    [(Order.START_FIRST, ("ui-r2", "RUNNING")), (Order.STOP_FIRST, ("ui-r1", "STOPPED"))],
)
async def test_the_order_of_a_move_can_be_chosen(order: Order, first: tuple[str, str]) -> None:
    with running_region(RegionSettings(moves=order)) as region:
        ecs = region.client("ecs")
        ecs.create_cluster(clusterName="kiosks")
        agent = await away(agent_of, region, "r1")
        for release in ("r1", "r2"):
            await away(service, ecs, release)
        async with obeying(region, agent) as done:
            await until(counts(ecs, "r1"), (1, 1, 0))
            await away(move, ecs, agent, "r2")
            await until(lambda: len(done), 3)
    assert done[1] == first


async def test_another_task_definition_replaces_the_task(region: RunningRegion, ecs: Any) -> None:
    agent = await away(agent_of, region, "r1")
    made = await away(service, ecs, "r1")
    async with obeying(region, agent) as done:
        await until(counts(ecs, "r1"), (1, 1, 0))
        fresh = await away(define, ecs, "ui-next")
        updated = (
            await away(
                ecs.update_service, cluster="kiosks", service="kiosk-r1", taskDefinition=fresh
            )
        )["service"]
        await until(lambda: list(done)[1:], [("ui-r1", "STOPPED"), ("ui-next", "RUNNING")])
        await until(counts(ecs, "r1"), (1, 1, 0))
    assert updated["taskDefinition"] == fresh
    assert updated["deployments"][0]["id"] != made["deployments"][0]["id"]


async def test_constraints_can_be_changed(region: RunningRegion, ecs: Any) -> None:
    agent = await away(agent_of, region, "r1")
    await away(service, ecs, "r1")
    async with obeying(region, agent) as done:
        await until(counts(ecs, "r1"), (1, 1, 0))
        await away(
            ecs.update_service,
            cluster="kiosks",
            service="kiosk-r1",
            placementConstraints=[{"type": "memberOf", "expression": CONSTRAINT.format("r9")}],
        )
        await until(lambda: done[-1], ("ui-r1", "STOPPED"))


async def test_a_task_that_ends_is_started_again(region: RunningRegion, ecs: Any) -> None:
    agent = await away(agent_of, region, "r1")
    await away(service, ecs, "r1")
    async with obeying(region, agent) as done:
        await until(counts(ecs, "r1"), (1, 1, 0))
        [arn] = (await away(ecs.list_tasks, cluster="kiosks"))["taskArns"]
        await away(agent.ecs.submit_task_state_change, cluster="kiosks", task=arn, status="STOPPED")
        await until(lambda: list(done), [("ui-r1", "RUNNING")] * 2)


async def test_a_service_whose_tasks_never_start_slows_down(
    region: RunningRegion, ecs: Any
) -> None:
    agent = await away(agent_of, region, "r1")
    await away(service, ecs, "r1")
    async with obeying(region, agent, fails=True) as done:
        await until(lambda: min(len(done), 2), 2)
        began = len(done)
        await asyncio.sleep(1.5)
        # The third start waits four seconds.
        assert len(done) == began == 2
    assert (await away(told, ecs, "r1"))["deployments"][0]["failedTasks"] == 2


async def test_a_task_without_room_waits_and_the_service_says_why(
    region: RunningRegion, ecs: Any
) -> None:
    agent = await away(agent_of, region, "r1")
    await away(service, ecs, "r1", memory=4000)
    await away(service, ecs, "r2", memory=4000)
    async with obeying(region, agent) as done:
        await until(counts(ecs, "r1"), (1, 1, 0))
        await away(
            ecs.update_service,
            cluster="kiosks",
            service="kiosk-r2",
            placementConstraints=[{"type": "memberOf", "expression": CONSTRAINT.format("r1")}],
        )
        await until(counts(ecs, "r2"), (1, 0, 0))
        said = (await away(told, ecs, "r2"))["events"]
        assert len(said) == 1
        assert "insufficient memory" in said[0]["message"]
        await away(ecs.delete_service, cluster="kiosks", service="kiosk-r1", force=True)
        await until(counts(ecs, "r2"), (1, 1, 0))
        await until(
            lambda: done, [("ui-r1", "RUNNING"), ("ui-r1", "STOPPED"), ("ui-r2", "RUNNING")]
        )


async def test_a_kiosk_without_a_line_keeps_its_task_and_gets_no_other(
    region: RunningRegion, ecs: Any
) -> None:
    agent = await away(agent_of, region, "r1")
    for release in ("r1", "r2"):
        await away(service, ecs, release)
    async with obeying(region, agent):
        await until(counts(ecs, "r1"), (1, 1, 0))
    await asyncio.sleep(0.3)
    assert (await away(told, ecs, "r1"))["runningCount"] == 1
    await away(move, ecs, agent, "r2")
    await asyncio.sleep(0.3)
    assert await away(counts(ecs, "r2")) == (1, 0, 0)
    async with obeying(region, agent) as done:
        await until(counts(ecs, "r2"), (1, 1, 0))
        await until(lambda: sorted(done), [("ui-r1", "STOPPED"), ("ui-r2", "RUNNING")])


async def test_a_drained_kiosk_loses_its_task(region: RunningRegion, ecs: Any) -> None:
    agent = await away(agent_of, region, "r1")
    await away(service, ecs, "r1")
    async with obeying(region, agent) as done:
        await until(counts(ecs, "r1"), (1, 1, 0))
        await away(
            ecs.update_container_instances_state,
            cluster="kiosks",
            containerInstances=[agent.arn],
            status="DRAINING",
        )
        await until(counts(ecs, "r1"), (0, 0, 0))
        await until(lambda: done[-1], ("ui-r1", "STOPPED"))


async def test_a_service_is_deleted_by_force_while_it_has_tasks(
    region: RunningRegion, ecs: Any
) -> None:
    agent = await away(agent_of, region, "r1")
    await away(service, ecs, "r1")
    async with obeying(region, agent):
        await until(counts(ecs, "r1"), (1, 1, 0))
        with pytest.raises(ClientError) as refused:
            await away(ecs.delete_service, cluster="kiosks", service="kiosk-r1")
        assert code_of(refused) == "InvalidParameterException"
        await away(ecs.delete_service, cluster="kiosks", service="kiosk-r1", force=True)
        await until(lambda: told(ecs, "r1")["status"], "INACTIVE")
    assert (await away(ecs.list_services, cluster="kiosks"))["serviceArns"] == []
    for wrong in (
        lambda: ecs.delete_service(cluster="kiosks", service="kiosk-r1"),
        lambda: ecs.update_service(cluster="kiosks", service="gone"),
        lambda: ecs.list_tasks(cluster="kiosks", serviceName="gone"),
    ):
        with pytest.raises(ClientError) as refused:
            await away(wrong)
        assert code_of(refused) == "ServiceNotFoundException"
    assert (await away(service, ecs, "r1"))["status"] == "ACTIVE"


@pytest.mark.parametrize(
    "changes",
    [
        {"launchType": "FARGATE"},
        {"schedulingStrategy": "REPLICA"},
        {"serviceName": "no spaces"},
        {"desiredCount": 2},
        {"deploymentController": {"type": "CODE_DEPLOY"}},
        {"loadBalancers": [{"targetGroupArn": "x", "containerName": "ui", "containerPort": 80}]},
        {"serviceRegistries": [{"registryArn": "x"}]},
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}}},
        {"serviceConnectConfiguration": {"enabled": True}},
        {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
        {"enableExecuteCommand": True},
        {"placementStrategy": [{"type": "spread", "field": "instanceId"}]},
        {"placementConstraints": [{"type": "distinctInstance"}]},
        {"placementConstraints": [{"type": "memberOf", "expression": "colour == red"}]},
    ],
)
def test_what_external_instances_or_daemons_have_not_is_refused(
    ecs: Any, changes: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        service(ecs, "r1", **changes)

    assert code_of(refused) == "InvalidParameterException"
    assert ecs.list_services(cluster="kiosks")["serviceArns"] == []


def test_a_service_is_made_once(ecs: Any) -> None:
    tags = [{"key": "a", "value": "b"}]
    made = service(ecs, "r1", clientToken="t-1", tags=tags)
    again = service(ecs, "r1", clientToken="t-1", tags=tags)
    assert again["deployments"] == made["deployments"]
    assert again["tags"] == made["tags"] == tags

    with pytest.raises(ClientError) as refused:
        service(ecs, "r1", clientToken="t-2")

    assert code_of(refused) == "InvalidParameterException"
    assert "not idempotent" in str(refused.value)
    with pytest.raises(ClientError) as refused:
        ecs.delete_cluster(cluster="kiosks")
    assert code_of(refused) == "ClusterContainsServicesException"


def test_a_service_needs_a_task_definition_that_is_active(ecs: Any) -> None:
    arn = define(ecs, "old")
    ecs.deregister_task_definition(taskDefinition=arn)

    for definition in (arn, "gone"):
        with pytest.raises(ClientError) as refused:
            service(ecs, "r1", taskDefinition=definition)
        assert code_of(refused) == "ClientException"


def test_services_are_listed_and_described_within_limits(ecs: Any) -> None:
    for number in range(12):
        service(ecs, f"r{number:02}")

    assert len(ecs.list_services(cluster="kiosks")["serviceArns"]) == 10
    assert len(ecs.list_services(cluster="kiosks", maxResults=100)["serviceArns"]) == 12
    assert ecs.list_services(cluster="kiosks", launchType="FARGATE")["serviceArns"] == []
    assert ecs.list_services(cluster="kiosks", schedulingStrategy="REPLICA")["serviceArns"] == []
    missing = ecs.describe_services(cluster="kiosks", services=["gone"])["failures"]
    assert missing[0]["reason"] == "MISSING"
    for names in ([], ["x"] * 11):
        with pytest.raises(ClientError) as refused:
            ecs.describe_services(cluster="kiosks", services=names)
        assert code_of(refused) == "InvalidParameterException"
    for changes in ({"desiredCount": 1}, {"forceNewDeployment": True}):
        with pytest.raises(ClientError) as refused:
            ecs.update_service(cluster="kiosks", service="kiosk-r00", **changes)
        assert code_of(refused) == "InvalidParameterException"


def test_a_move_keeps_its_order_until_the_instance_is_at_rest() -> None:
    start, stop = Act("b", "i", "start"), Act("a", "i", "stop")
    orders = set()
    for seed in range(30):
        moves = Moves(None, seed)
        moves.due({stop: 0.0}, 0.0)
        done = dict.fromkeys(moves.due({stop: 0.0, start: 0.0}, 0.0), 0.0)
        orders.add(tuple(act.part for act in done))
        later = moves.due({act: 0.0 for act in (stop, start) if act not in done}, 100.0)
        assert {*done, *later} == {start, stop}
        assert moves.next_at() is not None
        assert moves.due({}, 101.0) == []
        assert moves.next_at() is None
    assert orders == {("stop",), ("start",), ()}


def test_an_act_that_is_no_longer_wanted_is_not_done() -> None:
    act = Act("a", "i", "stop")
    moves = Moves(Order.LATE, 1)

    assert moves.due({act: 0.0}, 0.0) == []
    assert moves.due({}, 10.0) == []
    assert moves.due({act: 0.0}, 11.0) == []
    assert moves.due({act: 0.0}, 14.1) == [act]
