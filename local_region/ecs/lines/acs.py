"""ACS: the websocket by which an agent is told which tasks to run and stop.

`amazon-ecs-agent`, `ecs-agent/acs/session`. An agent is told each desired status until it
acknowledges it, also over a restart of either side; a manifest at the beginning of each line lets
it ask about tasks that the region does not want.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final, Literal
from uuid import uuid4

import structlog
from aiohttp import WSMsgType, web

from local_region.clock import Clock
from local_region.ecs.lines.door import Door, refusal
from local_region.ecs.lines.frames import FrameError, read, written
from local_region.ecs.lines.payload import task_message
from local_region.ecs.model import ContainerInstance, EcsState, Task
from local_region.faults.faults import Faults, Kind
from local_region.wire.errors import DriftError

log = structlog.get_logger()

HEARTBEAT_S: Final = 30.0
"""The agent gives a line up after a minute or two of silence (`ecs-agent/acs/session`)."""

_MOST_UNANSWERED: Final = 3
"""Agents of protocol 2 acknowledge heartbeats, and ACS closes lines that don't
(`ecs-agent/acs/session/session.go`, acsProtocolVersion); after how many is a guess."""


class Line:
    """One agent's websocket."""

    def __init__(self, instance: ContainerInstance, socket: web.WebSocketResponse) -> None:
        self.instance = instance
        self.socket = socket
        self.changed = asyncio.Event()
        self.unacknowledged: dict[str, list[tuple[Task, Literal["RUNNING", "STOPPED"]]]] = {}
        self.sent: set[tuple[str, str]] = set()
        self.unanswered = 0

    async def beat(self) -> None:
        """Send a heartbeat; it is unanswered until its acknowledgment comes."""
        self.unanswered += 1
        await self.send("HeartbeatMessage", {"healthy": True, "messageId": str(uuid4())})

    async def send(self, kind: str, message: dict[str, Any]) -> None:
        """Send a frame; raises ClientConnectionResetError if the line is gone."""
        await self.socket.send_str(written(kind, message))


