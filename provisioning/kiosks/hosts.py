"""Deregisters a kiosk's host, at ECS and at Systems Manager.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere-deregistration.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provisioning.aws import refusals


@dataclass(frozen=True, slots=True)
class Registered:
    """Where a host is registered, in the region and account that were said."""

    at_ecs: bool
    """In the cluster that was said."""
    at_ssm: bool


@dataclass(frozen=True, slots=True)
class Deregistered:
    """What was done; each is idempotent, and False where there was nothing to be done."""

    container_instances: int
    managed_instance: bool


class Hosts:
    """The managed instances of one account and region, by boto3."""

    def __init__(self, ssm: Any, ecs: Any, cluster: str) -> None:
        self._ssm = ssm
        self._ecs = ecs
        self._cluster = cluster

    def find(self, instance_id: str) -> Registered:
        """Return where a host is registered here; raises RefusedError."""
        with refusals():
            told = self._ssm.describe_instance_information(
                Filters=[{"Key": "InstanceIds", "Values": [instance_id]}]
            )
            return Registered(
                at_ecs=any(True for _ in self._container_instances(instance_id)),
                at_ssm=bool(told["InstanceInformationList"]),
            )

    def deregister(self, instance_id: str) -> Deregistered:
        """Let a host be nothing to AWS any more; raises RefusedError.

        ECS first: its agent needs the managed instance's credentials to be told.
        """
        with refusals():
            arns = list(self._container_instances(instance_id))
            for arn in arns:
                self._ecs.deregister_container_instance(
                    cluster=self._cluster, containerInstance=arn, force=True
                )
            return Deregistered(len(arns), self._deregister_instance(instance_id))

    def _container_instances(self, instance_id: str) -> Iterator[str]:
        pages = self._ecs.get_paginator("list_container_instances").paginate(
            cluster=self._cluster, filter=f"ec2InstanceId == {instance_id}"
        )
        for page in pages:
            yield from page["containerInstanceArns"]

    def _deregister_instance(self, instance_id: str) -> bool:
        try:
            self._ssm.deregister_managed_instance(InstanceId=instance_id)
        except self._ssm.exceptions.InvalidInstanceId:
            return False
        return True
