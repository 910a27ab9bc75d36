"""The fleet service's role: whatever its code asks of AWS is allowed, and nothing else."""

import ast
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import botocore.session
import pytest
from botocore import xform_name

from provisioning.cli import main
from provisioning.roles.fleet_rights import (
    SERVICES,
    STORE_MAKING,
    TASKS,
    FleetPlaces,
    fleet_policy,
)

ROOT: Final = Path(__file__).parents[2]
ASKING: Final = {"fleet_service": ("ecs", "ssm", "sqs"), "cloud_store/dynamodb": ("dynamodb",)}
"""Who asks which services of AWS by boto3."""
TRANSACTION: Final = {"dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"}
"""TransactWriteItems is no action of IAM: each write in it needs its own."""
UNCALLED: Final = {
    "ecs:TagResource": "task definitions are registered with tags",
    "iam:PassRole": "task definitions name an execution role",
    "execute-api:Invoke": "relayed requests are signed, not called by boto3",
    "dynamodb:ConditionCheckItem": "part of a transaction",
}
WHOLE: Final = FleetPlaces(
    account="111122223333",
    clusters=["eu-central-1/kiosks", "eu-west-1/kiosks"],
    queues=["eu-central-1/ecs-events"],
    table="eu-central-1/eventpro-fleet",
    makes_table=True,
    runs_commands=True,
    execution_role="arn:aws:iam::111122223333:role/EventProPulls",
    api="eu-central-1/a1b2c3d4e5",
)


def called() -> set[str]:
    """Return the actions that the code's calls need, found by the names of boto3's methods."""
    found = set()
    for folder, services in ASKING.items():
        names = {
            (xform_name(operation), f"{service}:{operation}")
            for service in services
            for operation in _operations(service)
        }
        said = {name for path in (ROOT / folder).rglob("*.py") for name in _said(path)}
        found |= {action for name, action in names if name in said}
    if "dynamodb:TransactWriteItems" in found:
        found = (found - {"dynamodb:TransactWriteItems"}) | TRANSACTION
    # How a table is read back is the same action.
    return found


def _operations(service: str) -> list[str]:
    names: list[str] = botocore.session.get_session().get_service_model(service).operation_names
    return names


def _said(path: Path) -> Iterator[str]:
    """Yield all that is called, or named to be called: the store names its operations as words."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def allowed(places: FleetPlaces) -> set[str]:
    return {action for one in fleet_policy(places)["Statement"] for action in one["Action"]}


def both_movers() -> set[str]:
    return allowed(WHOLE) | allowed(_changed(mover="tasks"))


def _changed(**changes: Any) -> FleetPlaces:
    told = {name: getattr(WHOLE, name) for name in FleetPlaces.__slots__}
    return FleetPlaces(**{**told, **changes})


def test_whatever_the_code_asks_of_aws_is_allowed() -> None:
    asked = called()
    assert {"ecs:PutAttributes", "ecs:StartTask", "ecs:DeleteService", "sqs:ReceiveMessage"} < asked
    assert {"ssm:DescribeInstanceInformation", "dynamodb:Query", "dynamodb:PutItem"} < asked
    assert asked - both_movers() == set()


def test_nothing_is_allowed_that_the_code_does_not_ask() -> None:
    assert both_movers() - called() == set(UNCALLED) - called()
    assert not any("*" in action for action in both_movers())


def test_each_way_to_move_kiosks_has_its_own_rights_alone() -> None:
    assert allowed(WHOLE) - allowed(_changed(mover="tasks")) == set(SERVICES)
    assert allowed(_changed(mover="tasks")) - allowed(WHOLE) == set(TASKS)


def test_what_is_not_used_is_not_allowed() -> None:
    bare = FleetPlaces(account="111122223333", clusters=["eu-central-1/kiosks"])
    assert {action.split(":")[0] for action in allowed(bare)} == {"ecs", "ssm"}
    assert allowed(WHOLE) - allowed(_changed(makes_table=False)) == set(STORE_MAKING)


def test_other_clusters_queues_and_tables_are_out_of_reach() -> None:
    for statement in fleet_policy(WHOLE)["Statement"]:
        everywhere = statement["Resource"] == ["*"]
        known = {"Hosts", "Releases", "InTheClusters", "WhatCameOfIt", "WhatIsTakenBack"}
        assert everywhere == (statement["Sid"] in known), statement
        assert all("111122223333" in one for one in statement["Resource"] if not everywhere)
    [inside] = [one for one in fleet_policy(WHOLE)["Statement"] if one["Sid"] == "InTheClusters"]
    clusters = inside["Condition"]["ArnEquals"]["ecs:cluster"]
    assert clusters == [
        "arn:aws:ecs:eu-central-1:111122223333:cluster/kiosks",
        "arn:aws:ecs:eu-west-1:111122223333:cluster/kiosks",
    ]
    assert not any(
        fnmatchcase("arn:aws:ecs:eu-central-1:111122223333:cluster/x", one) for one in clusters
    )


COMMAND = ["role", "fleet", "--account", "111122223333", "--cluster", "eu-central-1/kiosks"]


def test_the_command_prints_the_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--table", "eu-central-1/fleet", "--queue", "eu-central-1/q"]) == 0
    told = json.loads(capsys.readouterr().out)
    wanted = FleetPlaces(
        account="111122223333",
        clusters=["eu-central-1/kiosks"],
        table="eu-central-1/fleet",
        queues=["eu-central-1/q"],
    )
    assert told == fleet_policy(wanted)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--table", "fleet"], "'fleet' says not where it is"),
        (["--account", "11"], "'11' is no AWS account"),
        (["--cluster", "kiosks"], "REGION/NAME"),
    ],
)
def test_what_names_no_place_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, *words]) != 0
    assert said in capsys.readouterr().err