class AcsLines:
    """Every agent's line, by container instance."""

    def __init__(
        self,
        state: EcsState,
        clock: Clock,
        faults: Faults,
        keep: Callable[[], None],
        *,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._state = state
        self._clock = clock
        self._faults = faults
        self._keep = keep
        self._heartbeat_s = heartbeat_s
        self._lines: dict[str, Line] = {}
        for instance in state.instances.values():
            instance.connected = instance.simulated

    def wake(self, instance: str) -> None:
        """Have an instance's agent told what changed for it, if it is connected."""
        if instance in self._lines:
            self._lines[instance].changed.set()

    async def close(self, _app: web.Application) -> None:
        """Close every line."""
        for line in list(self._lines.values()):
            await line.socket.close()

    def handler(self, door: Door) -> Callable[[web.Request], Any]:
        """Return the handler of `/acs/ws`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            fault = self._faults.take("acs", "Poll")
            if fault is not None and fault.kind is Kind.SLOW:
                await asyncio.sleep(fault.seconds)
            elif fault is not None:
                raise refusal("ServerException", "A fault that was asked for.")
            query = request.query
            instance = await door.admitted(
                request, query.get("clusterArn", ""), query.get("containerInstanceArn", "")
            )
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await self._serve(Line(instance, socket))
            return socket

        return handle

    async def _serve(self, line: Line) -> None:
        before = self._lines.get(line.instance.arn)
        self._lines[line.instance.arn] = line
        if before is not None:
            await before.socket.close()
        self._connected(line, connected=True)
        telling = asyncio.create_task(self._tell(line))
        try:
            async for message in line.socket:
                if message.type is WSMsgType.TEXT:
                    await self._hear(line, message.data)
        finally:
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await telling
            if self._lines.get(line.instance.arn) is line:
                del self._lines[line.instance.arn]
                self._connected(line, connected=False)

    def _connected(self, line: Line, *, connected: bool) -> None:
        line.instance.connected = connected
        line.instance.version += 1
        self._keep()
        log.info("acs_line", instance=line.instance.arn, connected=connected)

    async def _tell(self, line: Line) -> None:
        """Tell an agent what is new until its line ends; then, or if that fails, end the line."""
        try:
            await self._tell_on(line)
        except DriftError as error:
            log.exception("drift", instance=line.instance.arn, reason=str(error))
        finally:
            await line.socket.close()

    async def _tell_on(self, line: Line) -> None:
        await line.beat()
        await line.send("TaskManifestMessage", self._manifest(line.instance))
        while line.instance.status != "INACTIVE":
            line.changed.clear()
            await self._tell_tasks(line)
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    await line.changed.wait()
            except TimeoutError:
                if line.unanswered == _MOST_UNANSWERED:
                    log.info("acs_line_unanswered", instance=line.instance.arn)
                    return
                await line.beat()

    async def _tell_tasks(self, line: Line) -> None:
        news = [
            task
            for task in self._state.tasks.values()
            if task.instance == line.instance.arn
            and (task.last_status != "STOPPED" or task.told == "RUNNING")
            and task.desired != task.told
            and (task.arn, task.desired) not in line.sent
        ]
        if not news:
            return
        message_id = str(uuid4())
        cluster = self._state.clusters[line.instance.cluster].arn
        line.unacknowledged[message_id] = [(task, task.desired) for task in news]
        line.sent |= {(task.arn, task.desired) for task in news}
        tasks = [task_message(t, self._state.definitions[t.definition], cluster) for t in news]
        await line.send(
            "PayloadMessage",
            {
                **self._about(line.instance, message_id),
                "seqNum": self._advance(line.instance),
                "tasks": tasks,
            },
        )

    async def _hear(self, line: Line, text: str) -> None:
        try:
            kind, message = read(text)
        except FrameError as error:
            log.warning("acs_frame_unknown", instance=line.instance.arn, reason=str(error))
            return
        match kind:
            case "AckRequest":
                for task, desired in line.unacknowledged.pop(message["messageId"], []):
                    self._told(line, task, desired)
                self._keep()
            case "HeartbeatAckRequest":
                line.unanswered = 0
            case "TaskStopVerificationMessage":
                await self._verify_stops(line, message)
            case "NackRequest":
                log.warning("acs_nack", instance=line.instance.arn, reason=message.get("reason"))
            case _:
                log.debug("acs_frame", instance=line.instance.arn, kind=kind)

    def _told(self, line: Line, task: Task, desired: Literal["RUNNING", "STOPPED"]) -> None:
        """Note what an agent took up; what was ended before it did is to be stopped after all."""
        if desired == task.desired or task.last_status == "STOPPED":
            task.told = desired
        if task.told != task.desired:
            line.changed.set()

    async def _verify_stops(self, line: Line, message: dict[str, Any]) -> None:
        """Answer which of the tasks that an agent found beyond the manifest are to stop: all."""
        wanted = {task.arn for task in self._wanted(line.instance)}
        stops = [one for one in message["stopCandidates"] if one["taskArn"] not in wanted]
        ack = {"messageId": message["messageId"], "generatedAt": self._now_ms(), "stopTasks": stops}
        await line.send("TaskStopVerificationAck", ack)

    def _manifest(self, instance: ContainerInstance) -> dict[str, Any]:
        cluster = self._state.clusters[instance.cluster].arn
        return {
            **self._about(instance, str(uuid4())),
            "timeline": self._advance(instance),
            "tasks": [
                {"taskArn": task.arn, "taskClusterArn": cluster, "desiredStatus": task.desired}
                for task in self._wanted(instance)
            ],
        }

    def _wanted(self, instance: ContainerInstance) -> list[Task]:
        return [task for task in self._state.tasks_on(instance.arn) if task.desired == "RUNNING"]

    def _about(self, instance: ContainerInstance, message_id: str) -> dict[str, Any]:
        return {
            "clusterArn": self._state.clusters[instance.cluster].arn,
            "containerInstanceArn": instance.arn,
            "generatedAt": self._now_ms(),
            "messageId": message_id,
        }

    def _advance(self, instance: ContainerInstance) -> int:
        """Return a number above all that the agent has seen, also by a region that forgot it."""
        instance.sequence = max(instance.sequence + 1, int(self._clock.now().timestamp()))
        return instance.sequence

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
