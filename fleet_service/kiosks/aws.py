"""Managed instances by boto3.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

import boto3

from fleet_service.kiosks.aws_calls import CONFIG, InThreads, attributes_of, told_by
from fleet_service.kiosks.ports import AwsAwayError, InstanceEvidence

_T = TypeVar("_T")
_Told = Mapping[str, Any]
"""What a service told of one thing."""
_AT_ONCE: Final = 4
"""ECS gives an account 20 descriptions a second in the long run, and others ask, too."""
_LONGEST_WAIT_S: Final = 5.0
"""For a turn; whoever gets none asks again later."""
_LONGEST_S: Final = 15.0
"""For all that is asked in a turn: the kiosk waits for it."""


@dataclass(frozen=True, slots=True)
class _Region:
    name: str
    ssm: Any
    ecs: Any


class AwsInstances(InThreads):
    """Adapter of ManagedInstances. Use it as an async context manager.

    Credentials and endpoints are those of the usual chain (`AWS_ENDPOINT_URL_…`).
    """

    def __init__(self, regions: Sequence[str], cluster: str) -> None:
        super().__init__(_AT_ONCE, "aws")
        self._names = regions
        self._cluster = cluster
        self._regions: Mapping[str, _Region] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def __aenter__(self) -> Self:
        """Make the clients."""
        self._regions = await self._in_thread(self._clients)
        return self

    async def look(self, instance_id: str) -> InstanceEvidence:
        """Return what is known of an instance now."""
        return await self._turn(lambda: self._look(instance_id))

    async def put_attribute(self, instance_id: str, region: str, name: str, value: str) -> None:
        """Set an attribute of the instance's container instance."""
        await self._turn(lambda: self._put(instance_id, region, name, value))

    async def _turn(self, work: Callable[[], _T]) -> _T:
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                await self._turns.acquire()
        except TimeoutError:
            raise AwsAwayError("too many hosts are being looked at") from None
        at_work = self._in_thread(work)
        # A thread can't be stopped: its turn ends with it, whoever still waits for it.
        at_work.add_done_callback(self._turn_ended)
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await asyncio.shield(at_work)
        except TimeoutError:
            raise AwsAwayError("AWS does not answer in time") from None

    def _turn_ended(self, at_work: asyncio.Future[Any]) -> None:
        self._turns.release()
        if not at_work.cancelled():
            # Looked at, for nobody may be waiting any more.
            at_work.exception()

    def _clients(self) -> dict[str, _Region]:
        session = boto3.Session()
        return {
            name: _Region(
                name,
                session.client("ssm", region_name=name, config=CONFIG),
                session.client("ecs", region_name=name, config=CONFIG),
            )
            for name in self._names
        }

    def _look(self, instance_id: str) -> InstanceEvidence:
        for region in self._regions.values():
            node = _node(region, instance_id)
            if node is not None:
                container = self._container(region, instance_id)
                return self._evidence(instance_id, region.name, node, container)
        return InstanceEvidence(instance_id, self._names[0], None, None)

    def _evidence(
        self, instance_id: str, region: str, node: _Told, container: _Told | None
    ) -> InstanceEvidence:
        activation_id, ping = node["ActivationId"], node.get("PingStatus", "")
        if container is None:
            return InstanceEvidence(instance_id, region, activation_id, None, ping)
        return InstanceEvidence(
            instance_id,
            region,
            activation_id,
            attributes_of(container),
            ping,
            self._cluster,
            container["status"],
            container["agentConnected"],
        )

    def _put(self, instance_id: str, region: str, name: str, value: str) -> None:
        if region not in self._regions:
            raise AwsAwayError(f"{region} is none of this service's regions any more")
        there = self._regions[region]
        container = self._container(there, instance_id)
        if container is None:
            raise AwsAwayError(f"ECS has no container instance of {instance_id}")
        target = {"targetType": "container-instance", "targetId": container["containerInstanceArn"]}
        with told_by("ECS"):
            there.ecs.put_attributes(
                cluster=self._cluster, attributes=[{"name": name, "value": value, **target}]
            )

    def _container(self, region: _Region, instance_id: str) -> Mapping[str, Any] | None:
        """Return the instance's container instance; the newest, if its agent lost its state."""
        with told_by("ECS"):
            arns = region.ecs.list_container_instances(
                cluster=self._cluster, filter=f"ec2InstanceId == {instance_id}"
            )["containerInstanceArns"]
            if not arns:
                return None
            found = region.ecs.describe_container_instances(
                cluster=self._cluster, containerInstances=arns
            )["containerInstances"]
        here = [one for one in found if one.get("ec2InstanceId") == instance_id]
        return max(here, key=lambda one: one["registeredAt"], default=None)


def _node(region: _Region, instance_id: str) -> _Told | None:
    with told_by("Systems Manager"):
        told = region.ssm.describe_instance_information(
            Filters=[{"Key": "InstanceIds", "Values": [instance_id]}]
        )["InstanceInformationList"]
    return next((one for one in told if one["InstanceId"] == instance_id), None)
