"""What the ECS agent says of itself, by its introspection.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-introspection.html
"""

import json
from dataclasses import dataclass

from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.web import NotReachedError, ask


@dataclass(frozen=True, slots=True)
class EcsAgentSeen:
    """Which container instance the ECS agent is, and in which cluster."""

    cluster: str
    arn: str


def ecs_agent(host: Host) -> EcsAgentSeen | None:
    """Return what the ECS agent says; None while it does not answer, or is not registered."""
    try:
        answer = ask("GET", f"{host.introspection}/v1/metadata", {})
        told = json.loads(answer.body)
        cluster, arn = told["Cluster"], told["ContainerInstanceArn"]
    except (NotReachedError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(cluster, str) or not isinstance(arn, str) or not arn:
        return None
    return EcsAgentSeen(cluster, arn)
