"""What an event of ECS says of a host, as EventBridge passes it on. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_container_instance_events.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import Field, ValidationError

from fleet_service.instances.ports import ECS, Source
from fleet_service.instances.records import HostLookRecord
from kiosk_contracts.enrolment import NAME_ATTRIBUTE, RELEASE_ATTRIBUTE
from kiosk_contracts.wire import WireModel

KIND: Final = "ECS Container Instance State Change"
_INACTIVE: Final = "INACTIVE"


class NoHostEventError(Exception):
    """A message that says nothing of a host; the text says why."""


class _Attribute(WireModel):
    name: str
    value: str | None = None


class _Detail(WireModel):
    cluster_arn: str = Field(alias="clusterArn")
    arn: str = Field(alias="containerInstanceArn")
    instance_id: str = Field(alias="ec2InstanceId")
    status: str
    connected: bool = Field(alias="agentConnected")
    version: int
    attributes: list[_Attribute] | None = None
    version_info: dict[str, Any] = Field(default_factory=dict, alias="versionInfo")


@dataclass(frozen=True, slots=True)
class HostEvent:
    """A container instance changed."""

    source: Source
    instance_id: str
    arn: str
    version: int
    status: str
    """Empty: it was deregistered."""
    connected: bool
    attributes: Mapping[str, str] | None
    agent_version: str


def read_event(text: str) -> HostEvent:
    """Return what a message says; raises NoHostEventError."""
    try:
        told = json.loads(text)
        if told["detail-type"] != KIND or told["source"] != "aws.ecs":
            raise NoHostEventError(f"it is {told['detail-type']!r}")
        detail = _Detail.model_validate(told["detail"])
        region = str(told["region"])
    except (ValueError, KeyError, TypeError, ValidationError, RecursionError) as error:
        raise NoHostEventError(f"it is no event of ECS: {type(error).__name__}") from error
    attributes = None
    if detail.attributes is not None:
        attributes = {one.name: one.value or "" for one in detail.attributes}
    return HostEvent(
        source=Source(ECS, region, detail.cluster_arn.rpartition("/")[2]),
        instance_id=detail.instance_id,
        arn=detail.arn,
        version=detail.version,
        status="" if detail.status == _INACTIVE else detail.status,
        connected=detail.connected and detail.status != _INACTIVE,
        attributes=attributes,
        agent_version=str(detail.version_info.get("agentVersion", "")),
    )


def after_event(
    before: HostLookRecord | None, event: HostEvent, at: datetime
) -> HostLookRecord | None:
    """Return what is known of a host after an event; None: it says nothing new.

    Events come twice and in any order: the version tells. Of a host with another container
    instance it is not known which of them is the newer one: the next sweep says.
    """
    if before is not None and before.arn == event.arn and event.version <= before.version:
        return None
    if before is not None and before.arn != event.arn and before.status:
        return None
    if before is None and not event.status:
        return None
    known = before or HostLookRecord(status="")
    told: dict[str, object] = {
        "arn": event.arn,
        "version": event.version,
        "status": event.status,
        "connected": event.connected,
        "changed_at": known.changed(event.status, at, connected=event.connected),
        "heard_at": at,
    }
    if event.attributes is not None:
        told["release"] = event.attributes.get(RELEASE_ATTRIBUTE, "")
        told["kiosk_name"] = event.attributes.get(NAME_ATTRIBUTE, "")
    if event.agent_version:
        told["agent_version"] = event.agent_version
    return known.model_copy(update=told)
