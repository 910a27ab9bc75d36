"""The managed-instance role: made as it must be, and whatever is wider or missing is named."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog

from local_region.settings import RegionSettings
from provisioning.cli import main
from provisioning.roles.rules import PERMISSION_SETS, Role, check_role, wanted_trust
from tests.support.region import RunningRegion, running_region

ACCOUNT, REGION = "111122223333", "eu-central-1"
NAME = "EventProKioskHost"
SOURCE = f"arn:aws:ssm:{REGION}:{ACCOUNT}:*"
SSM_CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


def right() -> Role:
    trust = wanted_trust(ACCOUNT, REGION)
    return Role(NAME, "/", trust, frozenset(PERMISSION_SETS), frozenset())


def found(role: Role) -> list[str]:
    return [
        f"{'wider' if one.wider else 'missing'} {one.what}"
        for one in check_role(role, ACCOUNT, REGION)
    ]


def test_a_role_as_it_is_made_has_no_findings() -> None:
    assert found(right()) == []


def statement(change: Callable[[dict[str, Any]], object]) -> Role:
    trust = copy.deepcopy(wanted_trust(ACCOUNT, REGION))
    change(trust["Statement"][0])
    return replace(right(), trust=trust)


def more(extra: dict[str, Any]) -> Role:
    trust = copy.deepcopy(wanted_trust(ACCOUNT, REGION))
    trust["Statement"].append(extra)
    return replace(right(), trust=trust)


@pytest.mark.parametrize(
    ("role", "lines"),
    [
        (
            statement(lambda one: one["Principal"].update(AWS=f"arn:aws:iam::{ACCOUNT}:root")),
            [
                "wider trust: AWS arn:aws:iam::111122223333:root may assume the role",
                "missing trust: ssm.amazonaws.com may not assume the role",
            ],
        ),
        (
            statement(lambda one: one.update(Principal="*")),
            [
                "wider trust: AWS * may assume the role",
                "missing trust: ssm.amazonaws.com may not assume the role",
            ],
        ),
        (
            statement(
                lambda one: one.update(
                    Principal={"Service": ["ssm.amazonaws.com", "ec2.amazonaws.com"]}
                )
            ),
            [
                "wider trust: Service ec2.amazonaws.com may assume the role",
                "missing trust: ssm.amazonaws.com may not assume the role",
            ],
        ),
        (
            statement(lambda one: (one.pop("Principal"), one.update(NotPrincipal={"AWS": "x"}))),
            [
                "wider trust: NotPrincipal {'AWS': 'x'} may assume the role",
                "missing trust: ssm.amazonaws.com may not assume the role",
            ],
        ),
        (
            more(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::1:user/bob"},
                    "Action": "sts:AssumeRole",
                }
            ),
            ["wider trust: AWS arn:aws:iam::1:user/bob may assume the role"],
        ),
        (
            statement(lambda one: one.update(Action=["sts:AssumeRole", "sts:TagSession"])),
            ["wider trust: it allows sts:TagSession"],
        ),
        (
            statement(lambda one: one.update(Effect="Deny")),
            [
                "missing trust: it denies ssm.amazonaws.com sts:AssumeRole",
                "missing trust: ssm.amazonaws.com may not assume the role",
            ],
        ),
        (
            statement(lambda one: (one.pop("Action"), one.update(NotAction="iam:PassRole"))),
            ["wider trust: it allows all but iam:PassRole"],
        ),
        (
            statement(lambda one: (one.pop("Action"), one.update(NotAction=["sts:*", "s3:*"]))),
            [
                "wider trust: it allows all but sts:*, s3:*",
                "missing trust: ssm.amazonaws.com may not assume the role",
            ],
        ),
        (
            statement(lambda one: one.update(Action="sts:TagSession")),
            [
                "wider trust: it allows sts:TagSession",
                "missing trust: ssm.amazonaws.com may not assume the role",
            ],
        ),
        *(
            (
                more({"Effect": "Deny", **denied}),
                ["missing trust: it denies ssm.amazonaws.com sts:AssumeRole"],
            )
            for denied in (
                {"Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"},
                {"Principal": "*", "Action": "STS:Assume*"},
                {"Principal": {"AWS": "*"}, "NotAction": "sts:TagSession"},
                {"NotPrincipal": {"AWS": "arn:aws:iam::1:root"}, "Action": "*"},
            )
        ),
        *(
            (more({"Effect": "Deny", **denied}), [])
            for denied in (
                {"Principal": {"AWS": "arn:aws:iam::1:user/bob"}, "Action": "*"},
                {"Principal": "*", "Action": "sts:TagSession"},
                {"Principal": "*", "NotAction": "sts:AssumeRole"},
            )
        ),
        (
            statement(lambda one: one.pop("Condition")),
            [
                "wider trust: no condition that aws:SourceAccount is 111122223333",
                f"wider trust: no condition that aws:SourceArn is {SOURCE}",
            ],
        ),
        (
            statement(
                lambda one: one["Condition"]["StringEquals"].update(
                    {"aws:SourceAccount": ["111122223333", "9"]}
                )
            ),
            ["wider trust: no condition that aws:SourceAccount is 111122223333"],
        ),
        (
            statement(
                lambda one: one["Condition"].update(ArnLike={"aws:SourceArn": "arn:aws:ssm:*"})
            ),
            [f"wider trust: no condition that aws:SourceArn is {SOURCE}"],
        ),
        (
            replace(
                right(),
                attached=frozenset(
                    [*PERMISSION_SETS, "arn:aws:iam::aws:policy/AdministratorAccess"]
                ),
            ),
            ["wider permissions: arn:aws:iam::aws:policy/AdministratorAccess is attached"],
        ),
        (
            replace(right(), inline=frozenset(["debug"])),
            ["wider permissions: an inline policy debug"],
        ),
        (
            replace(right(), attached=frozenset(PERMISSION_SETS) - {SSM_CORE}),
            [f"missing permissions: {SSM_CORE} is missing"],
        ),
        (replace(right(), path="/service-role/"), ["missing path: the role is at /service-role/"]),
        (replace(right(), trust={}), ["missing trust: ssm.amazonaws.com may not assume the role"]),
    ],
)
def test_whatever_is_wider_or_missing_is_named(role: Role, lines: list[str]) -> None:
    assert found(role) == lines


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningRegion]:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with running_region(RegionSettings(moto=True)) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", running.operator.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", running.operator.secret_key)
        monkeypatch.setenv("AWS_DEFAULT_REGION", running.settings.region)
        yield running
    structlog.reset_defaults()


def types(
    capsys: pytest.CaptureFixture[str], *words: str, status: int = 0, role: str = NAME
) -> tuple[str, str]:
    capsys.readouterr()
    assert main(["role", *words, "--role", role]) == status
    said = capsys.readouterr()
    return said.out, said.err


def roles(region: RunningRegion) -> set[str]:
    """Return all roles' names; moto keeps them from one test to the next."""
    return {one["RoleName"] for one in region.client("iam").list_roles()["Roles"]}


