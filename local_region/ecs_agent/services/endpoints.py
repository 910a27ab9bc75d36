"""Where ACS and TCS are, as ECS says (DiscoverPollEndpoint), believed for twelve hours."""

import asyncio
from typing import Any
from urllib.parse import quote, urlencode

from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.ports import Ecs
from local_region.ecs_agent.services.registration import AGENT_HASH, AGENT_VERSION


class PollEndpoints:
    """The addresses of the two lines, each with its query."""

    def __init__(
        self, ecs: Ecs, cluster: str, instance: str, docker_version: str, pace: Pace
    ) -> None:
        self._ecs = ecs
        self._cluster = cluster
        self._instance = instance
        self._docker_version = docker_version
        self._pace = pace
        self._known: dict[str, Any] = {}
        self._asked_at = 0.0

    async def acs(self) -> str:
        """Return ACS's address; raises as Ecs.call does."""
        found = await self._discovered()
        return _line(
            found["endpoint"],
            agentHash=AGENT_HASH,
            agentVersion=AGENT_VERSION,
            clusterArn=self._cluster,
            containerInstanceArn=self._instance,
            dockerVersion=self._docker_version,
            protocolVersion="2",
            sendCredentials="true",
            seqNum="1",
        )

    async def tcs(self) -> str:
        """Return TCS's address; raises as Ecs.call does."""
        found = await self._discovered()
        return _line(
            found["telemetryEndpoint"],
            agentHash=AGENT_HASH,
            agentVersion=AGENT_VERSION,
            cluster=self._cluster,
            containerInstance=self._instance,
            dockerVersion=self._docker_version,
        )

    async def _discovered(self) -> dict[str, Any]:
        now = asyncio.get_running_loop().time()
        if not self._known or now - self._asked_at > self._pace.endpoint_kept:
            asked = {"cluster": self._cluster, "containerInstance": self._instance, "zoneId": ""}
            self._known = await self._ecs.call(
                "DiscoverPollEndpoint", asked, timeout_s=self._pace.attempt
            )
            self._asked_at = now
        return self._known


def _line(endpoint: str, **query: str) -> str:
    base = endpoint if endpoint.endswith("/") else f"{endpoint}/"
    # A signature covers the query in this order and in this encoding.
    return f"{base}ws?{urlencode(sorted(query.items()), quote_via=quote, safe='')}"
