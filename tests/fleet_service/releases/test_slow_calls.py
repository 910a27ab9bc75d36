"""Calls of ECS that take long: what was planned before them may not be so any more."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_store.workspace import Workspace
from fleet_service.clock import SystemClock
from fleet_service.heartbeats.stored import StoredHeartbeats
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.kiosks.records import KioskReleaseRecord
from fleet_service.releases.ports import Aim
from kiosk_contracts.releases import KioskMoveState, MoveState
from tests.support.moving_fleet import IMAGES, NEW, report_of
from tests.support.moving_store import MOVE_ID, Hall, host_of, selling

ID = str(MOVE_ID)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with selling(tmp_path, "HB1", "HB2", "HB3", "HB4", "HB5") as found:
        yield found


async def busy(hall: Hall, kiosk_id: str) -> None:
    images = [{"image": IMAGES[NEW], "state": "ready"}]
    screen = {"holder": "x", "busy": True}
    seen = report_of(kiosk_id, hall.clock.now(), screen=screen, images=images)
    await StoredHeartbeats(hall.store, SystemClock()).put(seen, watched=True)


@pytest.mark.parametrize("passed_s", [10, 11])
async def test_after_a_call_that_failed_slowly_it_is_looked_again_before_the_next(
    hall: Hall, passed_s: float
) -> None:
    await hall.begin(canary="till-hb1")
    move, called = hall.ecs.move, []

    async def slow(instance_id: str, aim: Aim) -> None:
        """Fail with the second kiosk, while somebody comes to each of the others."""
        called.append(instance_id)
        if len(called) != 2:
            return await move(instance_id, aim)
        hall.clock.advance(passed_s)
        for kiosk_id in await hall.kiosks():
            await busy(hall, kiosk_id)
        raise AwsAwayError("ECS answered PutAttributes: ServerException")

    hall.ecs.move = slow  # type: ignore[method-assign]  ECS is slow
    tending = hall.tending()
    while len(called) < 2:
        await hall.kiosks_report()
        await tending.look(ID)
    assert called[0] == host_of("till-hb1")
    # Two began together, and the plan told of both; that is so for ten seconds.
    assert len(called) == (2 if passed_s > 10 else 3)
    moving = [one for one in (await hall.record()).kiosks if one.state is KioskMoveState.MOVING]
    assert len(moving) == (1 if passed_s > 10 else 2), "the other waits again"


async def test_when_ecs_took_it_counts_and_not_when_it_was_begun(hall: Hall) -> None:
    await hall.begin(venue_id=None, kiosk_id="till-hb1")
    await hall.kiosks_report()
    move, began, refused = hall.ecs.move, hall.clock.now(), 4

    async def away(instance_id: str, aim: Aim) -> None:
        nonlocal refused
        if refused:
            refused -= 1
            raise AwsAwayError("ECS answered PutAttributes: ThrottlingException")
        await move(instance_id, aim)

    hall.ecs.move = away  # type: ignore[method-assign]  ECS takes nothing
    move_record = await hall.go_on()
    assert (move_record.state, refused) == (MoveState.DONE, 0)
    told_at = move_record.of("till-hb1").told_at
    known = await Workspace(hall.store).fetch(KioskReleaseRecord, "till-hb1")
    assert known is not None
    assert told_at is not None
    assert known.told_at == told_at
    assert (told_at - began).total_seconds() > 60
