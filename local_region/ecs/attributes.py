"""PutAttributes, DeleteAttributes, ListAttributes.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attribute.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from local_region.ecs.clusters import listing
from local_region.ecs.model import (
    AGENT_PREFIXES,
    MOST_CUSTOM_ATTRIBUTES,
    Cluster,
    ContainerInstance,
)
from local_region.ecs.places import Places, invalid
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

_NAME: Final = re.compile(r"[A-Za-z0-9_\-./\\]{1,128}")
_VALUE: Final = re.compile(r"(?! )[A-Za-z0-9_\-.@/\\: ]{1,128}(?<! )")
_MOST_IN_A_CALL: Final = 10


class Attributes:
    """Puts, deletes and lists attributes of container instances."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def put(self, call: Call) -> dict[str, Any]:
        """Set custom attributes: all of the call's or none."""
        cluster = self._places.cluster(call.params.get("cluster"))
        asked = _checked(call)
        targets = [(self._target(cluster, one), one) for one in asked]
        for instance, _ in targets:
            added = {one["name"]: one.get("value") for known, one in targets if known is instance}
            if len(instance.custom_attributes | added) > MOST_CUSTOM_ATTRIBUTES:
                raise AwsError(
                    "AttributeLimitExceededException",
                    f"The maximum number of custom attributes is {MOST_CUSTOM_ATTRIBUTES}.",
                )
        for instance, one in targets:
            instance.attributes[one["name"]] = one.get("value")
            instance.version += 1
        return {"attributes": [_told(instance, one["name"]) for instance, one in targets]}

    def delete(self, call: Call) -> dict[str, Any]:
        """Remove custom attributes; one that is not there is no error."""
        cluster = self._places.cluster(call.params.get("cluster"))
        targets = [(self._target(cluster, one), one) for one in _checked(call)]
        gone = []
        for instance, one in targets:
            if one["name"] in instance.attributes:
                gone.append(_told(instance, one["name"]))
                del instance.attributes[one["name"]]
                instance.version += 1
        return {"attributes": gone}

    def listed(self, call: Call) -> dict[str, Any]:
        """List attributes by name, and by value within a name."""
        cluster = self._places.cluster(call.params.get("cluster"))
        name, value = call.params.get("attributeName"), call.params.get("attributeValue")
        if value is not None and name is None:
            raise invalid("attributeName is required with attributeValue.")
        found = [
            (f"{instance.arn} {known}", _told(instance, known))
            for instance in self._places.state.instances.values()
            if instance.cluster == cluster.name and instance.status != "INACTIVE"
            for known, its_value in instance.attributes.items()
            if name in (None, known) and value in (None, its_value)
        ]
        shown, token = listing("attributes", found, call)
        return {"attributes": shown, **token}

    def _target(self, cluster: Cluster, one: Mapping[str, str]) -> ContainerInstance:
        found = self._places.instance(cluster, one.get("targetId", ""))
        if found is None or found.status == "INACTIVE":
            raise AwsError(
                "TargetNotFoundException", f"Target not found: {one.get('targetId', '')}"
            )
        return found


def check_attribute(one: Mapping[str, str]) -> None:
    """Raise AwsError if ECS would not take an attribute's name or value."""
    if not _NAME.fullmatch(one["name"]):
        raise invalid(f"Invalid attribute name: {one['name']}")
    if "value" in one and not _VALUE.fullmatch(one["value"]):
        raise invalid(f"Invalid value of the attribute {one['name']}: {one['value']}")


def _checked(call: Call) -> list[dict[str, str]]:
    asked: list[dict[str, str]] = call.params["attributes"]
    if not 1 <= len(asked) <= _MOST_IN_A_CALL:
        raise invalid("Give 1 to 10 attributes in a call.")
    for one in asked:
        if "targetId" not in one:
            raise invalid("Each attribute needs a targetId.")
        if one["name"].startswith(AGENT_PREFIXES):
            raise invalid(f"The prefix of {one['name']} is reserved for the agent.")
        check_attribute(one)
    return asked


def _told(instance: ContainerInstance, name: str) -> dict[str, str]:
    value = instance.attributes[name]
    told = {"name": name, "targetId": instance.arn, "targetType": "container-instance"}
    return told if value is None else {**told, "value": value}
