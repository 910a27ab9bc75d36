"""ACS and TCS from the agent's side: what it answers, when it gives a line up, how it returns."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from local_region.ecs_agent.adapters.memory_engine import MemoryEngine
from local_region.ecs_agent.domain.messages import TaskTold
from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.ports import EngineError, RefusedError, UnreachableError
from local_region.ecs_agent.services.acs import AcsSession, hear, keep_connected
from local_region.ecs_agent.services.endpoints import PollEndpoints
from local_region.ecs_agent.services.tcs import Measures, TcsSession
from tests.support.scripted_ecs import MemoryCheckpoint, ScriptedEcs, ScriptedLine

ABOUT = {"clusterArn": "arn:cluster", "containerInstanceArn": "arn:instance"}
ENDPOINTS = {"endpoint": "http://acs.example/", "telemetryEndpoint": "http://tcs.example"}
SOON = Pace().scaled(0.01)
TASK = {
    "arn": "arn:task/1",
    "family": "kiosk",
    "version": "7",
    "desiredStatus": "RUNNING",
    "containers": [{"name": "ui", "image": "x"}],
}


class Ended(Exception):  # noqa: N818  no error
    """The test has seen enough."""


class Recorder:
    """Notes what it is told to do; `knows` are the tasks that it runs."""

    def __init__(self, *knows: str) -> None:
        self.did: list[tuple[str, Any]] = []
        self.knows = knows

    def take(self, told: TaskTold) -> None:
        self.did.append(("take", told.arn))

    def refuse(self, raw: dict[str, Any], reason: str) -> None:
        self.did.append(("refuse", (raw.get("arn"), reason)))

    def stop(self, arn: str) -> None:
        self.did.append(("stop", arn))

    def running(self) -> list[tuple[str, str]]:
        return [(arn, "arn:cluster") for arn in self.knows]


def payload(*tasks: dict[str, Any], sequence: int = 5) -> tuple[str, dict[str, Any]]:
    told = {**ABOUT, "messageId": "p-1", "seqNum": sequence, "generatedAt": 1, "tasks": list(tasks)}
    return "PayloadMessage", told


def manifest(*arns: str, timeline: int = 9, message: str = "m-1") -> tuple[str, dict[str, Any]]:
    tasks = [{"taskArn": arn, "desiredStatus": "RUNNING"} for arn in arns]
    told = {**ABOUT, "messageId": message, "timeline": timeline, "generatedAt": 1, "tasks": tasks}
    return "TaskManifestMessage", told


async def heard(
    line: ScriptedLine, recorder: Recorder, file: MemoryCheckpoint | None = None
) -> MemoryCheckpoint:
    """Have a session hear a line's frames until it closes."""
    ecs, file = ScriptedEcs(ENDPOINTS), file or MemoryCheckpoint()
    ecs.lines = [line]
    endpoints = PollEndpoints(ecs, "kiosks", "arn:instance", "20.10", Pace())
    await AcsSession(ecs, endpoints, file, recorder, Pace())._hold()
    return file


async def test_acs_is_asked_for_as_the_real_agent_asks() -> None:
    ecs = ScriptedEcs(ENDPOINTS)
    ecs.lines = [ScriptedLine()]
    endpoints = PollEndpoints(ecs, "kiosks", "arn:instance/1", "20.10", Pace())
    await AcsSession(ecs, endpoints, MemoryCheckpoint(), Recorder(), Pace())._hold()

    parts = urlsplit(ecs.opened[0])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://acs.example/ws"
    assert {name: value for name, [value] in parse_qs(parts.query).items()} == {
        "agentHash": "stand-in",
        "agentVersion": "1.105.1",
        "clusterArn": "kiosks",
        "containerInstanceArn": "arn:instance/1",
        "dockerVersion": "20.10",
        "protocolVersion": "2",
        "sendCredentials": "true",
        "seqNum": "1",
    }


