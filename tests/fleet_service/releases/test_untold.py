"""What was begun and never told leaves all as an earlier move left it: also the way back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from cloud_store.workspace import Workspace
from fleet_service.clock import SystemClock
from fleet_service.heartbeats.stored import StoredHeartbeats
from fleet_service.kiosks.records import KioskReleaseRecord
from fleet_service.kiosks.service import Kiosks
from fleet_service.releases.domain.starting import way_back
from fleet_service.releases.domain.steps import Begin, Tell
from fleet_service.releases.records import MoveRecord
from kiosk_contracts.releases import KioskMoveState, MoveAct, MoveState, NewMove
from tests.support.moving_fleet import IMAGES, NEW, OLD, report_of, shown
from tests.support.moving_store import MOVE_ID, Hall, host_of, opened

ID = str(MOVE_ID)
FIRST, SECOND = host_of("till-hb1"), host_of("till-hb2")


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """Have a kiosk that was told the new release by a move that was aborted just then."""
    async with opened(tmp_path) as found:
        await found.set_up("HB1", "HB2")
        await found.kiosks_report()
        await found.begin(canary="till-hb1")
        await found.kiosks_report()
        await found.tending().look(ID)
        await found.moves.act(ID, "abort", MoveAct(), "Olga")
        assert found.ecs.calls() == [(FIRST, NEW)]
        yield found


async def kept(hall: Hall, kiosk_id: str = "till-hb1") -> KioskReleaseRecord:
    known = await Workspace(hall.store).fetch(KioskReleaseRecord, kiosk_id)
    assert known is not None
    return known.model_copy(update={"former": None})


async def again(hall: Hall, **order: Any) -> str:
    """Order another move of the kiosk; return its id."""
    move_id: UUID = uuid4()
    body = {"move_id": move_id, "to": NEW, "kiosk_id": "till-hb1", "settle_s": 60, **order}
    await hall.moves.begin(NewMove.model_validate(body), "Olga")
    return str(move_id)


async def move_of(hall: Hall, move_id: str) -> MoveRecord:
    found = await Workspace(hall.store).fetch(MoveRecord, move_id)
    assert found is not None
    return found


async def begins_and(hall: Hall, move_id: str, happens: Any, kind: type = Begin) -> None:
    """Have something happen between the write that a kiosk begins and the call."""
    tending = hall.tending()
    keep = tending._keep

    async def then(*given: Any) -> Any:
        after = await keep(*given)
        if any(isinstance(step, kind) for step in given[2]):
            await happens()
        return after

    tending._keep = then  # type: ignore[method-assign]  just then
    await tending.look(move_id)


@pytest.mark.parametrize("way", ["abort", "unbegin", "leave"])
async def test_who_was_begun_again_and_never_told_keeps_what_the_move_before_left(
    hall: Hall, way: str
) -> None:
    before = await kept(hall)
    assert (before.told, before.before, before.told_at) == (NEW, OLD, hall.clock.now())
    move_id = await again(hall)
    await hall.kiosks_report()

    async def aborted() -> None:
        await hall.moves.act(move_id, "abort", MoveAct(), "Olga")

    async def paused() -> None:
        await hall.moves.act(move_id, "pause", MoveAct(), "Olga")

    async def leaves() -> None:
        await Kiosks(hall.store, hall.clock).leave("till-hb1")

    happens = {"abort": aborted, "unbegin": paused, "leave": leaves}[way]
    await begins_and(hall, move_id, happens, Tell if way == "abort" else Begin)
    move = await move_of(hall, move_id)
    expected = {
        "abort": (MoveState.ABORTED, KioskMoveState.MOVING),
        "unbegin": (MoveState.PAUSED, KioskMoveState.WAITING),
        "leave": (MoveState.DONE, KioskMoveState.LEFT_OUT),
    }[way]
    assert (move.state, move.of("till-hb1").state) == expected
    assert hall.ecs.calls() == [(FIRST, NEW)]
    left = (await kept(hall)).model_copy(update={"wanted": "", "move_id": ""})
    assert left == before


async def test_it_still_goes_back_if_the_release_fails_there_in_the_move_after(hall: Hall) -> None:
    await test_who_was_begun_again_and_never_told_keeps_what_the_move_before_left(hall, "abort")
    move_id = await again(hall)
    tending = hall.tending()
    for _ in range(30):
        await hall.kiosks_report()
        await tending.look(move_id)
        hall.crashes = True
    move = await move_of(hall, move_id)
    assert (move.state, move.of("till-hb1").state) == (
        MoveState.STOPPED,
        KioskMoveState.MOVED_BACK,
    )
    assert hall.ecs.calls()[-1] == (FIRST, OLD)


async def test_the_other_kiosk_of_its_venue_waits_until_it_shows_what_it_was_told(
    hall: Hall,
) -> None:
    await test_who_was_begun_again_and_never_told_keeps_what_the_move_before_left(hall, "abort")
    move_id = await again(hall, kiosk_id="till-hb2")
    await hall.kiosks_report()
    images = [{"image": IMAGES[NEW], "state": "ready"}]
    slow = report_of("till-hb1", hall.clock.now(), ui=shown(OLD), images=images)
    await StoredHeartbeats(hall.store, SystemClock()).put(slow, watched=True)
    await hall.tending().look(move_id)
    one = (await move_of(hall, move_id)).of("till-hb2")
    assert (one.state, one.why) == (
        KioskMoveState.WAITING,
        "till-hb1 of its venue come first",
    )
    assert SECOND not in hall.ecs.told()


async def test_an_image_that_it_may_go_back_to_is_still_to_be_there(hall: Hall) -> None:
    await test_who_was_begun_again_and_never_told_keeps_what_the_move_before_left(hall, "abort")
    assert (await kept(hall)).images == (IMAGES[NEW], IMAGES[OLD])


async def test_what_a_version_before_began_with_counts_as_told(hall: Hall) -> None:
    move_id = await again(hall)
    await hall.kiosks_report()

    async def by_another_version() -> None:
        workspace = Workspace(hall.store)
        known = await workspace.fetch(KioskReleaseRecord, "till-hb1")
        assert known is not None
        workspace.put(known.model_copy(update={"former": None}), "till-hb1")
        await workspace.commit()
        await hall.moves.act(move_id, "abort", MoveAct(), "Olga")

    await begins_and(hall, move_id, by_another_version, Tell)
    known = await kept(hall)
    assert (known.told, known.before, known.told_at) == (NEW, OLD, hall.clock.now())


@pytest.mark.parametrize(
    ("told", "before", "found"),
    [
        ("r-1", ("r-0", ""), "r-1"),
        ("r-2", ("r-1", "r-0"), "r-1"),
        ("r-2", ("r-2", "r-0"), "r-0"),
        ("r-2", ("", "r-0"), "r-0"),
        ("r-2", ("", ""), ""),
        ("", ("r-1", "r-0"), ""),
    ],
)
def test_the_way_back_is_the_last_release_it_was_told_that_is_another(
    told: str, before: tuple[str, str], found: str
) -> None:
    assert way_back("r-2", told, *before) == found
