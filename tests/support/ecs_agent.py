"""What the ECS agent sends to ECS when it registers an external instance.

From amazon-ecs-agent, `ecs-agent/api/ecs/client/ecs_client.go`: custom attributes without an ARN
only, the agent's own always, an empty identity document, four resources.
"""

from typing import Any

from tests.support.region import RunningRegion
from tests.support.ssm_agent import SsmAgent

CAPABILITIES = ("ecs.capability.external", "com.amazonaws.ecs.capability.docker-remote-api.1.44")
RESOURCES = [
    {"name": "CPU", "type": "INTEGER", "integerValue": 4096},
    {"name": "MEMORY", "type": "INTEGER", "integerValue": 7800},
    {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22", "51678"]},
    {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": []},
]


def managed_instance(region: RunningRegion) -> SsmAgent:
    """Register a host with SSM."""
    agent = SsmAgent(region.url, region.settings.region)
    agent.register(region.client("ssm").create_activation(IamRole="KioskRole"))
    return agent


class EcsAgent:
    """One host's agent, with the credentials of its managed instance."""

    def __init__(self, region: RunningRegion, ssm_agent: SsmAgent | None = None) -> None:
        self.ssm_agent = ssm_agent or managed_instance(region)
        self.arn: str | None = None
        self.connect(region)

    def connect(self, region: RunningRegion) -> None:
        """Use a region, or the same one started again, with fresh credentials."""
        self.ssm_agent.url = region.url
        self.ecs = region.client_of(self.ssm_agent.role_token(), "ecs")
        # These members are in the agent's own model alone.
        for operation in ("RegisterContainerInstance", "DiscoverPollEndpoint"):
            shape = self.ecs.meta.service_model.operation_model(operation).input_shape
            shape.members.setdefault("clientToken", shape.members["cluster"])
            shape.members.setdefault("zoneId", shape.members["cluster"])

    @property
    def instance_id(self) -> str:
        return self.ssm_agent.instance_id or ""

    def register(
        self,
        cluster: str = "kiosks",
        *,
        custom: dict[str, str] | None = None,
        repeatable_as: str = "agent-1",
        **more: Any,
    ) -> dict[str, Any]:
        """Register, or register again with the ARN of before; return the container instance."""
        attributes: list[dict[str, str]] = [{"name": name} for name in CAPABILITIES]
        attributes.append({"name": "ecs.os-type", "value": "linux"})
        if self.arn is None:
            attributes += [{"name": name, "value": v} for name, v in (custom or {}).items()]
        else:
            more = {"containerInstanceArn": self.arn, **more}
        answer = self.ecs.register_container_instance(
            **{
                "cluster": cluster,
                "attributes": attributes,
                "instanceIdentityDocument": "",
                "instanceIdentityDocumentSignature": "",
                "totalResources": RESOURCES,
                "clientToken": repeatable_as,
                "versionInfo": {"agentVersion": "1.105.1", "dockerVersion": "DockerVersion: 28.0"},
                **more,
            }
        )
        told: dict[str, Any] = answer["containerInstance"]
        # The agent ends if an attribute that it sent does not come back.
        sent = {(one["name"], one.get("value")) for one in attributes}
        missing = sent - {(one["name"], one.get("value")) for one in told["attributes"]}
        assert not missing, missing
        self.arn = told["containerInstanceArn"]
        return told
