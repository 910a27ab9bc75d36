"""A cluster that came after a release was made has all of it before a kiosk there is moved."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import ValidationError

from cloud_store.workspace import Workspace, key_of
from fleet_service.kiosks.first_release import FirstReleases
from fleet_service.kiosks.ports import AwsAwayError, InstanceEvidence
from fleet_service.kiosks.records import DUE, FirstReleaseRecord
from fleet_service.releases.finishing import Finishing
from fleet_service.releases.making import Releases
from fleet_service.releases.records import ReleaseRecord
from fleet_service.settings import FleetSettings
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import (
    KioskMoveState,
    MoveState,
    NewRelease,
    ReleasePlace,
    ReleaseState,
)
from kiosk_contracts.ui_task_terms import UiTaskTerms
from tests.support.moving_fleet import IMAGES, NEW, OLD
from tests.support.moving_store import CLUSTER, MOVE_ID, REGION, Hall, host_of, opened
from tests.support.scripted_maker import ScriptedMaker

HERE = ReleasePlace(region=REGION, cluster=CLUSTER)
BEFORE = ReleasePlace(region="eu-west-1", cluster="kiosks", task_definition="arn:before")
FIRST = host_of("till-hb1")


@pytest.fixture
def maker() -> ScriptedMaker:
    return ScriptedMaker([BEFORE.model_copy(update={"task_definition": ""}), HERE])


@pytest.fixture
async def hall(tmp_path: Path, maker: ScriptedMaker) -> AsyncIterator[Hall]:
    """Have releases that are whole elsewhere, and nowhere where the kiosk is."""
    async with opened(tmp_path) as found:
        await found.set_up("HB1")
        for release in (OLD, NEW):
            workspace = Workspace(found.store)
            known = await workspace.fetch(ReleaseRecord, release)
            assert known is not None
            workspace.put(known.model_copy(update={"places": (BEFORE,)}), release)
            await workspace.commit()
        found.completing = Finishing(found.store, found.clock, maker, None)
        await found.begin()
        await found.kiosks_report()
        yield found


async def places(hall: Hall, release: str) -> list[tuple[str, str]]:
    known = await Workspace(hall.store).fetch(ReleaseRecord, release)
    assert known is not None
    assert (known.state, known.at_work) == (ReleaseState.LIVE, False)
    return [(one.region, one.task_definition) for one in known.places]


async def test_what_is_missing_there_is_made_before_the_kiosk_is_told_and_once(
    hall: Hall, maker: ScriptedMaker
) -> None:
    tending = hall.tending()
    for _ in range(3):
        await tending.look(str(MOVE_ID))
    # Also of what it goes back to if the new one fails.
    assert sorted(maker.calls) == [f"make {one} {REGION}" for one in (OLD, NEW)]
    assert await places(hall, NEW) == [("eu-west-1", "arn:before"), (REGION, _arn(NEW))]
    assert await places(hall, OLD) == [("eu-west-1", "arn:before"), (REGION, _arn(OLD))]
    assert hall.ecs.calls() == [(FIRST, NEW)]


def _arn(release: str) -> str:
    return f"arn:{REGION}:{IMAGES[release][-4:]}"


async def test_while_it_can_not_be_made_the_kiosk_waits_and_is_told_nothing(
    hall: Hall, maker: ScriptedMaker
) -> None:
    maker.trouble = [AwsAwayError("no room")] * 2
    tending = hall.tending()
    await tending.look(str(MOVE_ID))
    one = (await hall.record()).of("till-hb1")
    assert one.state is KioskMoveState.WAITING
    assert one.why == f"{NEW} is not in {REGION}/{CLUSTER} yet: {NEW}: no room."
    calls = len(maker.calls)
    await tending.look(str(MOVE_ID))
    assert len(maker.calls) == calls, "it is left in peace for a while"
    await hall.kiosks_report()
    await tending.look(str(MOVE_ID))
    assert hall.ecs.calls() == [(FIRST, NEW)]


async def test_the_same_request_makes_a_live_release_where_a_cluster_came_since(
    hall: Hall, maker: ScriptedMaker
) -> None:
    finishing = Finishing(hall.store, hall.clock, maker, None)
    releases = Releases(hall.store, hall.clock, finishing, maker.places)
    order = NewRelease(release_id=NEW, task=UiTaskTerms(image=IMAGES[NEW]))
    for _ in range(2):
        assert (await releases.create(order, "Olga")).state is ReleaseState.LIVE
    assert await places(hall, NEW) == [("eu-west-1", "arn:before"), (REGION, _arn(NEW))]
    assert maker.calls == [f"make {NEW} {REGION}"]


async def test_what_is_not_live_is_not_completed(hall: Hall, maker: ScriptedMaker) -> None:
    workspace = Workspace(hall.store)
    known = await workspace.fetch(ReleaseRecord, OLD)
    assert known is not None
    workspace.put(known.model_copy(update={"state": ReleaseState.RETIRING}), OLD)
    await workspace.commit()
    with pytest.raises(ProblemError, match="not live"):
        await Finishing(hall.store, hall.clock, maker, None).complete(OLD, REGION, CLUSTER)
    await hall.tending().look(str(MOVE_ID))
    one = (await hall.record()).of("till-hb1")
    assert one.why.startswith(f"ECS told it {OLD}, and that is no live release")
    assert not [one for one in maker.calls if OLD in one]
    assert (await hall.record()).state is MoveState.RUNNING


@dataclass
class Attributes:
    """An AWS that keeps what hosts are told."""

    told: list[tuple[str, str, str, str]] = field(default_factory=list)

    async def look(self, instance_id: str) -> InstanceEvidence:
        raise AssertionError(instance_id)

    async def put_attribute(self, instance_id: str, region: str, name: str, value: str) -> None:
        self.told.append((instance_id, region, name, value))


async def due(hall: Hall, release: str, aws: Attributes) -> FirstReleases:
    """Have a host be due to be told its first release; return who tells it."""
    workspace = Workspace(hall.store)
    await workspace.load([key_of(FirstReleaseRecord, DUE, "till-hb1")])
    record = FirstReleaseRecord(instance_id=FIRST, region=REGION, release=release)
    workspace.put(record, DUE, "till-hb1")
    await workspace.commit()
    return FirstReleases(hall.store, aws, completing=hall.completing, cluster=CLUSTER)


async def test_a_new_host_there_is_told_its_first_release_once_it_was_made_there(
    hall: Hall, maker: ScriptedMaker
) -> None:
    maker.trouble = [AwsAwayError("no room")]
    aws = Attributes()
    first = await due(hall, NEW, aws)
    assert not await first._round()
    assert aws.told == [], "it would have nothing to run"
    assert await first._round()
    assert aws.told == [(FIRST, REGION, "kiosk.release", NEW)]
    assert maker.calls == [f"make {NEW} {REGION}"] * 2
    assert await places(hall, NEW) == [("eu-west-1", "arn:before"), (REGION, _arn(NEW))]


@pytest.mark.parametrize("release", ["r-by-hand", OLD])
async def test_what_was_not_made_here_or_is_not_live_is_told_as_it_is(
    hall: Hall, maker: ScriptedMaker, release: str
) -> None:
    workspace = Workspace(hall.store)
    known = await workspace.fetch(ReleaseRecord, OLD)
    assert known is not None
    workspace.put(known.model_copy(update={"state": ReleaseState.MAKING}), OLD)
    await workspace.commit()
    aws = Attributes()
    assert await (await due(hall, release, aws))._round()
    assert ([one[3] for one in aws.told], maker.calls) == ([release], [])


async def test_a_release_says_where_nothing_of_it_is_yet(hall: Hall, maker: ScriptedMaker) -> None:
    finishing = Finishing(hall.store, hall.clock, maker, None)
    releases = Releases(hall.store, hall.clock, finishing, maker.places)
    said = [("eu-west-1", "arn:before"), (REGION, "")]
    page = await releases.page("", 10)
    for told in (await releases.get(NEW), *page.releases):
        assert [(one.region, one.task_definition) for one in told.places] == said
    workspace = Workspace(hall.store)
    known = await workspace.fetch(ReleaseRecord, NEW)
    assert known is not None
    workspace.put(known.model_copy(update={"state": ReleaseState.RETIRED}), NEW)
    await workspace.commit()
    assert len((await releases.get(NEW)).places) == 1, "nothing comes there any more"


async def test_a_list_of_what_is_due_may_be_old_and_what_is_not_due_any_more_is_not_told(
    hall: Hall,
) -> None:
    aws = Attributes()
    first = await due(hall, "r-by-hand", aws)
    [item] = await hall.store.query(FirstReleaseRecord.store_kind, DUE)
    # By another task of the service.
    assert await first._round()
    assert await first._tell(item)
    assert len(aws.told) == 1


async def test_one_that_a_move_told_a_release_is_not_told_its_first_one(hall: Hall) -> None:
    aws = Attributes()
    first = await due(hall, "r-by-hand", aws)
    await hall.tending().look(str(MOVE_ID))
    assert hall.ecs.calls() == [(FIRST, NEW)]
    assert await first._round()
    assert aws.told == []
    assert await hall.store.query(FirstReleaseRecord.store_kind, DUE) == []


def test_a_first_release_is_for_clusters_in_which_releases_are_made() -> None:
    given = {
        "ticket_api_url": "http://127.0.0.1:9",
        "kiosks_file": "k",
        "signing_key_file": "s",
        "state_file": "f",
        "instance_account": "123456789012",
        "instance_role": "Kiosk",
        "instance_regions": ["eu-central-1", "eu-west-1"],
        "identity_audience": "fleet.example.com",
        "instance_cluster": "kiosks",
        "first_release": "r-1",
    }
    FleetSettings.model_validate(given)
    one = {**given, "instance_clusters": ["eu-central-1/kiosks"]}
    with pytest.raises(ValidationError, match="needs eu-west-1/kiosks among instance_clusters"):
        FleetSettings.model_validate(one)
    FleetSettings.model_validate({**one, "first_release": None})
    FleetSettings.model_validate({**one, "instance_regions": ["eu-central-1"]})
