"""ACS: the line by which the agent is told what to run and stop.

`amazon-ecs-agent`, `ecs-agent/acs/session`: any frame shows that the line lives; a payload is
acknowledged once it is on disk; tasks that a manifest lacks are asked about before they stop.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, Protocol

import structlog
from pydantic import ValidationError

from local_region.ecs_agent.domain.messages import TaskTold
from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.ports import Checkpoint, Ecs, Line, RefusedError, UnreachableError

log = structlog.get_logger()

_INACTIVE: Final = "InactiveInstanceException"


class Obeys(Protocol):
    """Who runs the tasks."""

    def take(self, told: TaskTold) -> None:
        """Take a task up, or have a known one be as it is told to be now."""
        ...

    def refuse(self, raw: dict[str, Any], reason: str) -> None:
        """Have a task that can't be read reported as stopped."""
        ...

    def stop(self, arn: str) -> None:
        """Stop a task; one that is not known is passed over."""
        ...

    def running(self) -> list[tuple[str, str]]:
        """Return the tasks that should run, as ARN and cluster."""
        ...


class Endpoints(Protocol):
    """Where the lines are."""

    async def acs(self) -> str:
        """Return ACS's address, signed for nobody yet; raises as Ecs.call does."""
        ...


class AcsSession:
    """Holds the line for good."""

    def __init__(
        self, ecs: Ecs, endpoints: Endpoints, file: Checkpoint, obeys: Obeys, pace: Pace
    ) -> None:
        self._ecs = ecs
        self._endpoints = endpoints
        self._file = file
        self._obeys = obeys
        self._pace = pace
        self._manifest: str | None = None

    async def run(self) -> None:
        """Connect, and again whenever the line ends."""
        await keep_connected("acs", self._hold, self._pace)

    async def _hold(self) -> None:
        url = await self._endpoints.acs()
        async with self._ecs.line(url, timeout_s=self._pace.attempt) as line:
            log.info("connected", line="acs")
            await hear(line, self._pace, lambda text: self._hear(line, text))

    async def _hear(self, line: Line, text: str) -> None:
        try:
            frame = json.loads(text)
            kind, message = frame["type"], frame["message"]
            match kind:
                case "HeartbeatMessage":
                    await _say(line, "HeartbeatAckRequest", messageId=message.get("messageId", ""))
                case "PayloadMessage":
                    await self._payload(line, message)
                case "TaskManifestMessage":
                    await self._compare(line, message)
                case "TaskStopVerificationAck":
                    self._stop_verified(message)
                case _:
                    log.info("acs_frame_passed_over", kind=kind)
        except (ValueError, KeyError, TypeError) as error:
            log.warning("acs_frame_unreadable", reason=repr(error)[:200])

    async def _payload(self, line: Line, message: dict[str, Any]) -> None:
        for raw in message["tasks"]:
            try:
                self._obeys.take(TaskTold.model_validate(raw))
            except ValidationError as error:
                self._obeys.refuse(raw, _short(error))
        self._file.saved.sequence = max(self._file.saved.sequence, message.get("seqNum", 0))
        self._file.save()
        await _say(line, "AckRequest", **_about(message))

    async def _compare(self, line: Line, message: dict[str, Any]) -> None:
        """Ask about tasks that run here and are not in the manifest, if it is a new one."""
        if message["timeline"] <= self._file.saved.sequence:
            log.info("manifest_stale", timeline=message["timeline"])
            return
        self._file.saved.sequence, self._manifest = message["timeline"], message["messageId"]
        self._file.save()
        wanted = {
            one["taskArn"] for one in message["tasks"] if one.get("desiredStatus") == "RUNNING"
        }
        candidates = [
            {"taskArn": arn, "taskClusterArn": cluster, "desiredStatus": "STOPPED"}
            for arn, cluster in self._obeys.running()
            if arn not in wanted
        ]
        await _say(line, "AckRequest", **_about(message))
        if candidates:
            asked = {"messageId": message["messageId"], "stopCandidates": candidates}
            await _say(line, "TaskStopVerificationMessage", **asked)

    def _stop_verified(self, message: dict[str, Any]) -> None:
        if message["messageId"] != self._manifest:
            log.info("stop_verification_stale")
            return
        for one in message["stopTasks"]:
            self._obeys.stop(one["taskArn"])


async def keep_connected(name: str, hold: Callable[[], Any], pace: Pace) -> None:
    """Call `hold` for ever, with the real agent's pauses between.

    A line that was closed in good order is opened again at once, unless it was so short that this
    would go on without end.
    """
    loop, attempt = asyncio.get_running_loop(), 0
    while True:
        began = loop.time()
        pause: float | None = None
        try:
            await hold()
            reason, at_once = "closed", loop.time() - began > pace.reconnect.least_s
        except (UnreachableError, RefusedError) as error:
            reason, at_once = str(error), False
            if isinstance(error, RefusedError) and error.code == _INACTIVE:
                pause = pace.inactive
        if at_once or loop.time() - began > pace.silence:
            attempt = 0
        if pause is None:
            pause = 0.0 if at_once else pace.reconnect.pause(attempt)
        attempt += 1
        log.info("disconnected", line=name, again_in_s=round(pause, 2), reason=reason[:300])
        await asyncio.sleep(pause)


async def hear(line: Line, pace: Pace, what: Callable[[str], Any]) -> None:
    """Give each frame to `what` until the other end closes; raises UnreachableError."""
    while True:
        try:
            async with asyncio.timeout(pace.longest_silence()):
                text = await line.receive()
        except TimeoutError as error:
            raise UnreachableError("no heartbeat for too long") from error
        if text is None:
            return
        await what(text)


async def _say(line: Line, kind: str, **message: Any) -> None:
    await line.send(json.dumps({"type": kind, "message": message}))


def _about(message: dict[str, Any]) -> dict[str, str]:
    return {
        "cluster": message["clusterArn"],
        "containerInstance": message["containerInstanceArn"],
        "messageId": message["messageId"],
    }


def _short(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()[:3]
    )
