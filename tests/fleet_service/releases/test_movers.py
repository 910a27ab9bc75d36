"""Both ways to have a host run a release, and making releases, in a region with a real agent."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fleet_service.clock import SystemClock
from fleet_service.kiosks.aws_calls import told_by
from fleet_service.kiosks.ports import AnswerLostError, AwsAwayError
from fleet_service.releases.ecs_hosts import AttributeMover, EcsHosts, TaskMover
from fleet_service.releases.ecs_making import EcsReleases
from fleet_service.releases.ports import Aim, Mover, ReleaseClashError
from kiosk_contracts.ui_task_terms import UiTaskTerms
from tests.support.enrolled import environment
from tests.support.external_instance import Ecs, ExternalInstance, external_instance, until
from tests.support.region import RunningRegion, running_region

PLACES = ["eu-central-1/kiosks"]


def terms(release: str, **changes: Any) -> UiTaskTerms:
    image = f"registry.example.com/kiosk-ui@sha256:{release[-1] * 64}"
    return UiTaskTerms(image=image, memory_mib=256, **changes)


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        running.client("ecs").create_cluster(clusterName="kiosks")
        yield running


@pytest.fixture
async def hosts(region: RunningRegion, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EcsHosts]:
    for name, value in environment(region).items():
        monkeypatch.setenv(name, value)
    async with EcsHosts(PLACES, SystemClock()) as opened:
        yield opened


@dataclass
class Venue:
    """A host with an agent, and the releases r-1 and r-2."""

    region: RunningRegion
    ecs: Ecs
    host: ExternalInstance
    instance_id: str
    mover: Mover
    aims: dict[str, Aim]

    async def move(self, release: str) -> None:
        await self.mover.move(self.instance_id, self.aims[release])

    async def runs(self, release: str) -> None:
        """Wait until ECS says that the host runs this release alone."""
        aim = self.aims[release].definition(*PLACES[0].split("/"))

        async def alone() -> bool:
            return (await self.mover.look(self.instance_id)).running == {aim}

        await until(alone, f"{release} alone")

    async def runs_too(self, release: str) -> None:
        """Wait until ECS says that the host runs this release, whatever else it runs."""
        aim = self.aims[release].definition(*PLACES[0].split("/"))

        async def there() -> bool:
            return aim in (await self.mover.look(self.instance_id)).running

        await until(there, release)

    async def tasks(self) -> list[str]:
        told = await self.ecs("list_tasks", cluster="kiosks", containerInstance=self.host.arn)
        return list(told["taskArns"])


@pytest.fixture(params=["attribute", "tasks"])
async def venue(
    request: pytest.FixtureRequest, region: RunningRegion, hosts: EcsHosts, tmp_path: Path
) -> AsyncIterator[Venue]:
    """Give each adapter in turn."""
    services = request.param == "attribute"
    maker = EcsReleases(hosts, PLACES, services=services)
    aims = {}
    for release in ("r-1", "r-2"):
        [place] = maker.places
        aims[release] = Aim(release, (await maker.make(release, terms(release), place),))
    mover = AttributeMover(hosts) if services else TaskMover(hosts)
    ecs, host = Ecs(region), external_instance(region, tmp_path)
    async with host.running():
        told = await ecs.connected(host.arn)
        yield Venue(region, ecs, host, told["ec2InstanceId"], mover, aims)


async def test_a_host_is_moved_there_and_back_and_asking_again_changes_nothing(
    venue: Venue,
) -> None:
    for release in ("r-1", "r-2", "r-1"):
        await venue.move(release)
        await venue.runs(release)
        before = await venue.tasks()
        await venue.move(release)
        await venue.move(release)
        seen = await venue.mover.look(venue.instance_id)
        assert (seen.told, seen.connected) == (release, True)
        assert await venue.tasks() == before
        assert len(before) == 1


async def test_an_answer_that_was_lost_starts_nothing_twice(venue: Venue) -> None:
    await venue.move("r-1")
    await venue.runs("r-1")
    attribute = isinstance(venue.mover, AttributeMover)
    lost = "PutAttributes" if attribute else "StartTask"
    for _ in range(2 if attribute else 1):
        venue.region.fault(service="ecs", operation=lost, kind="drop-answer")
    with pytest.raises(AnswerLostError, match="ECS"):
        await venue.move("r-2")
    assert sum(venue.region.hits().values()) == (2 if attribute else 1)
    await venue.move("r-2")
    await venue.runs("r-2")
    assert len(await venue.tasks()) == 1


async def test_a_throttle_is_tried_again_and_one_that_lasts_is_told(venue: Venue) -> None:
    venue.region.fault(service="ecs", operation="PutAttributes", kind="throttle")
    await venue.move("r-1")
    venue.region.fault(service="ecs", operation="PutAttributes", kind="throttle", times=9)
    with pytest.raises(AwsAwayError, match="PutAttributes: Throttling") as found:
        await venue.move("r-2")
    assert not isinstance(found.value, AnswerLostError), "it took nothing"
    assert venue.region.hits() == {"ecs.PutAttributes.throttle": 3}
    assert (await venue.mover.look(venue.instance_id)).told == "r-1"


async def test_a_host_that_was_deregistered_is_not_there_any_more(venue: Venue) -> None:
    await venue.move("r-1")
    await venue.runs("r-1")
    await venue.ecs(
        "deregister_container_instance",
        cluster="kiosks",
        containerInstance=venue.host.arn,
        force=True,
    )
    with pytest.raises(AwsAwayError, match="no container instance of mi-"):
        await venue.mover.look(venue.instance_id)


async def test_two_who_tell_it_at_once_start_one_task(venue: Venue, hosts: EcsHosts) -> None:
    """As two tasks of the service, each of which tells a host its first release."""
    tasks, both = hosts.tasks, threading.Barrier(2, timeout=20)
    looked = threading.local()

    def together(place: Any) -> Any:
        found = tasks(place)
        if not hasattr(looked, "once"):
            looked.once = True
            both.wait()
        return found

    if isinstance(venue.mover, TaskMover):
        hosts.tasks = together  # type: ignore[method-assign]  neither sees the other's
    await asyncio.gather(venue.move("r-1"), venue.move("r-1"))
    hosts.tasks = tasks  # type: ignore[method-assign]  as it was
    await venue.runs("r-1")
    assert len(await venue.tasks()) == 1


async def test_nothing_is_sent_when_the_time_of_a_call_is_over(
    venue: Venue, hosts: EcsHosts
) -> None:
    await venue.move("r-1")
    venue.region.fault(service="ecs", operation="PutAttributes", kind="throttle", times=9)
    client = hosts.client("eu-central-1")

    def late() -> None:
        hosts._until.at = 0.0
        target = {"targetType": "container-instance", "targetId": venue.host.arn}
        with told_by("ECS"):
            client.put_attributes(
                cluster="kiosks", attributes=[{"name": "kiosk.release", "value": "r-2", **target}]
            )

    with pytest.raises(AnswerLostError, match="does not answer in time"):
        await hosts.run(late)
    assert venue.region.hits() == {}


async def test_tasks_of_others_stay(venue: Venue) -> None:
    other = await venue.ecs.run(await venue.ecs.define("printer-driver"), venue.host.arn)
    by_hand = await venue.ecs.run(await venue.ecs.define("kiosk-ui"), venue.host.arn)
    await venue.move("r-1")
    await venue.runs_too("r-1")
    if isinstance(venue.mover, TaskMover):
        await venue.ecs.becomes(by_hand, "STOPPED")
    found = await venue.ecs.task(other)
    assert found["desiredStatus"] == "RUNNING"


async def test_one_that_has_no_room_there_leaves_what_runs_alone(
    region: RunningRegion, hosts: EcsHosts, tmp_path: Path
) -> None:
    maker = EcsReleases(hosts, PLACES, services=False)
    [place] = maker.places
    small = Aim("r-1", (await maker.make("r-1", terms("r-1"), place),))
    large = UiTaskTerms(image=terms("r-2").image, memory_mib=700, host_memory_mib=4000)
    big = Aim("r-2", (await maker.make("r-2", large, place),))
    ecs, host = Ecs(region), external_instance(region, tmp_path, memory_mib=900)
    async with host.running():
        instance_id = (await ecs.connected(host.arn))["ec2InstanceId"]
        mover = TaskMover(hosts)
        await mover.move(instance_id, small)
        with pytest.raises(AwsAwayError, match="can't start it there: RESOURCE:MEMORY"):
            await mover.move(instance_id, big)
        told = await ecs("list_tasks", cluster="kiosks", containerInstance=host.arn)
        assert len(told["taskArns"]) == 1
        # What was refused it was never told: nobody starts it later by that.
        assert (await mover.look(instance_id)).told == "r-1"
        with pytest.raises(AwsAwayError, match="r-9 has no task definition in eu-central-1/kiosks"):
            await mover.move(instance_id, Aim("r-9"))


async def test_what_a_host_is_told_is_in_use_until_it_is_told_another_and_then_goes(
    venue: Venue, hosts: EcsHosts
) -> None:
    services = isinstance(venue.mover, AttributeMover)
    maker = EcsReleases(hosts, PLACES, services=services)
    [old], [new] = venue.aims["r-1"].places, venue.aims["r-2"].places
    assert await maker.users("r-1", old) == []
    await venue.move("r-1")
    await venue.runs("r-1")
    assert await maker.users("r-1", old) == [venue.instance_id]
    await venue.move("r-2")
    await venue.runs("r-2")
    assert await maker.users("r-1", old) == []
    for _ in range(2):
        await maker.remove("r-1", old)
    told = await venue.ecs("list_task_definitions")
    assert told["taskDefinitionArns"] == [new.task_definition]
    listed = await venue.ecs("list_services", cluster="kiosks")
    assert listed["serviceArns"] == ([new.service] if services else [])
    await venue.runs("r-2")
    # One that was never whole.
    await maker.remove("r-9", old.model_copy(update={"task_definition": "", "service": ""}))


async def test_what_is_left_in_a_region_that_is_none_of_the_service_s_any_more_goes(
    region: RunningRegion, hosts: EcsHosts
) -> None:
    place = await made(hosts)
    ecs = region.client("ecs")
    async with EcsHosts(["eu-west-9/kiosks"], SystemClock()) as elsewhere:
        maker = EcsReleases(elsewhere, ["eu-west-9/kiosks"], services=True)
        assert await maker.users("r-1", place) == []
        await maker.remove("r-1", place)
    assert ecs.list_task_definitions()["taskDefinitionArns"] == []
    assert ecs.list_services(cluster="kiosks")["serviceArns"] == []


async def test_in_a_cluster_that_is_gone_nobody_is_told_a_release_and_none_is_left(
    region: RunningRegion, hosts: EcsHosts
) -> None:
    place = (await made(hosts)).model_copy(update={"cluster": "was-here"})
    maker = EcsReleases(hosts, PLACES, services=True)
    assert await maker.users("r-1", place) == []
    await maker.remove("r-1", place)
    assert region.client("ecs").list_task_definitions()["taskDefinitionArns"] == []


# Making


async def made(hosts: EcsHosts, release: str = "r-1", **changes: Any) -> Any:
    maker = EcsReleases(hosts, PLACES, services=True)
    [place] = maker.places
    return await maker.make(release, terms(release, **changes), place)


async def test_the_same_release_is_made_once_whatever_answers_are_lost(
    region: RunningRegion, hosts: EcsHosts
) -> None:
    region.fault(service="ecs", operation="RegisterTaskDefinition", kind="drop-answer")
    region.fault(service="ecs", operation="CreateService", kind="drop-answer")
    with pytest.raises(AwsAwayError):
        await made(hosts)
    first = await made(hosts)
    assert await made(hosts) == first
    assert len(region.hits()) == 2
    ecs = region.client("ecs")
    assert ecs.list_task_definitions()["taskDefinitionArns"] == [first.task_definition]
    [service] = ecs.describe_services(cluster="kiosks", services=["kiosk-r-1"])["services"]
    assert service["serviceArn"] == first.service
    assert (service["launchType"], service["schedulingStrategy"]) == ("EXTERNAL", "DAEMON")
    assert service["placementConstraints"] == [
        {"type": "memberOf", "expression": "attribute:kiosk.release == r-1"}
    ]


async def test_two_releases_of_one_body_have_a_revision_each(hosts: EcsHosts) -> None:
    maker = EcsReleases(hosts, PLACES, services=False)
    [place] = maker.places
    both = await asyncio.gather(
        *(maker.make(release, terms("r-1"), place) for release in ("r-1", "r-1b"))
    )
    assert len({one.task_definition for one in both}) == 2


async def test_a_service_of_that_name_that_is_another_s_is_refused(
    region: RunningRegion, hosts: EcsHosts
) -> None:
    await made(hosts)
    with pytest.raises(ReleaseClashError, match="a service kiosk-r-1 is there, with arn:"):
        await made(hosts, environment={"KIOSK_UI_LANGUAGE": "de"})
    ecs = region.client("ecs")
    definition = ecs.list_task_definitions(sort="ASC")["taskDefinitionArns"][0]
    await Ecs(region).daemon(definition, "r-3")
    found = ecs.describe_services(cluster="kiosks", services=["kiosk-r-3"])["services"]
    assert found[0]["taskDefinition"] == definition
    with pytest.raises(ReleaseClashError, match="kiosk-r-3 is there"):
        await made(hosts, "r-3")