async def test_an_endpoint_is_believed_for_twelve_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    ecs = ScriptedEcs(ENDPOINTS)
    endpoints = PollEndpoints(ecs, "kiosks", "arn:instance", "20.10", Pace())
    now = asyncio.get_running_loop().time()
    for later_s, asked in ((0, 1), (12 * 3600 - 1, 1), (12 * 3600 + 2, 2)):
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda at=now + later_s: at)
        await endpoints.acs()
        await endpoints.tcs()
        assert len(ecs.calls) == asked
    monkeypatch.undo()


async def test_a_heartbeat_is_acknowledged() -> None:
    line = ScriptedLine(("HeartbeatMessage", {"healthy": True, "messageId": "h-1"}))
    await heard(line, Recorder())
    assert line.sent == [("HeartbeatAckRequest", {"messageId": "h-1"})]


async def test_a_payload_is_acknowledged_once_it_is_on_disk() -> None:
    recorder, line = Recorder(), ScriptedLine(payload(TASK))
    file = MemoryCheckpoint()
    saves_at_ack: list[int] = []
    say = line.send

    async def send(text: str) -> None:
        saves_at_ack.append(len(file.saves))
        await say(text)

    line.send = send  # type: ignore[method-assign]
    await heard(line, recorder, file)

    assert recorder.did == [("take", "arn:task/1")]
    assert saves_at_ack == [1]
    assert file.saves[0].sequence == 5
    told = {"cluster": "arn:cluster", "containerInstance": "arn:instance", "messageId": "p-1"}
    assert line.sent == [("AckRequest", told)]


async def test_unknown_members_are_passed_over_and_a_task_that_can_not_be_read_is_refused() -> None:
    strange = {**TASK, "colour": "red", "containers": [{**TASK["containers"][0], "shape": 1}]}
    broken = {**TASK, "arn": "arn:task/2", "containers": []}
    no_json = {**TASK, "arn": "arn:task/3"}
    no_json["containers"] = [{"name": "ui", "image": "x", "dockerConfig": {"config": "{"}}]
    recorder, line = Recorder(), ScriptedLine(payload(strange, broken, no_json))
    await heard(line, recorder)

    assert recorder.did[0] == ("take", "arn:task/1")
    refused = dict(what for did, what in recorder.did if did == "refuse")
    assert refused.keys() == {"arn:task/2", "arn:task/3"}
    assert "containers" in refused["arn:task/2"]
    assert [kind for kind, _ in line.sent] == ["AckRequest"]


async def test_frames_that_are_none_or_of_another_kind_end_nothing() -> None:
    line = ScriptedLine(
        ("IAMRoleCredentialsMessage", {}),
        ("PayloadMessage", {"tasks": []}),
        ("HeartbeatMessage", {"messageId": "h-1"}),
    )
    line.frames.insert(0, "no json")
    await heard(line, Recorder())
    assert line.sent == [("HeartbeatAckRequest", {"messageId": "h-1"})]


async def test_tasks_that_a_manifest_lacks_are_asked_about_before_they_stop() -> None:
    recorder = Recorder("arn:task/1", "arn:task/2")
    ack = {"messageId": "m-1", "stopTasks": [{"taskArn": "arn:task/2"}]}
    line = ScriptedLine(manifest("arn:task/1"), ("TaskStopVerificationAck", ack))
    file = await heard(line, recorder)

    kind, asked = line.sent[1]
    assert (kind, asked["messageId"]) == ("TaskStopVerificationMessage", "m-1")
    assert [one["taskArn"] for one in asked["stopCandidates"]] == ["arn:task/2"]
    assert recorder.did == [("stop", "arn:task/2")]
    assert file.saved.sequence == 9


async def test_a_manifest_that_is_not_newer_than_the_last_payload_is_passed_over() -> None:
    recorder = Recorder("arn:task/1")
    for timeline, sent in ((5, ["AckRequest"]), (6, ["AckRequest"] * 2)):
        line = ScriptedLine(payload(), manifest(timeline=timeline))
        await heard(line, recorder)
        assert [kind for kind, _ in line.sent][:2] == sent


async def test_a_verification_of_another_manifest_stops_nothing() -> None:
    recorder = Recorder("arn:task/1")
    ack = {"messageId": "m-0", "stopTasks": [{"taskArn": "arn:task/1"}]}
    await heard(ScriptedLine(manifest(), ("TaskStopVerificationAck", ack)), recorder)
    assert recorder.did == []


