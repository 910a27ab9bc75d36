"""The region away, the agent restarted, and both: what runs on, what stays dead, what is told."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from local_region.ecs.lines.acs import AcsLines
from local_region.ecs_agent.adapters.memory_engine import MemoryEngine
from local_region.ecs_agent.adapters.saved_file import FILE
from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.faults import Fault
from local_region.ecs_agent.ports import ContainerFacts, EngineError
from tests.support.external_instance import PACE, Ecs, ExternalInstance, external_instance, until
from tests.support.region import RunningRegion


async def up(ecs: Ecs, host: ExternalInstance, **container: Any) -> tuple[str, str]:
    """Return a task that runs, and its container's id."""
    arn = await ecs.run(await ecs.define(**container), host.arn)
    task = await ecs.becomes(arn, "RUNNING")
    return arn, str(task["containers"][0]["runtimeId"])


def engine_of(host: ExternalInstance) -> MemoryEngine:
    assert isinstance(host.engine, MemoryEngine)
    return host.engine


async def known_status(host: ExternalInstance, arn: str) -> str:
    [found] = [one for one in await host.tasks() if one["Arn"] == arn]
    return str(found["KnownStatus"])


async def known_as(host: ExternalInstance, arn: str, status: str) -> None:
    async def there() -> bool:
        return await known_status(host, arn) == status

    await until(there, f"{arn} known as {status}")


async def test_without_the_region_containers_run_on_and_what_dies_stays_dead(
    ecs: Ecs, host: ExternalInstance
) -> None:
    (kept, kept_id), (died, died_id) = await up(ecs, host), await up(ecs, host)
    host.order(Fault.REFUSED)
    await ecs.connected(host.arn, yes=False)

    engine_of(host).end(died_id, 9)
    await known_as(host, died, "STOPPED")

    assert await known_status(host, kept) == "RUNNING"
    assert engine_of(host).containers[kept_id].running
    assert len(engine_of(host).containers) == 2
    assert (await ecs.task(died))["lastStatus"] == "RUNNING", "the region can't know"

    host.order(None)
    await ecs.connected(host.arn)
    told = await ecs.becomes(died, "STOPPED")
    assert told["containers"][0]["exitCode"] == 9
    assert (await ecs.task(kept))["lastStatus"] == "RUNNING"
    assert host.hits()["refused"] > 1


async def test_a_stale_running_can_go_with_a_connection(ecs: Ecs, host: ExternalInstance) -> None:
    arn, docker_id = await up(ecs, host)
    host.order(Fault.STALE_RUNNING)
    engine_of(host).end(docker_id, 9)
    await until(lambda: host.hits().get("stale-running"), "a report that is held back")

    assert (await ecs.instance(host.arn))["agentConnected"]
    assert (await ecs.task(arn))["lastStatus"] == "RUNNING"
    assert await known_status(host, arn) == "STOPPED"
    other, _ = await up(ecs, host)
    assert (await ecs.task(other))["lastStatus"] == "RUNNING", "what runs is told of"

    host.order(None)
    await ecs.becomes(arn, "STOPPED")


async def test_an_agent_restarted_without_the_region_starts_and_serves_nothing(
    ecs: Ecs, host: ExternalInstance
) -> None:
    (kept, kept_id), (died, died_id) = await up(ecs, host), await up(ecs, host)
    await host.stop()
    host.order(Fault.REFUSED)
    engine_of(host).end(died_id, 9)

    assert [await host.run_to_its_end() for _ in range(3)] == [1, 1, 1]

    with pytest.raises(OSError, match="refused"):
        await host.introspect("/v1/metadata")
    assert engine_of(host).containers[kept_id].running
    assert not engine_of(host).containers[died_id].running
    assert host.hits()["refused"] == 9

    host.order(None)
    await host.start()
    told = await ecs.becomes(died, "STOPPED")
    assert told["containers"][0]["exitCode"] == 9
    assert (await ecs.task(kept))["lastStatus"] == "RUNNING"


