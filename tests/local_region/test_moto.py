"""DynamoDB, ECR, IAM, S3 and Secrets Manager are moto's, behind the region's own door."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloud_store.port import StoreError
from local_region.settings import RegionSettings
from tests.support.http import ask
from tests.support.region import RunningRegion, running_region
from tests.support.stores import bodies, dynamodb, key, new

SSM = {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture(scope="module")
def served() -> Iterator[RunningRegion]:
    with running_region(RegionSettings(moto=True, account="444455556666")) as running:
        yield running


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def make_role(served: RunningRegion, name: str, *statements: dict[str, Any], **more: Any) -> str:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    made = served.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=document, **more
    )
    return str(made["Role"]["Arn"])


def test_roles_are_of_the_regions_account(served: RunningRegion) -> None:
    arn = make_role(served, "Named", SSM)

    assert arn == "arn:aws:iam::444455556666:role/Named"
    assert served.client("iam").get_role(RoleName="Named")["Role"]["Arn"] == arn


async def test_a_store_is_kept_and_of_writers_at_the_same_time_one_is_first(
    served: RunningRegion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", served.operator.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", served.operator.secret_key)

    async with dynamodb(Path())() as store:
        answers = await asyncio.gather(
            *(store.commit([new(key(), by=n), new(key(f"{n}"))]) for n in range(20)),
            return_exceptions=True,
        )
        assert answers.count(None) == 1
        assert await bodies(store, key()) == [{"by": answers.index(None)}]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StoreError, match="AWS does not take the credentials"):
        async with dynamodb(Path())():
            pass


def test_images_secrets_and_objects_are_kept(served: RunningRegion) -> None:
    ecr, secrets, s3 = (served.client(name) for name in ("ecr", "secretsmanager", "s3"))

    ecr.create_repository(repositoryName="kiosk-ui")
    secrets.create_secret(Name="token", SecretString="s3cret")
    s3.create_bucket(
        Bucket="installer", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    s3.put_object(Bucket="installer", Key="with space/ü.sh", Body=b"#!/bin/sh\n")

    [repository] = ecr.describe_repositories()["repositories"]
    assert repository["registryId"] == "444455556666"
    assert secrets.get_secret_value(SecretId="token")["SecretString"] == "s3cret"
    assert s3.get_object(Bucket="installer", Key="with space/ü.sh")["Body"].read() == b"#!/bin/sh\n"
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": "installer", "Key": "with space/ü.sh"}
    )
    assert ask(url).body == b"#!/bin/sh\n"
    assert ask(url.replace("installer", "another")).status == 403


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("iam", "list_roles", "SignatureDoesNotMatch"),
        ("ecr", "describe_repositories", "InvalidSignatureException"),
        ("secretsmanager", "list_secrets", "InvalidSignatureException"),
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
    ],
)
def test_nobody_gets_past_the_door_with_a_wrong_secret(
    served: RunningRegion, service: str, call: str, code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(served.client(service, aws_secret_access_key="wrong"), call)()

    assert code_of(refused) == code


def test_an_instances_role_may_ask_for_images_alone(served: RunningRegion) -> None:
    issued = served.issue(role="KioskRole", session="mi-0123456789abcdef0")

    assert served.client_of(issued, "ecr").get_authorization_token()["authorizationData"]
    for service, call, code in (
        ("iam", "list_roles", "AccessDenied"),
        ("secretsmanager", "list_secrets", "AccessDeniedException"),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(served.client_of(issued, service), call)()
        assert code_of(refused) == code


def test_what_moto_is_not_asked_for_is_unserved(served: RunningRegion) -> None:
    with pytest.raises(ClientError) as refused:
        served.client("logs").describe_log_groups()

    assert code_of(refused) == "UnknownOperationException"


def test_an_activation_needs_a_role_that_trusts_ssm(served: RunningRegion) -> None:
    other = {**SSM, "Principal": {"Service": "ec2.amazonaws.com"}}
    make_role(served, "Right", other, SSM)
    make_role(served, "WithPath", {**SSM, "Action": ["sts:AssumeRole"]}, Path="/service-role/")
    make_role(served, "OfOthers", other)
    make_role(served, "Denied", {**SSM, "Effect": "Deny"})
    make_role(served, "OfAccount", {**SSM, "Principal": "*"})
    ssm = served.client("ssm")

    assert ssm.create_activation(IamRole="Right")["ActivationId"]
    assert ssm.create_activation(IamRole="service-role/WithPath")["ActivationId"]
    for role in ("Missing", "OfOthers", "Denied", "OfAccount", "WithPath", "service-role/Right"):
        with pytest.raises(ClientError) as refused:
            ssm.create_activation(IamRole=role)
        assert code_of(refused) == "ValidationException"
        assert (
            "Nonexistent role or missing ssm service principal in trust policy: "
            f"arn:aws:iam::444455556666:role/{role}"
        ) in str(refused.value)


def test_a_role_takes_awss_own_policies(served: RunningRegion) -> None:
    make_role(served, "Kiosk", SSM)
    iam = served.client("iam")
    names = ("AmazonSSMManagedInstanceCore", "AmazonEC2ContainerRegistryReadOnly")
    for name in names:
        iam.attach_role_policy(RoleName="Kiosk", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    iam.attach_role_policy(
        RoleName="Kiosk",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
    )

    attached = iam.list_attached_role_policies(RoleName="Kiosk")["AttachedPolicies"]

    assert {*names, "AmazonEC2ContainerServiceforEC2Role"} == {
        one["PolicyName"] for one in attached
    }
