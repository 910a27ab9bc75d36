"""Managed instances, as SSM lists them and as their agents act."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.region import RunningRegion
from tests.support.ssm_agent import AgentError, SsmAgent, new_key, public_text

GONE = "mi-00000000000000000"


@pytest.fixture
def ssm(region: RunningRegion) -> Any:
    return region.client("ssm")


@pytest.fixture
def agent(region: RunningRegion, ssm: Any) -> SsmAgent:
    made = ssm.create_activation(
        IamRole="KioskRole",
        DefaultInstanceName="harbour",
        Tags=[{"Key": "venue", "Value": "harbour-hall"}],
    )
    registered = SsmAgent(region.url)
    registered.register(made)
    return registered


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def listed(ssm: Any, **asked: Any) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = ssm.describe_instance_information(**asked)[
        "InstanceInformationList"
    ]
    return told


def test_an_instance_is_listed_and_online_while_it_pings(
    region: RunningRegion, ssm: Any, agent: SsmAgent
) -> None:
    [silent] = listed(ssm)
    assert silent["PingStatus"] == "ConnectionLost"
    assert silent["InstanceId"] == agent.instance_id
    assert silent["IamRole"] == "KioskRole"
    assert silent["Name"] == "harbour"

    agent.ping(agent.role_token())
    [online] = listed(ssm)
    assert online["PingStatus"] == "Online"
    assert online["AgentVersion"] == "3.3.2299.0"
    assert (online["PlatformType"], online["PlatformVersion"]) == ("Linux", "12")
    assert (online["IPAddress"], online["ComputerName"]) == ("192.0.2.7", "till-1")

    region.clock.ahead = timedelta(minutes=4, seconds=30)
    assert listed(ssm)[0]["PingStatus"] == "Online"


def test_five_minutes_without_a_ping_are_a_lost_connection(
    region: RunningRegion, agent: SsmAgent
) -> None:
    region.clock.ahead = timedelta(minutes=-4)
    agent.ahead = region.clock.ahead
    agent.ping(agent.role_token())
    region.clock.ahead = timedelta(minutes=1, seconds=5)

    [told] = listed(region.client("ssm"))

    assert told["PingStatus"] == "ConnectionLost"


def test_a_ping_is_the_instances_own(region: RunningRegion, ssm: Any, agent: SsmAgent) -> None:
    made = ssm.create_activation(IamRole="KioskRole")
    other = SsmAgent(region.url)
    other.register(made)
    of_other = other.role_token()

    with pytest.raises(AgentError) as refused:
        agent.ping(of_other)

    assert refused.value.code == "InvalidInstanceId"
    assert {told["PingStatus"] for told in listed(ssm)} == {"ConnectionLost"}


def test_the_roles_credentials_are_the_instance_for_an_hour(
    region: RunningRegion, agent: SsmAgent
) -> None:
    issued = agent.role_token()
    told = region.client_of(issued, "sts").get_caller_identity()
    assert told["Arn"].endswith(f":assumed-role/KioskRole/{agent.instance_id}")

    for minutes, code in ((59, None), (61, "ExpiredTokenException")):
        agent.ahead = region.clock.ahead = timedelta(minutes=minutes)
        if code is None:
            agent.ping(issued)
            continue
        with pytest.raises(AgentError) as refused:
            agent.ping(issued)
        assert refused.value.code == code


def test_only_the_instances_own_key_gets_credentials(agent: SsmAgent) -> None:
    right = agent.key
    agent.key = new_key()

    with pytest.raises(AgentError) as refused:
        agent.role_token()
    assert refused.value.code == "InvalidSignatureException"

    agent.key = right
    assert agent.role_token()["access_key_id"].startswith("ASIA")


def test_a_signature_for_another_region_gets_no_credentials(agent: SsmAgent) -> None:
    agent.region = "eu-west-1"

    with pytest.raises(AgentError) as refused:
        agent.role_token()

    assert refused.value.code == "InvalidSignatureException"
    assert "valid region" in str(refused.value)


def test_another_machines_fingerprint_gets_no_credentials(agent: SsmAgent) -> None:
    agent.fingerprint = "another"

    with pytest.raises(AgentError) as refused:
        agent.role_token()

    assert refused.value.code == "MachineFingerprintDoesNotMatch"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_instance_whose_clock_is_off_gets_no_credentials(agent: SsmAgent, minutes: int) -> None:
    agent.ahead = timedelta(minutes=minutes)

    with pytest.raises(AgentError) as refused:
        agent.role_token()

    assert refused.value.code == "InvalidSignatureException"
    assert ("expired" if minutes < 0 else "not yet current") in str(refused.value)


def test_a_key_can_be_changed(agent: SsmAgent) -> None:
    fresh = new_key()
    agent.send_signed(
        "UpdateManagedInstancePublicKey",
        {"NewPublicKey": public_text(fresh), "NewPublicKeyType": "Rsa"},
    )

    with pytest.raises(AgentError):
        agent.role_token()
    agent.key = fresh
    assert agent.role_token()["access_key_id"].startswith("ASIA")


def test_a_deregistered_instance_gets_no_more_credentials(
    region: RunningRegion, ssm: Any, agent: SsmAgent
) -> None:
    issued = agent.role_token()
    ssm.deregister_managed_instance(InstanceId=agent.instance_id)

    with pytest.raises(AgentError) as refused:
        agent.role_token()
    assert refused.value.code == "InvalidInstanceId"
    with pytest.raises(AgentError) as refused:
        agent.ping(issued)
    assert refused.value.code == "InvalidInstanceId"
    assert region.client_of(issued, "sts").get_caller_identity(), "as with STS, until they end"
    assert not listed(ssm)
    with pytest.raises(ClientError) as gone:
        ssm.deregister_managed_instance(InstanceId=agent.instance_id)
    assert code_of(gone) == "InvalidInstanceId"


def test_instances_come_in_pages_of_five_to_fifty(region: RunningRegion, ssm: Any) -> None:
    made = ssm.create_activation(IamRole="KioskRole", RegistrationLimit=7)
    ids = sorted(SsmAgent(region.url).register(made) for _ in range(7))

    pages = list(
        ssm.get_paginator("describe_instance_information").paginate(
            PaginationConfig={"PageSize": 5}
        )
    )

    assert [len(one["InstanceInformationList"]) for one in pages] == [5, 2]
    assert [told["InstanceId"] for one in pages for told in one["InstanceInformationList"]] == ids
    for size in (4, 51):
        with pytest.raises((ClientError, ValueError)) as refused:
            unchecked(region).describe_instance_information(MaxResults=size)
        assert "ValidationException" in str(refused.value)
    with pytest.raises(ClientError) as refused_token:
        ssm.describe_instance_information(NextToken="bm9uZQ==")
    assert code_of(refused_token) == "InvalidNextToken"


def unchecked(region: RunningRegion) -> Any:
    return region.client(
        "ssm", config=Config(parameter_validation=False, retries={"total_max_attempts": 1})
    )


def test_instances_are_filtered_in_both_of_the_ways_that_ssm_has(
    region: RunningRegion, ssm: Any, agent: SsmAgent
) -> None:
    other = SsmAgent(region.url)
    other.register(ssm.create_activation(IamRole="OtherRole"))
    other.ping(other.role_token())

    def new(key: str, *values: str) -> set[str]:
        asked = [{"Key": key, "Values": list(values)}]
        return {told["InstanceId"] for told in listed(ssm, Filters=asked)}

    def old(key: str, *values: str) -> set[str]:
        asked = [{"key": key, "valueSet": list(values)}]
        return {told["InstanceId"] for told in listed(ssm, InstanceInformationFilterList=asked)}

    assert new("InstanceIds", str(agent.instance_id)) == {agent.instance_id}
    assert new("PingStatus", "Online") == old("PingStatus", "Online") == {other.instance_id}
    assert new("IamRole", "KioskRole", "OtherRole") == {agent.instance_id, other.instance_id}
    assert new("tag:venue", "harbour-hall") == {agent.instance_id}
    assert new("tag-key", "venue") == {agent.instance_id}
    assert new("PlatformTypes", "Linux") == {other.instance_id}
    assert old("ResourceType", "EC2Instance") == set()
    assert new("AssociationStatus", "Success") == set()
    activation = listed(ssm, Filters=[{"Key": "IamRole", "Values": ["OtherRole"]}])[0]
    assert new("ActivationIds", activation["ActivationId"]) == {other.instance_id}
    assert new("AgentVersion", "3.3.2299.0") == {other.instance_id}


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("Colour", "blue", "InvalidFilterKey"),
        ("PingStatus", "Sleepy", "InvalidInstanceInformationFilterValue"),
        ("InstanceIds", "till-1", "InvalidInstanceId"),
    ],
)
def test_filters_that_are_none_are_refused(ssm: Any, key: str, value: str, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        listed(ssm, Filters=[{"Key": key, "Values": [value]}])

    assert code_of(refused) == code


def test_both_kinds_of_filter_at_once_are_refused(ssm: Any) -> None:
    with pytest.raises(ClientError) as refused:
        listed(
            ssm,
            Filters=[{"Key": "IamRole", "Values": ["A"]}],
            InstanceInformationFilterList=[{"key": "IamRole", "valueSet": ["A"]}],
        )

    assert code_of(refused) == "ValidationException"


def test_an_instance_inherits_the_activations_tags_and_is_tagged(ssm: Any, agent: SsmAgent) -> None:
    of_agent = {"ResourceType": "ManagedInstance", "ResourceId": agent.instance_id}

    ssm.add_tags_to_resource(
        **of_agent,
        Tags=[{"Key": "kiosk", "Value": "till-1"}, {"Key": "venue", "Value": "harbour"}],
    )
    assert ssm.list_tags_for_resource(**of_agent)["TagList"] == [
        {"Key": "kiosk", "Value": "till-1"},
        {"Key": "venue", "Value": "harbour"},
    ]
    ssm.remove_tags_from_resource(**of_agent, TagKeys=["kiosk", "unknown"])
    assert ssm.list_tags_for_resource(**of_agent)["TagList"] == [
        {"Key": "venue", "Value": "harbour"}
    ]


def test_tags_have_their_refusals(ssm: Any, agent: SsmAgent) -> None:
    for kind, name, code in (
        ("ManagedInstance", GONE, "InvalidResourceId"),
        ("Parameter", "x", "InvalidResourceType"),
    ):
        with pytest.raises(ClientError) as refused:
            ssm.list_tags_for_resource(ResourceType=kind, ResourceId=name)
        assert code_of(refused) == code
    with pytest.raises(ClientError) as refused:
        ssm.add_tags_to_resource(
            ResourceType="ManagedInstance",
            ResourceId=agent.instance_id,
            Tags=[{"Key": f"tag-{n}", "Value": ""} for n in range(50)],
        )
    assert code_of(refused) == "TooManyTagsError"
    # One is the activation's.
    ssm.add_tags_to_resource(
        ResourceType="ManagedInstance",
        ResourceId=agent.instance_id,
        Tags=[{"Key": f"tag-{n}", "Value": ""} for n in range(49)],
    )


def test_an_instances_role_may_not_do_what_operators_do(
    region: RunningRegion, agent: SsmAgent
) -> None:
    as_instance = region.client_of(agent.role_token(), "ssm")

    with pytest.raises(ClientError) as refused:
        as_instance.create_activation(IamRole="KioskRole")

    assert code_of(refused) == "AccessDeniedException"
    assert "not authorized to perform: ssm:CreateActivation" in str(refused.value)
