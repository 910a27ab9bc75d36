"""The websockets of an ECS agent, over real sockets.

From amazon-ecs-agent: `ecs-agent/acs/session/session.go` (the query), `ecs-agent/wsclient` (frames,
signature in the upgrade's headers), `ecs-agent/tcs/client/client.go` (signed frames).
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion


class Refused(Exception):  # noqa: N818  what the region did
    """The upgrade was refused; `kind` is the exception of the agent's model."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status} {body}")
        self.kind = json.loads(body)["type"]


class AcsAgent:
    """One line. `frames` are all that came, in order, as type and message.

    With `answers` it acknowledges heartbeats, as it must on ACS.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, answers: bool = False) -> None:
        self.socket = socket
        self.answers = answers
        self.frames: list[tuple[str, dict[str, Any]]] = []

    async def next(self, kind: str, *, within_s: float | None = 10) -> dict[str, Any]:
        """Return the next frame of a kind, passing over others; None: however long that takes."""
        async with asyncio.timeout(within_s):
            while True:
                frame = json.loads(await self.socket.receive_str())
                self.frames.append((frame["type"], frame["message"]))
                if self.answers and frame["type"] == "HeartbeatMessage":
                    await self.send("HeartbeatAckRequest", messageId=frame["message"]["messageId"])
                if frame["type"] == kind:
                    message: dict[str, Any] = frame["message"]
                    return message

    async def nothing_for(self, seconds: float) -> None:
        """Fail if a frame other than a heartbeat comes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    frame = json.loads(await self.socket.receive_str())
                    assert frame["type"] == "HeartbeatMessage", frame

    async def send(self, kind: str, **message: Any) -> None:
        """Send a frame."""
        await self.socket.send_str(json.dumps({"type": kind, "message": message}))

    async def acknowledge(self, payload: dict[str, Any]) -> None:
        """Acknowledge a payload, as the agent does once it has written it down."""
        await self.send(
            "AckRequest",
            cluster=payload["clusterArn"],
            containerInstance=payload["containerInstanceArn"],
            messageId=payload["messageId"],
        )


@contextlib.asynccontextmanager
async def acs_line(
    region: RunningRegion, agent: EcsAgent, **changes: str
) -> AsyncIterator[AcsAgent]:
    """Open ACS; raises Refused."""
    query = {
        "agentHash": "a8b3e7d3",
        "agentVersion": "1.105.1",
        "clusterArn": "kiosks",
        "containerInstanceArn": str(agent.arn),
        "protocolVersion": "2",
        "sendCredentials": "true",
        "seqNum": "1",
        **changes,
    }
    async with _line(region, agent, "acs", query) as socket:
        yield AcsAgent(socket, answers=True)


@contextlib.asynccontextmanager
async def tcs_line(region: RunningRegion, agent: EcsAgent) -> AsyncIterator[AcsAgent]:
    """Open TCS; raises Refused."""
    query = {"cluster": "kiosks", "containerInstance": str(agent.arn), "agentVersion": "1.105.1"}
    async with _line(region, agent, "tcs", query) as socket:
        yield AcsAgent(socket)


@contextlib.asynccontextmanager
async def _line(
    region: RunningRegion, agent: EcsAgent, where: str, query: dict[str, str]
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    issued = await asyncio.to_thread(agent.ssm_agent.role_token)
    url = f"{region.url}/{where}/ws?{urlencode(sorted(query.items()))}"
    request = AWSRequest(method="GET", url=url)
    keys = Credentials(
        issued["access_key_id"], issued["secret_access_key"], issued["session_token"]
    )
    SigV4Auth(keys, "ecs", region.settings.region).add_auth(request)
    async with aiohttp.ClientSession() as session:
        try:
            socket = await session.ws_connect(url, headers=dict(request.headers.items()))
        except aiohttp.WSServerHandshakeError:
            async with session.get(url, headers=dict(request.headers.items())) as answer:
                raise Refused(answer.status, await answer.text()) from None
        async with socket:
            yield socket


@contextlib.asynccontextmanager
async def obeying(
    region: RunningRegion, agent: EcsAgent, *, fails: bool = False
) -> AsyncIterator[list[tuple[str, str]]]:
    """Hold a line that does what it is told; give what it did, as family and status.

    With `fails` no container ever starts.
    """
    done: list[tuple[str, str]] = []
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        obeys = asyncio.create_task(_obey(line, agent, done, fails=fails))
        try:
            yield done
            assert not obeys.done(), obeys.exception()
        finally:
            obeys.cancel()
            await asyncio.gather(obeys, return_exceptions=True)


async def _obey(
    line: AcsAgent, agent: EcsAgent, done: list[tuple[str, str]], *, fails: bool
) -> None:
    while True:
        payload = await line.next("PayloadMessage", within_s=None)
        await line.acknowledge(payload)
        for task in payload["tasks"]:
            status = "STOPPED" if fails else task["desiredStatus"]
            report = {"cluster": "kiosks", "task": task["arn"], "status": status}
            await asyncio.to_thread(
                lambda given: agent.ecs.submit_task_state_change(**given), report
            )
            done.append((task["family"], status))
