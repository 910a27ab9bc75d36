"""The two websockets of an ECS agent: who is let in, what keeps a line, what ends it."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from local_region.ecs.lines.acs import AcsLines
from local_region.ecs.lines.frames import FrameError, read, written
from local_region.ecs.lines.tcs import TcsLines
from local_region.wire.errors import DriftError
from tests.support.acs_agent import Refused, acs_line, tcs_line
from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion, running_region


@pytest.fixture
def agent(region: RunningRegion) -> EcsAgent:
    region.client("ecs").create_cluster(clusterName="kiosks")
    agent = EcsAgent(region)
    agent.register()
    return agent


async def instance_of(region: RunningRegion, agent: EcsAgent, **more: Any) -> dict[str, Any]:
    def ask() -> dict[str, Any]:
        told = region.client("ecs").describe_container_instances(
            cluster="kiosks", containerInstances=[agent.arn], **more
        )
        [one] = told["containerInstances"]
        found: dict[str, Any] = one
        return found

    return await asyncio.to_thread(ask)


async def until(region: RunningRegion, agent: EcsAgent, fits: Callable[[Any], bool]) -> None:
    async with asyncio.timeout(10):
        while not fits(await instance_of(region, agent)):  # noqa: ASYNC110  over a socket
            await asyncio.sleep(0.05)


async def test_an_agent_is_connected_while_its_line_is_open(
    region: RunningRegion, agent: EcsAgent
) -> None:
    before = await instance_of(region, agent)
    assert not before["agentConnected"]
    async with acs_line(region, agent) as line:
        assert (await line.next("HeartbeatMessage"))["healthy"] is True
        during = await instance_of(region, agent)
        assert during["agentConnected"]
        assert during["version"] > before["version"]
    await until(region, agent, lambda told: not told["agentConnected"])


async def test_heartbeats_come_and_their_acknowledgments_are_heard(
    region: RunningRegion, agent: EcsAgent
) -> None:
    async with acs_line(region, agent) as line:
        await line.next("HeartbeatMessage")
        await line.send("NackRequest", messageId="x", reason="no")
        await line.send("NoSuchFrame", a=1)
        await line.socket.send_str("no json")
        assert await line.next("TaskManifestMessage")
        assert (await instance_of(region, agent))["agentConnected"]


@pytest.mark.parametrize(("kind", "opened"), [(AcsLines, acs_line), (TcsLines, tcs_line)])
async def test_heartbeats_go_on_while_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, kind: Any, opened: Any
) -> None:
    assert kind.__init__.__kwdefaults__["heartbeat_s"] <= 60, "the agent gives up after that"
    monkeypatch.setitem(kind.__init__.__kwdefaults__, "heartbeat_s", 0.05)
    with running_region() as region:
        region.client("ecs").create_cluster(clusterName="kiosks")
        agent = await asyncio.to_thread(EcsAgent, region)
        await asyncio.to_thread(agent.register)
        async with opened(region, agent) as line:
            for _ in range(6):
                assert (await line.next("HeartbeatMessage", within_s=10))["healthy"]


async def test_a_line_whose_heartbeats_nobody_answers_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(AcsLines.__init__.__kwdefaults__ or {}, "heartbeat_s", 0.05)
    with running_region() as region:
        region.client("ecs").create_cluster(clusterName="kiosks")
        agent = await asyncio.to_thread(EcsAgent, region)
        await asyncio.to_thread(agent.register)
        async with acs_line(region, agent) as line:
            line.answers = False
            for _ in range(3):
                await line.next("HeartbeatMessage")
            with pytest.raises(TypeError):
                await line.next("HeartbeatMessage")
            await until(region, agent, lambda told: not told["agentConnected"])


async def test_a_new_line_takes_the_place_of_the_old(
    region: RunningRegion, agent: EcsAgent
) -> None:
    async with acs_line(region, agent) as old:
        await old.next("TaskManifestMessage")
        async with acs_line(region, agent) as fresh:
            await fresh.next("TaskManifestMessage")
            with pytest.raises(TypeError):
                await old.next("Nothing")
            assert (await instance_of(region, agent))["agentConnected"]


async def test_a_deregistered_instance_is_not_let_in(
    region: RunningRegion, agent: EcsAgent
) -> None:
    def deregister() -> None:
        region.client("ecs").deregister_container_instance(
            cluster="kiosks", containerInstance=agent.arn
        )

    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        await asyncio.to_thread(deregister)
        with pytest.raises(TypeError):
            await line.next("Nothing")
    for opened in (acs_line(region, agent), tcs_line(region, agent)):
        with pytest.raises(Refused) as refused:
            await opened.__aenter__()
        assert refused.value.kind == "InactiveInstanceException"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"clusterArn": "gone"}, "InvalidClusterException"),
        ({"containerInstanceArn": "0" * 32}, "InvalidInstanceException"),
    ],
)
async def test_a_line_is_for_an_instance_that_there_is(
    region: RunningRegion, agent: EcsAgent, changes: dict[str, str], kind: str
) -> None:
    with pytest.raises(Refused) as refused:
        async with acs_line(region, agent, **changes):
            pass

    assert refused.value.kind == kind


async def test_a_line_is_the_instances_own(region: RunningRegion, agent: EcsAgent) -> None:
    other = await asyncio.to_thread(EcsAgent, region)
    other.arn = agent.arn

    for opened in (acs_line(region, other), tcs_line(region, other)):
        with pytest.raises(Refused) as refused:
            await opened.__aenter__()
        assert refused.value.kind == "AccessDeniedException"
    assert not (await instance_of(region, agent))["agentConnected"]


async def test_an_agent_can_be_kept_from_connecting(region: RunningRegion, agent: EcsAgent) -> None:
    # A refused upgrade is asked once more by the test, for its body.
    await asyncio.to_thread(region.fault, service="acs", kind="5xx", times=2)

    with pytest.raises(Refused) as refused:
        async with acs_line(region, agent):
            pass

    assert refused.value.kind == "ServerException"
    async with acs_line(region, agent) as line:
        assert await line.next("HeartbeatMessage")


async def test_measurements_are_acknowledged_and_health_is_kept(
    region: RunningRegion, agent: EcsAgent
) -> None:
    async with tcs_line(region, agent) as line:
        assert (await line.next("HeartbeatMessage")) == {"healthy": True}
        for kind, message, answer in (
            ("PublishMetricsRequest", {"metadata": {}}, "AckPublishMetric"),
            (
                "PublishHealthRequest",
                {"metadata": {}, "tasks": [{"taskArn": "arn:unknown", "containers": [{}]}]},
                "AckPublishHealth",
            ),
            (
                "PublishInstanceStatusRequest",
                {
                    "statuses": [
                        {"type": "CONTAINER_RUNTIME", "status": "IMPAIRED", "lastUpdated": 9}
                    ]
                },
                "AckPublishInstanceStatus",
            ),
        ):
            frame = json.dumps({"type": kind, "message": message})
            await line.socket.send_str(f"Authorization: x\r\nHost: y\r\n\r\n{frame}")
            assert await line.next(answer)
        await line.socket.send_str("Host: y\r\n\r\nno json")
    told = await instance_of(region, agent, include=["CONTAINER_INSTANCE_HEALTH"])
    assert told["healthStatus"]["overallStatus"] == "IMPAIRED"
    assert told["healthStatus"]["details"][0]["type"] == "CONTAINER_RUNTIME"


async def test_lines_are_closed_when_the_region_ends() -> None:
    with contextlib.ExitStack() as ending:
        region = ending.enter_context(running_region())
        region.client("ecs").create_cluster(clusterName="kiosks")
        agent = await asyncio.to_thread(EcsAgent, region)
        await asyncio.to_thread(agent.register)
        async with acs_line(region, agent) as acs, tcs_line(region, agent) as tcs:
            await acs.next("TaskManifestMessage")
            await tcs.next("HeartbeatMessage")
            await asyncio.to_thread(ending.close)
            ends = [await line.socket.receive() for line in (acs, tcs)]
    assert [one.type for one in ends] == [aiohttp.WSMsgType.CLOSE] * 2


def test_a_frame_that_departs_from_the_agents_model_is_never_sent() -> None:
    assert json.loads(written("HeartbeatMessage", {"healthy": True})) == {
        "type": "HeartbeatMessage",
        "message": {"healthy": True},
    }
    for message in ({"healthy": 1}, {"colour": "red"}):
        with pytest.raises(DriftError):
            written("HeartbeatMessage", message)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"type": "AckRequest"}',
        '{"type": "AckRequest", "message": {}}',
        '{"type": "X", "message": {}}',
    ],
)
def test_what_is_no_frame_is_told_apart(text: str) -> None:
    with pytest.raises(FrameError):
        read(text)
