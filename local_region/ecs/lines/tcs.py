"""TCS: the websocket by which an agent sends measurements. They are acknowledged and forgotten.

`amazon-ecs-agent`, `ecs-agent/tcs/client/client.go`: each frame is header lines of a signature, an
empty line, and JSON. What an agent says of its instance's and its containers' health is kept.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, get_args

import structlog
from aiohttp import WSMsgType, web

from local_region.ecs.lines.door import Door
from local_region.ecs.lines.frames import written
from local_region.ecs.model import ContainerInstance, EcsState, Health

log = structlog.get_logger()

HEARTBEAT_S: Final = 30.0
_HEALTH: Final = get_args(Health)
_ANSWERS: Final = {
    "PublishMetricsRequest": "AckPublishMetric",
    "PublishHealthRequest": "AckPublishHealth",
    "PublishInstanceStatusRequest": "AckPublishInstanceStatus",
}


class TcsLines:
    """Answers what agents measure."""

    def __init__(
        self, state: EcsState, keep: Callable[[], None], *, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._state = state
        self._keep = keep
        self._heartbeat_s = heartbeat_s
        self._sockets: set[web.WebSocketResponse] = set()

    async def close(self, _app: web.Application) -> None:
        """Close every line."""
        for socket in list(self._sockets):
            await socket.close()

    def handler(self, door: Door) -> Callable[[web.Request], Any]:
        """Return the handler of `/tcs/ws`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            query = request.query
            instance = await door.admitted(
                request, query.get("cluster", ""), query.get("containerInstance", "")
            )
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            self._sockets.add(socket)
            beating = asyncio.create_task(self._beat(socket))
            try:
                async for message in socket:
                    if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                        await self._hear(instance, socket, message.data)
            finally:
                beating.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await beating
                self._sockets.discard(socket)
            return socket

        return handle

    async def _beat(self, socket: web.WebSocketResponse) -> None:
        while True:
            await socket.send_str(written("HeartbeatMessage", {"healthy": True}))
            await asyncio.sleep(self._heartbeat_s)

    async def _hear(
        self, instance: ContainerInstance, socket: web.WebSocketResponse, data: str | bytes
    ) -> None:
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        body = text.rpartition("\r\n\r\n")[2]
        try:
            frame = json.loads(body)
            answer = _ANSWERS[frame["type"]]
        except (ValueError, KeyError, TypeError) as error:
            log.warning("tcs_frame_unknown", instance=instance.arn, reason=repr(error))
            return
        if answer == "AckPublishInstanceStatus":
            instance.health = [_status(one) for one in frame["message"].get("statuses", [])]
            self._keep()
        elif answer == "AckPublishHealth":
            self._note_health(instance, frame["message"].get("tasks", []))
        await socket.send_str(written(answer, {"message": "OK"}))

    def _note_health(self, instance: ContainerInstance, tasks: list[dict[str, Any]]) -> None:
        """Keep the health of containers of the agent's own tasks, if it is another than before."""
        told = {
            (one.get("taskArn"), container.get("containerName")): container.get("healthStatus")
            for one in tasks
            for container in one.get("containers", [])
        }
        changed = False
        for task in self._state.tasks_on(instance.arn):
            for container in task.containers:
                status = told.get((task.arn, container.name))
                if status in _HEALTH and status != container.health:
                    container.health, changed = status, True
                    task.version += 1
        if changed:
            self._keep()


def _status(one: dict[str, Any]) -> dict[str, Any]:
    told = {"type": one.get("type", "CONTAINER_RUNTIME"), "status": one.get("status", "OK")}
    for name in ("lastUpdated", "lastStatusChange"):
        if isinstance(one.get(name), int | float):
            told[name] = datetime.fromtimestamp(one[name], UTC)
    return told
