"""External instances in a cluster, as the ECS agent registers them and operators see them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.ecs_agent import CAPABILITIES, RESOURCES, EcsAgent
from tests.support.region import RunningRegion

PREFIX = "arn:aws:ecs:eu-central-1:111122223333"
CUSTOM = {"kiosk.venue": "harbour-hall", "kiosk.name": "till-1"}


@pytest.fixture
def agent(region: RunningRegion, ecs: Any) -> EcsAgent:
    assert ecs
    return EcsAgent(region)


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def described(ecs: Any, arn: str | None, **more: Any) -> dict[str, Any]:
    told = ecs.describe_container_instances(cluster="kiosks", containerInstances=[arn], **more)
    [one] = told["containerInstances"]
    found: dict[str, Any] = one
    return found


def attributes_of(told: dict[str, Any]) -> dict[str, str | None]:
    return {one["name"]: one.get("value") for one in told["attributes"]}


def test_an_external_instance_is_its_managed_instance(ecs: Any, agent: EcsAgent) -> None:
    registered = agent.register(custom=CUSTOM, tags=[{"key": "a", "value": "b"}])

    told = described(ecs, agent.arn, include=["TAGS", "CONTAINER_INSTANCE_HEALTH"])

    assert told["containerInstanceArn"].startswith(f"{PREFIX}:container-instance/kiosks/")
    assert told["ec2InstanceId"] == registered["ec2InstanceId"] == agent.instance_id
    assert (told["status"], told["agentConnected"]) == ("ACTIVE", False)
    assert told["versionInfo"]["agentVersion"] == "1.105.1"
    assert told["registeredResources"] == RESOURCES
    assert attributes_of(told) == {
        **CUSTOM,
        **dict.fromkeys(CAPABILITIES),
        "ecs.os-type": "linux",
    }
    assert told["tags"] == [{"key": "a", "value": "b"}]
    assert told["healthStatus"]["overallStatus"] == "INSUFFICIENT_DATA"
    assert "healthStatus" not in described(ecs, agent.arn)


def test_custom_attributes_stay_when_the_agent_registers_again(ecs: Any, agent: EcsAgent) -> None:
    agent.register(custom=CUSTOM)
    first = agent.arn
    ecs.put_attributes(
        cluster="kiosks",
        attributes=[{"name": "kiosk.release", "value": "r1", "targetId": first}],
    )

    told = agent.register(versionInfo={"agentVersion": "1.106.0"})

    assert told["containerInstanceArn"] == first
    assert told["versionInfo"]["agentVersion"] == "1.106.0"
    assert attributes_of(told)["kiosk.venue"] == "harbour-hall"
    assert attributes_of(told)["kiosk.release"] == "r1"
    assert len(ecs.list_container_instances(cluster="kiosks")["containerInstanceArns"]) == 1


def test_a_repeated_registration_is_one(ecs: Any, agent: EcsAgent) -> None:
    first = agent.register()["containerInstanceArn"]
    agent.arn = None
    assert agent.register()["containerInstanceArn"] == first

    agent.arn = None
    assert agent.register(repeatable_as="agent-2")["containerInstanceArn"] != first
    assert len(ecs.list_container_instances(cluster="kiosks")["containerInstanceArns"]) == 2


def test_another_hosts_token_is_not_ones_own(region: RunningRegion, agent: EcsAgent) -> None:
    other = EcsAgent(region)

    assert agent.register()["containerInstanceArn"] != other.register()["containerInstanceArn"]


def test_an_instance_is_registered_by_itself_alone(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    agent.register()
    other = EcsAgent(region)
    other.arn = agent.arn

    with pytest.raises(ClientError) as refused:
        other.register()

    assert code_of(refused) == "InvalidParameterException"
    assert described(ecs, agent.arn)["ec2InstanceId"] == agent.instance_id


def test_only_external_instances_register(ecs: Any, agent: EcsAgent) -> None:
    with pytest.raises(ClientError) as by_operator:
        ecs.register_container_instance(
            cluster="kiosks", attributes=[{"name": "ecs.capability.external"}]
        )
    with pytest.raises(ClientError) as without:
        agent.ecs.register_container_instance(cluster="kiosks", attributes=[])
    with pytest.raises(ClientError) as with_document:
        agent.register(instanceIdentityDocument="{}")

    for refused in (by_operator, without, with_document):
        assert code_of(refused) == "ClientException"
    assert "external" in str(without.value)
    assert ecs.list_container_instances(cluster="kiosks")["containerInstanceArns"] == []


def test_an_unknown_cluster_is_not_made_by_the_way(agent: EcsAgent) -> None:
    with pytest.raises(ClientError) as refused:
        agent.register(cluster="default")

    assert code_of(refused) == "ClusterNotFoundException"


@pytest.mark.parametrize(
    "custom",
    [
        {"with space": "x"},
        {"kiosk.venue": " x"},
        {"kiosk.venue": "ü"},
        {f"kiosk.{n}": "x" for n in range(11)},
    ],
)
def test_custom_attributes_have_their_form(
    ecs: Any, agent: EcsAgent, custom: dict[str, str]
) -> None:
    with pytest.raises(ClientError) as refused:
        agent.register(custom=custom)

    assert code_of(refused) == "InvalidParameterException"
    assert ecs.list_container_instances(cluster="kiosks")["containerInstanceArns"] == []


def test_the_agent_is_told_websockets_under_the_name_it_asked(
    region: RunningRegion, agent: EcsAgent
) -> None:
    told = agent.ecs.discover_poll_endpoint(cluster="kiosks", zoneId="")

    assert told["endpoint"] == f"{region.url}/acs/"
    assert told["telemetryEndpoint"] == f"{region.url}/tcs/"


def test_a_deregistered_instance_is_inactive_for_good(ecs: Any, agent: EcsAgent) -> None:
    agent.register()
    before = described(ecs, agent.arn)["version"]

    told = ecs.deregister_container_instance(
        cluster="kiosks", containerInstance=str(agent.arn).rsplit("/", maxsplit=1)[-1]
    )["containerInstance"]

    assert (told["status"], told["agentConnected"]) == ("INACTIVE", False)
    assert described(ecs, agent.arn)["version"] == before + 1
    assert ecs.list_container_instances(cluster="kiosks")["containerInstanceArns"] == []
    with pytest.raises(ClientError) as again:
        ecs.deregister_container_instance(cluster="kiosks", containerInstance=agent.arn)
    assert code_of(again) == "InvalidParameterException"
    with pytest.raises(ClientError) as refused:
        agent.register()
    assert code_of(refused) == "ClientException"
    agent.arn = None
    assert agent.register()["status"] == "ACTIVE"


def test_instances_are_drained_and_taken_back(ecs: Any, agent: EcsAgent) -> None:
    agent.register()
    gone = f"{PREFIX}:container-instance/kiosks/{'0' * 32}"

    told = ecs.update_container_instances_state(
        cluster="kiosks", containerInstances=[agent.arn, gone], status="DRAINING"
    )

    assert [one["status"] for one in told["containerInstances"]] == ["DRAINING"]
    assert told["failures"] == [{"arn": gone, "reason": "MISSING"}]

    def listed(status: str) -> int:
        answer = ecs.list_container_instances(cluster="kiosks", status=status)
        return len(answer["containerInstanceArns"])

    assert (listed("ACTIVE"), listed("DRAINING")) == (0, 1)
    assert len(ecs.list_container_instances(cluster="kiosks")["containerInstanceArns"]) == 1
    ecs.update_container_instances_state(
        cluster="kiosks", containerInstances=[agent.arn], status="ACTIVE"
    )
    assert (listed("ACTIVE"), listed("DRAINING")) == (1, 0)
    ecs.deregister_container_instance(cluster="kiosks", containerInstance=agent.arn)
    again = ecs.update_container_instances_state(
        cluster="kiosks", containerInstances=[agent.arn], status="ACTIVE"
    )
    assert [one["reason"] for one in again["failures"]] == ["INACTIVE"]


def test_states_and_batches_have_their_limits(ecs: Any, agent: EcsAgent) -> None:
    agent.register()
    for params in (
        {"containerInstances": [agent.arn], "status": "REGISTERING"},
        {"containerInstances": [], "status": "ACTIVE"},
        {"containerInstances": [agent.arn] * 11, "status": "ACTIVE"},
    ):
        with pytest.raises(ClientError) as refused:
            ecs.update_container_instances_state(cluster="kiosks", **params)
        assert code_of(refused) == "InvalidParameterException"
    for asked in ([], [agent.arn] * 101):
        with pytest.raises(ClientError) as refused:
            ecs.describe_container_instances(cluster="kiosks", containerInstances=asked)
        assert code_of(refused) == "InvalidParameterException"


def test_what_is_missing_is_told_as_a_failure(ecs: Any) -> None:
    told = ecs.describe_container_instances(cluster="kiosks", containerInstances=["0" * 32])

    assert told["containerInstances"] == []
    assert told["failures"] == [
        {"arn": f"{PREFIX}:container-instance/kiosks/{'0' * 32}", "reason": "MISSING"}
    ]


def test_instances_are_listed_by_expression_and_in_pages(region: RunningRegion, ecs: Any) -> None:
    agents = [EcsAgent(region) for _ in range(3)]
    for number, agent in enumerate(agents):
        agent.register(custom={"kiosk.name": f"till-{number}"})

    def listed(expression: str) -> set[str]:
        answer = ecs.list_container_instances(cluster="kiosks", filter=expression)
        return set(answer["containerInstanceArns"])

    assert listed("attribute:kiosk.name == till-1") == {agents[1].arn}
    assert listed("attribute:kiosk.name in [till-0, till-2]") == {agents[0].arn, agents[2].arn}
    assert listed(f"ec2InstanceId == '{agents[2].instance_id}'") == {agents[2].arn}
    assert listed("agentConnected == true") == set()
    assert listed("agentVersion < 1.99") == set()
    with pytest.raises(ClientError) as refused:
        listed("colour == red")
    assert code_of(refused) == "InvalidParameterException"

    first = ecs.list_container_instances(cluster="kiosks", maxResults=2)
    second = ecs.list_container_instances(
        cluster="kiosks", maxResults=2, nextToken=first["nextToken"]
    )
    shown = first["containerInstanceArns"] + second["containerInstanceArns"]
    assert shown == sorted(str(agent.arn) for agent in agents)
    assert "nextToken" not in second


def test_an_instances_role_may_not_set_attributes(agent: EcsAgent) -> None:
    agent.register()

    with pytest.raises(ClientError) as refused:
        agent.ecs.put_attributes(
            cluster="kiosks", attributes=[{"name": "kiosk.release", "targetId": agent.arn}]
        )

    assert code_of(refused) == "AccessDeniedException"
    assert "ecs:PutAttributes" in str(refused.value)


def test_the_rate_of_describe_is_enforced(region: RunningRegion, ecs: Any) -> None:
    region.clock.stop()
    codes = []
    for _ in range(140):
        try:
            ecs.list_container_instances(cluster="kiosks")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])

    assert codes == ["ThrottlingException"] * 40
    assert ecs.list_clusters(), "which is in no such group"