async def test_an_agent_that_comes_back_restarts_nothing_whatever_the_policy(
    ecs: Ecs, host: ExternalInstance
) -> None:
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    arn, docker_id = await up(ecs, host, restartPolicy=policy)
    await host.stop()
    container = engine_of(host).containers[docker_id]
    # It ran for longer than its period.
    assert container.started is not None
    container.started = container.started.replace(year=2020)
    engine_of(host).end(docker_id, 9)

    await host.start()

    await ecs.becomes(arn, "STOPPED")
    assert not container.running


async def test_a_container_that_vanished_meanwhile_is_told_as_such(
    ecs: Ecs, host: ExternalInstance
) -> None:
    arn, _ = await up(ecs, host)
    await host.stop()
    engine_of(host).containers.clear()

    await host.start()

    told = await ecs.becomes(arn, "STOPPED")
    assert told["containers"][0]["reason"].startswith("ContainerVanishedError")


async def test_a_task_that_was_being_started_is_started_by_the_next_agent(
    ecs: Ecs, host: ExternalInstance
) -> None:
    engine = engine_of(host)
    gate, real = asyncio.Event(), engine.pull

    async def wait(_image: str) -> None:
        gate.set()
        await asyncio.Event().wait()

    engine.pull = wait  # type: ignore[method-assign]
    arn = await ecs.run(await ecs.define(), host.arn)
    async with asyncio.timeout(30):
        await gate.wait()
    await host.stop()
    engine.pull = real  # type: ignore[method-assign]

    await host.start()

    await ecs.becomes(arn, "RUNNING")
    assert len(engine.containers) == 1


async def test_a_container_whose_id_was_never_noted_is_found_by_its_name(
    ecs: Ecs, host: ExternalInstance
) -> None:
    arn, docker_id = await up(ecs, host)
    await host.stop()
    forget(host, arn, docker_id=None, status="PULLED")

    await host.start()

    await until(lambda: len(engine_of(host).containers) == 1, "one container")
    await known_as(host, arn, "RUNNING")
    [told] = await host.tasks()
    assert told["Containers"][0]["DockerId"] == docker_id


def forget(host: ExternalInstance, arn: str, **changes: Any) -> None:
    """Have the agent's file say less of a container than there is."""
    path = host.settings.state / FILE
    saved = json.loads(path.read_text())
    saved["tasks"][arn]["containers"][0] |= changes
    path.write_text(json.dumps(saved))


async def test_a_stop_that_was_told_while_the_agent_was_down_is_done_when_it_returns(
    ecs: Ecs, host: ExternalInstance
) -> None:
    arn, docker_id = await up(ecs, host)
    await host.stop()
    await ecs.connected(host.arn, yes=False)
    await ecs.end(arn)
    assert engine_of(host).containers[docker_id].running

    await host.start()

    await ecs.becomes(arn, "STOPPED")
    assert not engine_of(host).containers[docker_id].running


async def test_a_task_that_the_region_forgot_is_stopped_by_its_manifest(
    ecs: Ecs, host: ExternalInstance
) -> None:
    arn, docker_id = await up(ecs, host)
    await host.stop()
    path = host.settings.state / FILE
    saved = json.loads(path.read_text())
    saved["tasks"]["arn:forgotten"] = {**saved["tasks"].pop(arn), "arn": "arn:forgotten"}
    path.write_text(json.dumps(saved))

    await host.start()

    container = engine_of(host).containers[docker_id]
    await until(lambda: not container.running, "the stop")
    await known_as(host, "arn:forgotten", "STOPPED")


async def test_a_deregistered_instance_leaves_its_containers_and_waits_an_hour(
    ecs: Ecs, host: ExternalInstance
) -> None:
    _, docker_id = await up(ecs, host)
    with capture_logs() as logs:
        await ecs(
            "deregister_container_instance",
            cluster="kiosks",
            containerInstance=host.arn,
            force=True,
        )

        def waiting() -> list[Any]:
            ends = [one for one in logs if one["event"] == "disconnected" and one["line"] == "acs"]
            return [one for one in ends if "InactiveInstanceException" in one["reason"]]

        [end] = await until(waiting, "the refusal")
    assert end["again_in_s"] == 3600 * 0.02
    assert engine_of(host).containers[docker_id].running


