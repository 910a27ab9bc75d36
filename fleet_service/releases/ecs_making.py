"""Releases in ECS by boto3: a task definition, and a DAEMON service that hosts choose.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from fleet_service.kiosks.aws_calls import told_by
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.releases.ecs_hosts import EcsHosts
from fleet_service.releases.ports import ReleaseClashError
from kiosk_contracts.enrolment import RELEASE_ATTRIBUTE
from kiosk_contracts.releases import ReleasePlace
from kiosk_contracts.ui_task import kiosk_ui_task
from kiosk_contracts.ui_task_terms import UiTaskTerms
from kiosk_contracts.wire import canonical_hash

_RELEASE_TAG: Final = "eventpro.release"
_BODY_TAG: Final = "eventpro.body"
"""The hash of what was registered: by it a revision whose answer was lost is found."""
_MOST_LOOKED_AT: Final = 20
"""Newest revisions of the family; one that was cut off is among them."""
_TOKEN: Final = 32
_MOST_NAMED: Final = 10
_NO_CLUSTER: Final = frozenset({"ClusterNotFoundException"})
_GONE: Final = _NO_CLUSTER | {"ServiceNotFoundException", "ServiceNotActiveException"}


class EcsReleases:
    """Adapter of ReleaseMaker."""

    def __init__(self, hosts: EcsHosts, clusters: Sequence[str], *, services: bool) -> None:
        """`clusters`: each `REGION/CLUSTER`; `services`: whether each release has one there."""
        self._hosts = hosts
        self._clusters = clusters
        self._services = services

    @property
    def places(self) -> Sequence[ReleasePlace]:
        """Return where releases are made."""
        found = [one.split("/", 1) for one in self._clusters]
        return [ReleasePlace(region=region, cluster=cluster) for region, cluster in found]

    def is_whole(self, place: ReleasePlace) -> bool:
        """Say whether a place has all of a release, as far as is known of it."""
        return bool(place.task_definition and (place.service or not self._services))

    async def make(self, release_id: str, task: UiTaskTerms, place: ReleasePlace) -> ReleasePlace:
        """Register the task definition and make the service, unless they are there."""
        definition = place.task_definition or await self._hosts.run(
            lambda: self._definition(release_id, task, place.region), place.region
        )
        service = place.service
        if self._services and not service:
            service = await self._hosts.run(
                lambda: self._service(release_id, definition, place), place.region
            )
        return place.model_copy(update={"task_definition": definition, "service": service})

    async def users(self, release_id: str, place: ReleasePlace) -> Sequence[str]:
        """Return the hosts that are told to run it, some of them if there are many."""
        return await self._hosts.run(lambda: self._users(release_id, place), place.region)

    async def remove(self, release_id: str, place: ReleasePlace) -> None:
        """Delete the service and deregister the task definition, unless they are gone."""
        await self._hosts.run(lambda: self._remove(release_id, place), place.region)

    def _users(self, release_id: str, place: ReleasePlace) -> list[str]:
        client, cluster = self._hosts.client(place.region), place.cluster
        told = f"attribute:{RELEASE_ATTRIBUTE} == {release_id}"
        try:
            with told_by("ECS"):
                listed = client.list_container_instances(cluster=cluster, filter=told)
        except AwsAwayError as error:
            if _is_one(error, _NO_CLUSTER):
                return []
            raise
        arns = listed["containerInstanceArns"][:_MOST_NAMED]
        if not arns:
            return []
        with told_by("ECS"):
            found = client.describe_container_instances(cluster=cluster, containerInstances=arns)
        return [str(one["ec2InstanceId"]) for one in found["containerInstances"]]

    def _remove(self, release_id: str, place: ReleasePlace) -> None:
        client = self._hosts.client(place.region)
        if self._services or place.service:
            try:
                with told_by("ECS"):
                    name = f"kiosk-{release_id}"
                    client.delete_service(cluster=place.cluster, service=name, force=True)
            except AwsAwayError as error:
                if not _is_one(error, _GONE):
                    raise
        if place.task_definition:
            with told_by("ECS"):
                client.deregister_task_definition(taskDefinition=place.task_definition)

    def _definition(self, release_id: str, task: UiTaskTerms, region: str) -> str:
        body = kiosk_ui_task(task)
        tags = {_RELEASE_TAG: release_id, _BODY_TAG: canonical_hash(body)}
        known = self._registered(region, task.family, tags)
        if known:
            return known
        listed = [{"key": key, "value": value} for key, value in tags.items()]
        # Once: a second try after a lost answer would be a second revision.
        with told_by("ECS"):
            told = self._hosts.client(region, once=True).register_task_definition(
                **body, tags=listed
            )
        return str(told["taskDefinition"]["taskDefinitionArn"])

    def _registered(self, region: str, family: str, tags: Mapping[str, str]) -> str:
        """Return the revision with these tags, if there is one."""
        client = self._hosts.client(region)
        with told_by("ECS"):
            arns = client.list_task_definitions(
                familyPrefix=family, sort="DESC", maxResults=_MOST_LOOKED_AT
            )["taskDefinitionArns"]
            for arn in arns:
                told = client.describe_task_definition(taskDefinition=arn, include=["TAGS"])
                if _tags(told.get("tags", ())).items() >= tags.items():
                    return str(arn)
        return ""

    def _service(self, release_id: str, definition: str, place: ReleasePlace) -> str:
        name, client = f"kiosk-{release_id}", self._hosts.client(place.region)
        expression = f"attribute:{RELEASE_ATTRIBUTE} == {release_id}"
        with told_by("ECS"):
            found = client.describe_services(cluster=place.cluster, services=[name])["services"]
        known = next((one for one in found if one["status"] != "INACTIVE"), None)
        if known is not None:
            _refuse_another(known, name, definition, expression)
            return str(known["serviceArn"])
        with told_by("ECS"):
            told = client.create_service(
                cluster=place.cluster,
                serviceName=name,
                taskDefinition=definition,
                launchType="EXTERNAL",
                schedulingStrategy="DAEMON",
                placementConstraints=[{"type": "memberOf", "expression": expression}],
                clientToken=canonical_hash([name, definition])[:_TOKEN],
            )
        return str(told["service"]["serviceArn"])


def _refuse_another(known: Mapping[str, Any], name: str, definition: str, expression: str) -> None:
    """Raise ReleaseClashError unless a service is the release's own."""
    if known["status"] != "ACTIVE":
        raise ReleaseClashError(f"its service {name} is {known['status']}: it is being deleted")
    if known["taskDefinition"] != definition:
        raise ReleaseClashError(f"a service {name} is there, with {known['taskDefinition']}")
    constraints = [one.get("expression") for one in known.get("placementConstraints", ())]
    if constraints != [expression]:
        raise ReleaseClashError(f"a service {name} is there, for other hosts: {constraints}")


def _is_one(error: AwsAwayError, codes: Collection[str]) -> bool:
    """Say whether ECS has answered with one of these codes."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and cause.response.get("Error", {}).get("Code") in codes


def _tags(told: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {one["key"]: one.get("value", "") for one in told}