def test_it_is_made_checked_and_made_once(
    region: RunningRegion, capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = types(capsys, "check", status=1)
    assert f"has no role {NAME}" in err
    assert "kiosk-provision role create" in err
    out, _ = types(capsys, "create", "--dry-run")
    assert "AmazonSSMManagedInstanceCore  (the SSM agent)" in out
    told = json.loads(types(capsys, "create", "--dry-run", "--json")[0])
    assert (told["role"], told["made"]) == (NAME, False)
    assert told["plan"].startswith(f"would make {NAME} in account ")
    assert len(told["permission_sets"]) == 3
    assert NAME not in roles(region)
    out, _ = types(capsys, "create", "--json")
    assert json.loads(out) == {"role": NAME, "made": True}
    out, _ = types(capsys, "check")
    assert "as it must be" in out
    out, _ = types(capsys, "create", "--json")
    assert json.loads(out) == {"role": NAME, "made": False}
    made = region.client("ssm").create_activation(IamRole=NAME)
    assert made["ActivationId"]


def test_one_that_was_widened_is_told_line_by_line_and_not_touched(
    region: RunningRegion, capsys: pytest.CaptureFixture[str]
) -> None:
    types(capsys, "create", role="Wide")
    iam = region.client("iam")
    iam.put_role_policy(
        RoleName="Wide",
        PolicyName="debug",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            }
        ),
    )
    iam.detach_role_policy(RoleName="Wide", PolicyArn=SSM_CORE)
    out, err = types(capsys, "check", status=1, role="Wide")
    assert out.splitlines() == [
        "wider    permissions: an inline policy debug: every kiosk could use it",
        f"missing  permissions: {SSM_CORE} is missing: the SSM agent needs it",
    ]
    assert "2 findings" in err
    out, _ = types(capsys, "check", "--json", status=1, role="Wide")
    assert [one["wider"] for one in json.loads(out)["findings"]] == [True, False]
    _, err = types(capsys, "create", status=1, role="Wide")
    assert "inline policy debug" in err
    assert iam.list_role_policies(RoleName="Wide")["PolicyNames"] == ["debug"]


def test_a_role_that_could_be_made_by_half_only_is_not_there(
    region: RunningRegion, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arns = {SSM_CORE: "a", "arn:aws:iam::aws:policy/None": "b"}
    monkeypatch.setattr("provisioning.roles.iam.PERMISSION_SETS", arns)
    _, err = types(capsys, "create", status=1, role="Half")
    assert "AWS refused AttachRolePolicy: NoSuchEntity" in err
    assert "Half" not in roles(region)


def test_a_boundary_is_said_and_is_no_finding(
    region: RunningRegion, capsys: pytest.CaptureFixture[str]
) -> None:
    name, boundary = "BoundedKioskHost", "arn:aws:iam::aws:policy/PowerUserAccess"
    types(capsys, "create", role=name)
    told = json.loads(types(capsys, "check", "--json", role=name)[0])
    assert (told["findings"], told["boundary"]) == ([], None)
    iam = region.client("iam")
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    out, _ = types(capsys, "check", role=name)
    [line] = [one for one in out.splitlines() if one.startswith("look")]
    assert f"a boundary {boundary}: it may take away what is needed" in line
    for needed in ("the SSM agent", "the ECS agent", "pulling images"):
        assert needed in line
    told = json.loads(types(capsys, "check", "--json", role=name)[0])
    assert (told["findings"], told["boundary"]) == ([], boundary)