async def test_a_silent_line_is_given_up() -> None:
    async def nothing(_text: str) -> None:
        raise AssertionError

    with pytest.raises(UnreachableError, match="no heartbeat"):
        await hear(ScriptedLine(then_silent=True), SOON, nothing)


async def pauses_of(
    monkeypatch: pytest.MonkeyPatch, hold: Callable[[], Awaitable[None]], number: int
) -> list[float]:
    """Return the first pauses between calls of `hold`; no time passes."""
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == number:
            raise Ended

    monkeypatch.setattr(asyncio, "sleep", note)
    with pytest.raises(Ended):
        await keep_connected("acs", hold, Pace())
    return pauses


async def test_reconnects_come_later_each_time_up_to_two_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hold() -> None:
        raise UnreachableError("refused")

    pauses = await pauses_of(monkeypatch, hold, 30)

    assert 0.25 <= pauses[0] <= 0.3
    assert 0.375 <= pauses[1] <= 0.45
    assert 120 <= pauses[-1] <= 144


async def test_a_line_that_held_for_a_minute_begins_the_pauses_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, ahead = asyncio.get_running_loop(), [0.0]
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + ahead[0])
    calls = []

    async def hold() -> None:
        calls.append(1)
        if len(calls) == 10:
            ahead[0] += 61
        raise UnreachableError("broke")

    pauses = await pauses_of(monkeypatch, hold, 11)

    assert pauses[8] > 5
    assert pauses[9] <= 0.3
    assert 0.375 <= pauses[10] <= 0.45


async def test_a_line_that_ecs_closed_is_opened_again_at_once_unless_it_was_too_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, ahead = asyncio.get_running_loop(), [0.0]
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + ahead[0])
    held_s = iter((10.0, 0.0, 0.0, 10.0))

    async def hold() -> None:
        ahead[0] += next(held_s)

    first, second, third, fourth = await pauses_of(monkeypatch, hold, 4)

    assert (first, fourth) == (0.0, 0.0)
    assert third > second > 0


async def test_a_deregistered_instance_waits_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hold() -> None:
        raise RefusedError("InactiveInstanceException", "deregistered")

    assert await pauses_of(monkeypatch, hold, 2) == [3600.0, 3600.0]


async def nobody() -> list[dict[str, Any]]:
    """Return the health of no task."""
    return []


class Impaired(MemoryEngine):
    """An engine that does not answer."""

    async def version(self) -> str:
        raise EngineError("CannotGetDockerClientError", "gone", retryable=True)


@pytest.mark.parametrize(("engine", "status"), [(MemoryEngine(), "OK"), (Impaired(), "IMPAIRED")])
async def test_tcs_measures_that_the_engine_is_well(engine: MemoryEngine, status: str) -> None:
    ecs = ScriptedEcs(ENDPOINTS)
    line = ScriptedLine(then_silent=True)
    ecs.lines = [line]
    endpoints = PollEndpoints(ecs, "kiosks", "arn:instance", "20.10", Pace())
    pace = replace(SOON, silence=20.0)
    tcs = TcsSession(ecs, endpoints, Measures(engine, nobody), {"cluster": "kiosks"}, pace)
    holding = asyncio.create_task(tcs._hold())
    async with asyncio.timeout(10):
        while len(line.sent) < 4:  # noqa: ASYNC110  a list has no event
            await asyncio.sleep(0.01)
    holding.cancel()

    assert ecs.opened[0].startswith("http://tcs.example/ws?agentHash=")
    assert [kind for kind, _ in line.sent[:4]] == [
        "PublishMetricsRequest",
        "PublishInstanceStatusRequest",
    ] * 2
    [first], [second] = (told["statuses"] for _, told in line.sent[1:4:2])
    assert (first["type"], first["status"]) == ("CONTAINER_RUNTIME", status)
    assert second["lastStatusChange"] == first["lastStatusChange"] < second["lastUpdated"]
    assert json.dumps(line.sent)
