"""RegisterContainerInstance and DiscoverPollEndpoint, as the ECS agent calls them.

`amazon-ecs-agent`, `ecs-agent/api/ecs/client/ecs_client.go`: every attribute that was sent must be
in the answer, else the agent ends; custom attributes are sent without a `containerInstanceArn`
only, so a later registration leaves them as they are; `clientToken` makes the first one
repeatable.
"""

from typing import Any, Final

from local_region.ecs.attributes import check_attribute
from local_region.ecs.instances import told_instance
from local_region.ecs.model import MOST_CUSTOM_ATTRIBUTES, Cluster, ContainerInstance
from local_region.ecs.places import Places, invalid, tags_of
from local_region.ids import Ids, unused
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

EXTERNAL: Final = "ecs.capability.external"


class Registration:
    """Takes container instances into clusters."""

    def __init__(self, places: Places, ids: Ids) -> None:
        self._places = places
        self._ids = ids

    def register(self, call: Call) -> dict[str, Any]:
        """Register an external instance, or hear again from one that is registered."""
        cluster = self._places.cluster(call.params.get("cluster"))
        instance_id = call.caller.managed_instance_id
        if instance_id is None or call.params.get("instanceIdentityDocument"):
            raise AwsError(
                "ClientException",
                "local_region takes external instances alone: register with the role credentials "
                "of a managed instance, without an instance identity document.",
            )
        attributes = _attributes(call)
        arn = call.params.get("containerInstanceArn")
        if arn:
            instance = self._known(cluster, arn, instance_id)
            instance.attributes |= attributes
            instance.version += 1
        else:
            instance = self._new(call, cluster, instance_id, attributes)
        instance.resources = call.params.get("totalResources", [])
        instance.version_info = dict(call.params.get("versionInfo", instance.version_info))
        return {"containerInstance": told_instance(instance, {"TAGS"})}

    def discover(self, call: Call) -> dict[str, Any]:
        """Say where the agent's two websockets are: on this region, by the name it was asked by."""
        scheme = "https" if call.received.secure else "http"
        base = f"{scheme}://{call.received.header('Host') or ''}"
        return {"endpoint": f"{base}/acs/", "telemetryEndpoint": f"{base}/tcs/"}

    def _known(self, cluster: Cluster, arn: str, instance_id: str) -> ContainerInstance:
        found = self._places.instance(cluster, arn)
        if found is None or found.instance_id != instance_id:
            raise invalid(f"Container instance {arn} is not known for {instance_id}.")
        if found.status == "INACTIVE":
            raise AwsError("ClientException", f"Container instance {arn} is INACTIVE.")
        return found

    def _new(
        self, call: Call, cluster: Cluster, instance_id: str, attributes: dict[str, str | None]
    ) -> ContainerInstance:
        token = call.params.get("clientToken")
        known = self._places.state.instances
        for instance in known.values():
            same = (instance.client_token, instance.instance_id) == (token, instance_id)
            if token and same and instance.status != "INACTIVE":
                return instance
        arn = unused(lambda: self._places.instance_arn(cluster.name, self._ids.hex32()), known)
        made = known[arn] = ContainerInstance(
            arn=arn,
            cluster=cluster.name,
            instance_id=instance_id,
            registered=call.now,
            attributes=attributes,
            tags=tags_of(call.params.get("tags", [])),
            client_token=token,
        )
        return made


def _attributes(call: Call) -> dict[str, str | None]:
    sent: list[dict[str, str]] = call.params.get("attributes", [])
    attributes = {one["name"]: one.get("value") for one in sent}
    if EXTERNAL not in attributes:
        raise AwsError(
            "ClientException",
            f"local_region takes external instances alone: {EXTERNAL} is missing.",
        )
    custom = [one for one in sent if not one["name"].startswith(("ecs.", "com.amazonaws."))]
    for one in custom:
        check_attribute(one)
    if len(custom) > MOST_CUSTOM_ATTRIBUTES:
        raise invalid(f"There are more than {MOST_CUSTOM_ATTRIBUTES} custom attributes.")
    return attributes
