"""What the fleet service's task role must be allowed, and no more. Pure.

Which resources and conditions an action knows:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kiosk_contracts.host_document import HOST_DOCUMENT

_EVERYWHERE: Final = "*"
"""For actions that know no resource."""
SWEEPS: Final = ("ecs:DescribeContainerInstances", "ecs:PutAttributes")
MOVES: Final = ("ecs:ListTasks", "ecs:DescribeTasks")
SERVICES: Final = ("ecs:CreateService", "ecs:DeleteService", "ecs:DescribeServices")
"""Where each release is a DAEMON service."""
TASKS: Final = ("ecs:StartTask", "ecs:StopTask")
"""Where tasks are started and stopped instead."""
DEFINITIONS: Final = (
    "ecs:DeregisterTaskDefinition",
    "ecs:DescribeTaskDefinition",
    "ecs:ListTaskDefinitions",
    "ecs:RegisterTaskDefinition",
)
QUEUES: Final = ("sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage")
STORE: Final = (
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
)
STORE_MAKING: Final = (
    "dynamodb:CreateTable",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:UpdateTable",
)
"""For `fleet-service store create`, which a person may run with rights of their own."""


@dataclass(frozen=True, slots=True)
class FleetPlaces:
    """What a fleet service works with, as its settings name it."""

    account: str
    clusters: Sequence[str]
    """Each `REGION/CLUSTER`."""
    mover: str = "attribute"
    queues: Sequence[str] = ()
    """Each `REGION/NAME`."""
    table: str = ""
    """`REGION/NAME`; empty: the store is a file."""
    makes_table: bool = False
    execution_role: str = ""
    """The ARN of the role with which the ECS agent pulls; empty: releases name none."""
    runs_commands: bool = False
    """Whether Systems Manager runs our own document for it."""
    api: str = ""
    """`REGION/ID` of the API Gateway before the ticket API; empty: requests are not signed."""


def fleet_policy(places: FleetPlaces) -> dict[str, Any]:
    """Return the policy of the task role."""
    return {"Version": "2012-10-17", "Statement": [*_statements(places)]}


def _statements(places: FleetPlaces) -> Iterator[dict[str, Any]]:
    yield from _of_hosts(places)
    yield from _of_releases(places)
    if places.queues:
        queues = [_arn("sqs", one, places.account) for one in places.queues]
        yield _allow("Events", QUEUES, queues)
    if places.table:
        table = _arn("dynamodb", places.table, places.account, "table/")
        making = STORE_MAKING if places.makes_table else ()
        yield _allow("Store", (*STORE, *making), [table])
    if places.runs_commands:
        yield from _of_commands(places)
    if places.api:
        region, _, api = places.api.partition("/")
        resource = f"arn:aws:execute-api:{region}:{places.account}:{api}/*"
        yield _allow("TicketApi", ("execute-api:Invoke",), [resource])


def _of_hosts(places: FleetPlaces) -> Iterator[dict[str, Any]]:
    clusters = _clusters(places)
    yield _allow("Hosts", ("ssm:DescribeInstanceInformation",), [_EVERYWHERE])
    yield _allow("ClustersHosts", ("ecs:ListContainerInstances",), clusters)
    moving = SERVICES if places.mover == "attribute" else TASKS
    inside = _allow("InTheClusters", (*SWEEPS, *MOVES, *moving), [_EVERYWHERE])
    yield {**inside, "Condition": {"ArnEquals": {"ecs:cluster": clusters}}}


def _of_releases(places: FleetPlaces) -> Iterator[dict[str, Any]]:
    regions = sorted({one.split("/")[0] for one in places.clusters})
    definitions = [f"arn:aws:ecs:{region}:{places.account}:task-definition/*" for region in regions]
    yield _allow("Releases", DEFINITIONS, [_EVERYWHERE])
    tagging = _allow("ReleasesTags", ("ecs:TagResource",), definitions)
    yield {
        **tagging,
        "Condition": {"StringEquals": {"ecs:CreateAction": "RegisterTaskDefinition"}},
    }
    if places.execution_role:
        passing = _allow("ReleasesPulls", ("iam:PassRole",), [places.execution_role])
        service = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
        yield {**passing, "Condition": {"StringEquals": service}}


def _of_commands(places: FleetPlaces) -> Iterator[dict[str, Any]]:
    """Yield what Run Command needs: our document, at managed instances in these regions, no tags.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
    """
    regions = sorted({one.split("/")[0] for one in places.clusters})
    kinds = (f"document/{HOST_DOCUMENT}", "managed-instance/mi-*")
    resources = [f"arn:aws:ssm:{at}:{places.account}:{kind}" for kind in kinds for at in regions]
    yield _allow("OurDocumentAtKiosks", ("ssm:SendCommand",), resources)
    yield _allow("WhatCameOfIt", ("ssm:GetCommandInvocation",), [_EVERYWHERE])
    # AWS knows neither resources nor condition keys for it (its row in that list is empty): what
    # names any would allow nothing. A command is found by its id alone, which nothing here lists.
    yield _allow("WhatIsTakenBack", ("ssm:CancelCommand",), [_EVERYWHERE])


def _clusters(places: FleetPlaces) -> list[str]:
    return [_arn("ecs", one, places.account, "cluster/") for one in places.clusters]


def _arn(service: str, place: str, account: str, kind: str = "") -> str:
    region, _, name = place.partition("/")
    return f"arn:aws:{service}:{region}:{account}:{kind}{name}"


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": list(resources),
    }
