"""Attributes of container instances."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion


@pytest.fixture
def agent(region: RunningRegion, ecs: Any) -> EcsAgent:
    assert ecs
    agent = EcsAgent(region)
    agent.register(custom={"kiosk.name": "till-1"})
    return agent


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def put(ecs: Any, agent: EcsAgent, **attributes: str | None) -> dict[str, Any]:
    asked = []
    for name, value in attributes.items():
        one = {"name": name, "targetId": str(agent.arn), "targetType": "container-instance"}
        asked.append(one if value is None else {**one, "value": value})
    told: dict[str, Any] = ecs.put_attributes(cluster="kiosks", attributes=asked)
    return told


def listed(ecs: Any, **asked: Any) -> dict[str, str | None]:
    answer = ecs.list_attributes(cluster="kiosks", targetType="container-instance", **asked)
    return {one["name"]: one.get("value") for one in answer["attributes"]}


def test_an_attribute_is_put_changed_and_deleted(ecs: Any, agent: EcsAgent) -> None:
    [told] = put(ecs, agent, release="r1")["attributes"]
    assert told == {
        "name": "release",
        "value": "r1",
        "targetId": agent.arn,
        "targetType": "container-instance",
    }
    put(ecs, agent, release="r2", flag=None)
    assert listed(ecs, attributeName="release") == {"release": "r2"}
    assert listed(ecs, attributeName="flag") == {"flag": None}
    assert listed(ecs, attributeName="release", attributeValue="r1") == {}
    assert listed(ecs)["kiosk.name"] == "till-1"

    gone = ecs.delete_attributes(
        cluster="kiosks",
        attributes=[
            {"name": "release", "targetId": agent.arn},
            {"name": "never", "targetId": agent.arn},
        ],
    )["attributes"]

    assert [one["name"] for one in gone] == ["release"]
    assert listed(ecs, attributeName="release") == {}


def test_an_instance_has_ten_custom_attributes_at_most(ecs: Any, agent: EcsAgent) -> None:
    put(ecs, agent, **{f"a{n}": "x" for n in range(9)})

    with pytest.raises(ClientError) as refused:
        put(ecs, agent, release="r1")

    assert code_of(refused) == "AttributeLimitExceededException"
    assert listed(ecs, attributeName="release") == {}
    put(ecs, agent, a0="y")
    assert listed(ecs, attributeName="a0") == {"a0": "y"}


def test_a_call_that_fails_sets_nothing(ecs: Any, agent: EcsAgent) -> None:
    with pytest.raises(ClientError) as refused:
        ecs.put_attributes(
            cluster="kiosks",
            attributes=[
                {"name": "release", "value": "r1", "targetId": agent.arn},
                {"name": "release", "value": "r1", "targetId": "0" * 32},
            ],
        )

    assert code_of(refused) == "TargetNotFoundException"
    assert listed(ecs, attributeName="release") == {}


@pytest.mark.parametrize(
    "attribute",
    [
        {"name": "ecs.capability.external"},
        {"name": "com.amazonaws.ecs.x"},
        {"name": "with space"},
        {"name": "x" * 129},
        {"name": "release", "value": "ü"},
        {"name": "release", "value": "x "},
    ],
)
def test_what_an_attribute_can_not_be_is_refused(
    ecs: Any, agent: EcsAgent, attribute: dict[str, str]
) -> None:
    with pytest.raises(ClientError) as refused:
        ecs.put_attributes(cluster="kiosks", attributes=[{**attribute, "targetId": agent.arn}])

    assert code_of(refused) == "InvalidParameterException"


def test_a_call_has_one_to_ten_attributes_with_targets(ecs: Any, agent: EcsAgent) -> None:
    one = {"name": "a", "targetId": agent.arn}
    for asked in ([], [one] * 11, [{"name": "a"}]):
        with pytest.raises(ClientError) as refused:
            ecs.put_attributes(cluster="kiosks", attributes=asked)
        assert code_of(refused) == "InvalidParameterException"
    with pytest.raises(ClientError) as refused:
        listed(ecs, attributeValue="x")
    assert code_of(refused) == "InvalidParameterException"


def test_a_deregistered_instance_is_no_target(ecs: Any, agent: EcsAgent) -> None:
    ecs.deregister_container_instance(cluster="kiosks", containerInstance=agent.arn)

    with pytest.raises(ClientError) as refused:
        put(ecs, agent, release="r1")

    assert code_of(refused) == "TargetNotFoundException"
    assert listed(ecs) == {}


@pytest.mark.usefixtures("agent")
def test_attributes_come_in_pages(ecs: Any) -> None:
    whole = listed(ecs)
    first = ecs.list_attributes(cluster="kiosks", targetType="container-instance", maxResults=3)
    second = listed(ecs, maxResults=100, nextToken=first["nextToken"])

    assert len(first["attributes"]) == 3
    assert {one["name"] for one in first["attributes"]} | set(second) == set(whole)
    assert len(second) == len(whole) - 3
