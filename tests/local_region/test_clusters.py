"""Clusters of ECS."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion

PREFIX = "arn:aws:ecs:eu-central-1:111122223333"


@pytest.fixture
def ecs(region: RunningRegion) -> Any:
    return region.client("ecs")


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_cluster_is_made_once(ecs: Any) -> None:
    made = ecs.create_cluster(clusterName="kiosks", tags=[{"key": "a", "value": "b"}])["cluster"]
    again = ecs.create_cluster(clusterName="kiosks")["cluster"]

    assert made["clusterArn"] == f"{PREFIX}:cluster/kiosks"
    assert made["status"] == "ACTIVE"
    assert again == made
    assert ecs.list_clusters()["clusterArns"] == [made["clusterArn"]]


def test_without_a_name_it_is_the_default(ecs: Any) -> None:
    assert ecs.create_cluster()["cluster"]["clusterName"] == "default"
    [told] = ecs.describe_clusters()["clusters"]
    assert told["clusterName"] == "default"


@pytest.mark.parametrize(
    "params",
    [
        {"clusterName": "no spaces"},
        {"clusterName": "x" * 256},
        {"capacityProviders": ["FARGATE"]},
        {"serviceConnectDefaults": {"namespace": "kiosks"}},
    ],
)
def test_what_a_cluster_can_not_be_is_refused(ecs: Any, params: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        ecs.create_cluster(**params)

    assert code_of(refused) == "InvalidParameterException"
    assert ecs.list_clusters()["clusterArns"] == []


def test_clusters_are_described_by_name_and_arn_and_missing_ones_told(ecs: Any) -> None:
    ecs.create_cluster(clusterName="kiosks", tags=[{"key": "a", "value": "b"}])
    arn = f"{PREFIX}:cluster/kiosks"

    told = ecs.describe_clusters(clusters=["kiosks", arn, "gone"], include=["TAGS"])

    assert [one["clusterName"] for one in told["clusters"]] == ["kiosks", "kiosks"]
    assert told["clusters"][0]["tags"] == [{"key": "a", "value": "b"}]
    assert told["failures"] == [{"arn": f"{PREFIX}:cluster/gone", "reason": "MISSING"}]
    assert ecs.describe_clusters(clusters=["kiosks"])["clusters"][0]["tags"] == []


def test_clusters_come_in_pages(ecs: Any) -> None:
    for name in "cab":
        ecs.create_cluster(clusterName=name)

    first = ecs.list_clusters(maxResults=2)
    second = ecs.list_clusters(maxResults=2, nextToken=first["nextToken"])

    shown = first["clusterArns"] + second["clusterArns"]
    assert [arn[-1] for arn in shown] == ["a", "b", "c"]
    assert "nextToken" not in second
    for wrong in ({"nextToken": "none"}, {"maxResults": 0}, {"maxResults": 101}):
        with pytest.raises(ClientError) as refused:
            ecs.list_clusters(**wrong)
        assert code_of(refused) == "InvalidParameterException"


def test_a_cluster_with_instances_is_not_deleted(region: RunningRegion, ecs: Any) -> None:
    ecs.create_cluster(clusterName="kiosks")
    agent = EcsAgent(region)
    agent.register()
    assert (
        ecs.describe_clusters(clusters=["kiosks"])["clusters"][0][
            "registeredContainerInstancesCount"
        ]
        == 1
    )

    with pytest.raises(ClientError) as refused:
        ecs.delete_cluster(cluster="kiosks")
    assert code_of(refused) == "ClusterContainsContainerInstancesException"

    ecs.deregister_container_instance(cluster="kiosks", containerInstance=agent.arn)
    assert ecs.delete_cluster(cluster="kiosks")["cluster"]["status"] == "INACTIVE"
    assert ecs.list_clusters()["clusterArns"] == []
    with pytest.raises(ClientError) as refused:
        ecs.list_container_instances(cluster="kiosks")
    assert code_of(refused) == "ClusterNotFoundException"
    assert ecs.create_cluster(clusterName="kiosks")["cluster"]["status"] == "ACTIVE"


@pytest.mark.parametrize("name", ["gone", f"{PREFIX}:cluster/gone", "arn:aws:ecs:x:y:cluster/a"])
def test_an_unknown_cluster_is_not_found(ecs: Any, name: str) -> None:
    with pytest.raises(ClientError) as refused:
        ecs.list_container_instances(cluster=name)

    assert code_of(refused) == "ClusterNotFoundException"
