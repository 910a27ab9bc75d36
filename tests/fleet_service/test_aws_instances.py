"""Asking AWS about hosts: in bounded time, and not by more than a few at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from fleet_service.kiosks import aws
from fleet_service.kiosks.aws import AwsInstances
from fleet_service.kiosks.ports import AwsAwayError
from tests.support.enrolled import CLUSTER, environment
from tests.support.region import RunningRegion, running_region
from tests.support.sts import INSTANCE_ID

LOOK = {"service": "ssm", "operation": "DescribeInstanceInformation"}


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        yield running


@pytest.fixture
async def instances(
    region: RunningRegion, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AwsInstances]:
    for name, value in environment(region).items():
        monkeypatch.setenv(name, value)
    async with AwsInstances([region.settings.region], CLUSTER) as opened:
        yield opened


async def test_a_host_that_aws_does_not_know_is_known_as_such(instances: AwsInstances) -> None:
    evidence = await instances.look(INSTANCE_ID)
    assert (evidence.activation_id, evidence.attributes) == (None, None)
    with pytest.raises(AwsAwayError, match="ECS answered ListContainerInstances: ClusterNotFound"):
        await instances.put_attribute(INSTANCE_ID, "eu-central-1", "kiosk.release", "r-1")
    with pytest.raises(AwsAwayError, match="none of this service's regions"):
        await instances.put_attribute(INSTANCE_ID, "eu-west-1", "kiosk.release", "r-1")


async def test_a_host_without_a_container_instance_can_not_be_told_a_release(
    region: RunningRegion, instances: AwsInstances
) -> None:
    region.client("ecs").create_cluster(clusterName=CLUSTER)
    with pytest.raises(AwsAwayError, match="ECS has no container instance of mi-"):
        await instances.put_attribute(INSTANCE_ID, "eu-central-1", "kiosk.release", "r-1")


async def test_an_aws_that_is_slow_is_away_and_its_turns_end_with_its_answers(
    region: RunningRegion, instances: AwsInstances, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "_LONGEST_S", 0.2)
    monkeypatch.setattr(aws, "_LONGEST_WAIT_S", 0.2)
    region.fault(**LOOK, kind="slow", seconds=2, times=4)
    looks = await asyncio.gather(
        *(instances.look(INSTANCE_ID) for _ in range(4)), return_exceptions=True
    )
    assert {str(one) for one in looks} == {"AWS does not answer in time"}
    # All four threads still wait for AWS.
    with pytest.raises(AwsAwayError, match="too many hosts"):
        await instances.look(INSTANCE_ID)
    monkeypatch.setattr(aws, "_LONGEST_S", 30)
    monkeypatch.setattr(aws, "_LONGEST_WAIT_S", 30)
    assert (await instances.look(INSTANCE_ID)).activation_id is None
    assert sum(region.hits().values()) == 4


async def test_who_gives_up_waiting_holds_its_turn_until_aws_has_answered(
    region: RunningRegion, instances: AwsInstances, monkeypatch: pytest.MonkeyPatch
) -> None:
    region.fault(**LOOK, kind="slow", seconds=1.5, times=4)
    gone = [asyncio.create_task(instances.look(INSTANCE_ID)) for _ in range(4)]
    await asyncio.sleep(0)
    monkeypatch.setattr(aws, "_LONGEST_WAIT_S", 0.2)
    for one in gone:
        one.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    with pytest.raises(AwsAwayError, match="too many hosts"):
        await instances.look(INSTANCE_ID)
    monkeypatch.setattr(aws, "_LONGEST_WAIT_S", 30)
    assert (await instances.look(INSTANCE_ID)).activation_id is None
