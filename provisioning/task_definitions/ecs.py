"""Task definitions in ECS: checked against its own model, registered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from operator_cli.refusing import RefusedError
from provisioning.aws import refusals


@dataclass(frozen=True, slots=True)
class Revision:
    """A task definition that ECS has."""

    arn: str
    family: str
    revision: int


def check_shape(task: Mapping[str, Any]) -> None:
    """Hold a task definition to the model of ECS that botocore ships; raises RefusedError."""
    model = botocore.session.get_session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    report = ParamValidator().validate(task, shape)
    if report.has_errors():
        raise RefusedError(
            f"ECS would not take this task definition: {report.generate_report()}",
            "Nothing was registered; this is a fault of kiosk-provision, or of an old botocore.",
        )


class Ecs:
    """ECS of one account and region, by boto3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def register(self, task: Mapping[str, Any]) -> Revision:
        """Register the family's next revision; raises RefusedError, and then there is none."""
        with refusals():
            told = self._client.register_task_definition(**task)["taskDefinition"]
        return Revision(told["taskDefinitionArn"], told["family"], told["revision"])