async def test_an_engine_that_is_away_for_a_while_is_waited_for(
    ecs: Ecs, host: ExternalInstance
) -> None:
    arn, docker_id = await up(ecs, host)
    engine = engine_of(host)
    real_inspect, real_stop, failures = engine.inspect, engine.stop, []

    def away(times: int) -> None:
        if len(failures) < times:
            failures.append(1)
            raise EngineError("CannotInspectContainerError", "Cannot connect", retryable=True)

    async def inspect(name: str) -> ContainerFacts:
        away(3)
        return await real_inspect(name)

    async def stop(name: str, grace_s: int) -> None:
        away(6)
        await real_stop(name, grace_s)

    engine.inspect, engine.stop = inspect, stop  # type: ignore[method-assign]
    await ecs.end(arn)

    told = await ecs.becomes(arn, "STOPPED")
    assert len(failures) == 6
    assert told["containers"][0]["exitCode"] == 143
    assert not engine.containers[docker_id].running


async def test_hibernation_leaves_the_line_and_ends_an_agent_that_registers(
    ecs: Ecs, host: ExternalInstance
) -> None:
    arn, docker_id = await up(ecs, host)
    host.order(Fault.HIBERNATING)
    engine_of(host).end(docker_id, 9)
    await until(lambda: host.hits().get("hibernating", 0) > 2, "refused reports")
    assert (await ecs.instance(host.arn))["agentConnected"]
    await host.stop()

    assert await host.run_to_its_end() == 1

    host.order(None)
    await host.start()
    await ecs.becomes(arn, "STOPPED")


async def test_a_black_hole_is_noticed_late_and_left_when_it_ends(
    region: RunningRegion, ecs: Ecs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AcsLines.__init__.__kwdefaults__ or {}, "heartbeat_s", 0.2)
    pace = replace(PACE, vanished=1.0, attempt=5.0, submit_attempt=5.0)
    assert Pace().vanished == 56
    host = external_instance(region, tmp_path, pace=pace)
    async with host.running():
        await ecs.connected(host.arn)
        arn, docker_id = await up(ecs, host)
        host.order(Fault.BLACK_HOLE)
        await until(lambda: host.hits().get("black-hole"), "the hole")
        engine_of(host).end(docker_id, 9)
        await known_as(host, arn, "STOPPED")
        assert (await ecs.task(arn))["lastStatus"] == "RUNNING"
        await ecs.connected(host.arn, yes=False)
        await until(lambda: host.hits()["black-hole"] >= 4, "attempts that hang")

        host.order(None)

        await ecs.connected(host.arn)
        await ecs.becomes(arn, "STOPPED")


async def test_a_black_hole_that_ends_soon_breaks_nothing(
    region: RunningRegion, ecs: Ecs, tmp_path: Path
) -> None:
    host = external_instance(region, tmp_path, pace=replace(PACE, vanished=60.0))
    async with host.running():
        before = await ecs.connected(host.arn)
        host.order(Fault.BLACK_HOLE)
        # The two lines find it by themselves: ACS's and TCS's.
        await until(lambda: host.hits().get("black-hole", 0) >= 2, "the hole")
        arn = await ecs.run(await ecs.define(), host.arn)
        assert await host.tasks() == []

        host.order(None)

        await ecs.becomes(arn, "RUNNING")
        after = await ecs.instance(host.arn)
    assert after["agentConnected"]
    assert after["version"] == before["version"], "its line did not end"


async def test_a_word_that_is_no_fault_is_none(ecs: Ecs, host: ExternalInstance) -> None:
    (host.settings.state / "fault").write_text("flood\n")
    await up(ecs, host)
    assert host.hits() == {}
