"""All hosts by boto3: ECS by cluster, Systems Manager by region.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, Self

import boto3

from fleet_service.clock import Clock
from fleet_service.instances.pacing import REST_AFTER_THROTTLING_S, Pace
from fleet_service.instances.ports import ECS, SSM, HostSeen, Source
from fleet_service.kiosks.aws_calls import (
    CONFIG,
    AwsThrottledError,
    InThreads,
    attributes_of,
    told_by,
)
from fleet_service.kiosks.ports import AwsAwayError
from kiosk_contracts.enrolment import NAME_ATTRIBUTE, RELEASE_ATTRIBUTE

_ECS_PAGE: Final = 100
_SSM_PAGE: Final = 50
_ECS_PER_SECOND: Final = 5.0
"""ECS gives an account 20 descriptions a second in the long run; a quarter is for sweeps."""
_SSM_PER_SECOND: Final = 2.0
"""Of Systems Manager no figure is public; 5,000 hosts take 100 pages."""
_BURST: Final = 10
_AT_ONCE: Final = 2
_LONGEST_S: Final = 40.0
"""For one call with its retries."""
_THROTTLED_AT_MOST: Final = 4
"""In a row, for one page; then the sweep has failed."""


class SweptHosts(InThreads):
    """Adapter of HostsAtAws. Use it as an async context manager.

    Credentials and endpoints are those of the usual chain (`AWS_ENDPOINT_URL_…`).
    """

    def __init__(self, sources: Sequence[Source], clock: Clock) -> None:
        super().__init__(_AT_ONCE, "aws-sweep")
        self.sources = tuple(sources)
        self._clock = clock
        self._clients: Mapping[tuple[str, str], Any] = {}
        # By account and region, which is what AWS counts.
        self._paces = {
            (service, source.region): Pace(clock, per_second=rate, burst=_BURST)
            for source in sources
            for service, rate in ((ECS, _ECS_PER_SECOND), (SSM, _SSM_PER_SECOND))
        }

    async def __aenter__(self) -> Self:
        """Make the clients."""
        self._clients = await self._in_thread(self._make_clients)
        return self

    async def hosts(self, source: Source) -> Mapping[str, HostSeen]:
        """Return all hosts that a source has."""
        pages = self._ssm_pages(source) if source.service == SSM else self._ecs_pages(source)
        found: dict[str, HostSeen] = {}
        async for page in pages:
            for host in page:
                known = found.get(host.instance_id)
                # An agent that lost its state has registered once more: the newest counts.
                if known is None or _registered(known) < _registered(host):
                    found[host.instance_id] = host
        return found

    async def _ssm_pages(self, source: Source) -> AsyncIterator[list[HostSeen]]:
        asked: dict[str, Any] = {
            "Filters": [{"Key": "ResourceType", "Values": ["ManagedInstance"]}],
            "MaxResults": _SSM_PAGE,
        }
        while True:
            told = await self._ask(source, "describe_instance_information", **asked)
            yield [_node(one) for one in told["InstanceInformationList"]]
            if not told.get("NextToken"):
                return
            asked["NextToken"] = told["NextToken"]

    async def _ecs_pages(self, source: Source) -> AsyncIterator[list[HostSeen]]:
        asked: dict[str, Any] = {"cluster": source.cluster, "maxResults": _ECS_PAGE}
        while True:
            listed = await self._ask(source, "list_container_instances", **asked)
            arns = listed["containerInstanceArns"]
            if arns:
                told = await self._ask(
                    source,
                    "describe_container_instances",
                    cluster=source.cluster,
                    containerInstances=arns,
                )
                # One that was deregistered meanwhile is told as INACTIVE, or is among `failures`.
                yield [
                    _container(one)
                    for one in told["containerInstances"]
                    if one["status"] != "INACTIVE" and one.get("ec2InstanceId")
                ]
            if not listed.get("nextToken"):
                return
            asked["nextToken"] = listed["nextToken"]

    async def _ask(self, source: Source, operation: str, **given: Any) -> Mapping[str, Any]:
        """Call once it is our turn; again after a rest where that was too fast."""
        pace = self._paces[source.service, source.region]
        for attempt in range(_THROTTLED_AT_MOST):
            await pace.turn()
            try:
                return await self._call(source, operation, given)
            except AwsThrottledError:
                if attempt == _THROTTLED_AT_MOST - 1:
                    raise
                pace.rest(REST_AFTER_THROTTLING_S * 2**attempt)
        raise AssertionError

    async def _call(
        self, source: Source, operation: str, given: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        client = self._clients[source.service, source.region]

        def call() -> Mapping[str, Any]:
            with told_by("Systems Manager" if source.service == SSM else "ECS"):
                told: Mapping[str, Any] = getattr(client, operation)(**given)
                return told

        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._in_thread(call)
        except TimeoutError:
            raise AwsAwayError(f"{source.words} does not answer in time") from None

    def _make_clients(self) -> dict[tuple[str, str], Any]:
        session = boto3.Session()
        return {
            (service, region): session.client(service, region_name=region, config=CONFIG)
            for service, region in self._paces
        }


def _registered(host: HostSeen) -> float:
    return host.told_at.timestamp() if host.told_at is not None else 0.0


def _container(told: Mapping[str, Any]) -> HostSeen:
    attributes = attributes_of(told)
    return HostSeen(
        instance_id=told["ec2InstanceId"],
        status=told["status"],
        connected=told["agentConnected"],
        release=attributes.get(RELEASE_ATTRIBUTE, ""),
        kiosk_name=attributes.get(NAME_ATTRIBUTE, ""),
        agent_version=told.get("versionInfo", {}).get("agentVersion", ""),
        told_at=told.get("registeredAt"),
        arn=told["containerInstanceArn"],
        version=told.get("version", 0),
    )


def _node(told: Mapping[str, Any]) -> HostSeen:
    return HostSeen(
        instance_id=told["InstanceId"],
        status=told.get("PingStatus", ""),
        agent_version=told.get("AgentVersion", ""),
        told_at=told.get("LastPingDateTime"),
    )
