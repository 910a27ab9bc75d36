"""A cluster that came after a release was made has all of it before a kiosk there is moved."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_store.workspace import Workspace
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.releases.finishing import Finishing
from fleet_service.releases.making import Releases
from fleet_service.releases.records import ReleaseRecord
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
