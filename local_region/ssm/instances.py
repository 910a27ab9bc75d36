"""DescribeInstanceInformation, DeregisterManagedInstance and tags of managed instances.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
"""

from datetime import datetime
from typing import Any, Final

from local_region.paging import TokenError, page
from local_region.ssm.filters import passes, wanted
from local_region.ssm.model import (
    ManagedInstance,
    SsmState,
    tag_list,
    tags_of,
    unknown_instance,
)
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

_PAGE: Final = 50
_MOST_TAGS: Final = 50


class Instances:
    """Lists, tags and forgets managed instances."""

    def __init__(self, state: SsmState) -> None:
        self._state = state

    def describe(self, call: Call) -> dict[str, Any]:
        """List managed instances by id."""
        filters = wanted(call.params)
        chosen = [
            (instance.instance_id, instance)
            for instance in self._state.instances.values()
            if passes(instance, filters, call.now)
        ]
        limit = call.params.get("MaxResults", _PAGE)
        try:
            shown = page("instances", chosen, limit, call.params.get("NextToken"))
        except TokenError as error:
            raise AwsError("InvalidNextToken", "The specified token isn't valid.") from error
        return {
            "InstanceInformationList": [_told(instance, call.now) for instance in shown.items],
            **shown.next_token("NextToken"),
        }

    def deregister(self, call: Call) -> dict[str, Any]:
        """Forget an instance. Credentials that it was given count until they end, as AWS's do."""
        if self._state.instances.pop(call.params["InstanceId"], None) is None:
            raise unknown_instance(call.params["InstanceId"])
        return {}

    def add_tags(self, call: Call) -> dict[str, Any]:
        """Add tags, or change those that are there."""
        instance = self._tagged(call)
        tags = instance.tags | tags_of(call.params["Tags"])
        if len(tags) > _MOST_TAGS:
            raise AwsError("TooManyTagsError", "A resource has 50 tags at most.")
        instance.tags = tags
        return {}

    def list_tags(self, call: Call) -> dict[str, Any]:
        """List an instance's tags."""
        return {"TagList": tag_list(self._tagged(call).tags)}

    def remove_tags(self, call: Call) -> dict[str, Any]:
        """Remove tags; one that is not there is no error."""
        instance = self._tagged(call)
        gone = set(call.params["TagKeys"])
        instance.tags = {key: value for key, value in instance.tags.items() if key not in gone}
        return {}

    def _tagged(self, call: Call) -> ManagedInstance:
        if call.params["ResourceType"] != "ManagedInstance":
            raise AwsError("InvalidResourceType", "local_region tags ManagedInstance alone.")
        instance = self._state.instances.get(call.params["ResourceId"])
        if instance is None:
            raise AwsError("InvalidResourceId", "The resource ID isn't valid.")
        return instance


def _told(instance: ManagedInstance, now: datetime) -> dict[str, Any]:
    told = {
        "InstanceId": instance.instance_id,
        "PingStatus": instance.ping_status(now),
        "LastPingDateTime": instance.pinged_at(now),
        "AgentVersion": instance.agent_version,
        "PlatformType": instance.platform_type,
        "PlatformName": instance.platform_name,
        "PlatformVersion": instance.platform_version,
        "ActivationId": instance.activation_id,
        "IamRole": instance.role,
        "RegistrationDate": instance.registered,
        "ResourceType": "ManagedInstance",
        "Name": instance.name,
        "IPAddress": instance.ip_address,
        "ComputerName": instance.computer_name,
        # The agent of a hybrid node is the source of itself.
        "SourceId": instance.instance_id,
        "SourceType": "AWS::SSM::ManagedInstance",
    }
    return {name: value for name, value in told.items() if value is not None}
