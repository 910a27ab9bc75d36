"""Which managed instances a caller asks for. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from local_region.ssm.model import ManagedInstance
from local_region.wire.errors import AwsError

_INSTANCE_ID: Final = re.compile(r"(i-(\w{8}|\w{17}))|(mi-\w{17})")
_CHOICES: Final = {
    "PingStatus": {"Online", "ConnectionLost", "Inactive"},
    "PlatformTypes": {"Windows", "Linux", "MacOS"},
    "ResourceType": {"ManagedInstance", "EC2Instance"},
}


def wanted(params: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return both forms of filters in one; raises AwsError for one that is none."""
    in_old_form = params.get("InstanceInformationFilterList", [])
    old = [(asked["key"], asked["valueSet"]) for asked in in_old_form]
    new = [(asked["Key"], asked["Values"]) for asked in params.get("Filters", [])]
    if old and new:
        raise AwsError(
            "ValidationException", "Give Filters or InstanceInformationFilterList, not both."
        )
    for key, values in old + new:
        _check(key, values)
    return old + new


def passes(
    instance: ManagedInstance, filters: Iterable[tuple[str, list[str]]], now: datetime
) -> bool:
    """Say whether an instance fits every filter; within one, any value will do."""
    return all(_fits(instance, key, values, now) for key, values in filters)


_READERS: Final[Mapping[str, Callable[[ManagedInstance, datetime], str | None]]] = {
    "InstanceIds": lambda instance, _: instance.instance_id,
    "AgentVersion": lambda instance, _: instance.agent_version,
    "PingStatus": lambda instance, now: instance.ping_status(now),
    "PlatformTypes": lambda instance, _: instance.platform_type,
    "ActivationIds": lambda instance, _: instance.activation_id,
    "IamRole": lambda instance, _: instance.role,
    "ResourceType": lambda _instance, _: "ManagedInstance",
    # State Manager is not served, so no instance has an association.
    "AssociationStatus": lambda _instance, _: None,
}


def _fits(instance: ManagedInstance, key: str, values: list[str], now: datetime) -> bool:
    if key.startswith("tag:"):
        return instance.tags.get(key.removeprefix("tag:")) in values
    if key == "tag-key":
        return any(value in instance.tags for value in values)
    return _READERS[key](instance, now) in values


def _check(key: str, values: list[str]) -> None:
    if key not in _READERS and key != "tag-key" and not key.startswith("tag:"):
        raise AwsError("InvalidFilterKey", "The specified key isn't valid.")
    choices = _CHOICES.get(key)
    if choices and not set(values) <= choices:
        raise AwsError(
            "InvalidInstanceInformationFilterValue",
            f"The value isn't valid: {key} is one of {', '.join(sorted(choices))}.",
        )
    if key == "InstanceIds" and not all(_INSTANCE_ID.fullmatch(value) for value in values):
        raise AwsError("InvalidInstanceId", "An instance ID is not in the right form.")
