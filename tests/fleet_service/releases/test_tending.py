"""Going on with a move over the store: two leaders, operators between, an ECS that is throttled."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from cloud_store.together import ReadsTogether
from cloud_store.workspace import Workspace
from fleet_service.kiosks.known import StoredKiosks
from fleet_service.kiosks.records import KioskReleaseRecord
from fleet_service.kiosks.service import Kiosks
from fleet_service.releases.ports import Aim
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import KioskMoveState, MoveAct, MoveState, NewMove
from tests.support.moving_fleet import IMAGES, NEW, OLD
from tests.support.moving_store import MOVE_ID, VENUE, Hall, HeldLease, host_of, selling

ID = str(MOVE_ID)
FIRST, SECOND = host_of("till-hb1"), host_of("till-hb2")


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with selling(tmp_path, "HB1", "HB2") as found:
        yield found


async def wanted(hall: Hall, kiosk_id: str = "till-hb1") -> tuple[tuple[str, ...], bool]:
    found = await StoredKiosks(ReadsTogether(hall.store), hall.clock).find(kiosk_id)
    assert found is not None
    return found.images_wanted, found.watched


async def decided(hall: Hall) -> list[str]:
    page = await hall.moves.decisions(ID, "", 100)
    return [f"{one.what} {one.kiosk_id or ''}".strip() for one in page.decisions]


async def refused(hall: Hall, **order: Any) -> str:
    with pytest.raises(ProblemError) as found:
        await hall.begin(**order)
    problem = found.value.problem
    assert problem.detail
    return f"{problem.code}: {problem.detail} {problem.hint}"


async def test_kiosks_of_a_move_are_to_have_its_image_first_and_then_what_they_ran(
    hall: Hall,
) -> None:
    assert await wanted(hall) == ((), False)
    await hall.begin()
    assert await wanted(hall) == ((IMAGES[NEW],), True)
    assert (await hall.go_on()).state is MoveState.DONE
    assert await wanted(hall) == ((IMAGES[NEW], IMAGES[OLD]), False)
    assert hall.ecs.calls() == [(FIRST, NEW), (SECOND, NEW)]
    assert (await decided(hall))[0] == "order"


async def test_back_to_any_live_release_is_a_move_like_another(hall: Hall) -> None:
    await hall.begin()
    await hall.go_on()
    back = NewMove(move_id=uuid4(), to=OLD, kiosk_id="till-hb1", settle_s=60)
    await hall.moves.begin(back, "Olga")
    assert await wanted(hall) == ((IMAGES[OLD], IMAGES[NEW]), True)


async def test_one_that_failed_is_told_the_old_release_and_wants_the_new_image_no_more(
    hall: Hall,
) -> None:
    hall.crashes = True
    await hall.begin()
    move = await hall.go_on()
    assert (move.state, move.why[:16]) == (MoveState.STOPPED, "till-hb1 failed:")
    assert hall.ecs.calls() == [(FIRST, NEW), (FIRST, OLD)]
    assert await wanted(hall) == ((IMAGES[OLD],), False)
    assert await wanted(hall, "till-hb2") == ((), False)


async def test_while_one_goes_back_it_wants_the_image_that_failed_no_more(hall: Hall) -> None:
    hall.crashes = True
    await hall.begin()
    move = await hall.go_on(rounds=3)
    assert move.of("till-hb1").state is KioskMoveState.MOVING_BACK
    assert await wanted(hall) == ((IMAGES[OLD],), True)


async def test_an_answer_that_comes_after_the_kiosk_failed_says_nothing_of_its_way_back(
    hall: Hall,
) -> None:
    await hall.begin()
    await hall.kiosks_report()
    move, slow = hall.ecs.move, hall.tending()

    async def late(instance_id: str, aim: Aim) -> None:
        """Take it, and answer once another leader saw the release crash and told it to go back."""
        await move(instance_id, aim)
        hall.ecs.move = move  # type: ignore[method-assign]  once
        other = hall.tending()
        hall.clock.advance(75)
        await hall.kiosks_report()
        await other.look(ID)
        hall.crashes = True
        for _ in range(2):
            await hall.kiosks_report()
            hall.ecs.away = 9
            await other.look(ID)
        # What the slow one does next is nothing; only its answer is left.
        hall.lease.term = None

    hall.ecs.move = late  # type: ignore[method-assign]  ECS is slow
    await slow.look(ID)
    one = (await hall.record()).of("till-hb1")
    assert (one.state, one.told_at) == (KioskMoveState.MOVING_BACK, None)


async def test_one_that_was_away_joins_when_it_returns(hall: Hall) -> None:
    hall.away.add("till-hb2")
    hall.clock.advance(100)
    await hall.begin(canary="till-hb1")
    move = await hall.go_on(rounds=20)
    # Nobody of two kiosks may go while the other is not known to be well.
    assert {one.state for one in move.kiosks} == {KioskMoveState.WAITING}
    assert move.of("till-hb1").why.startswith("no other kiosk of its venue is well")
    hall.away.clear()
    assert (await hall.go_on()).state is MoveState.DONE


async def test_of_two_leaders_one_writes(hall: Hall) -> None:
    await hall.begin()
    await hall.kiosks_report()
    stale, leads = hall.tending(), hall.tending()
    keep = stale._keep

    async def late(*given: Any) -> bool:
        """Write what was planned before the other went on."""
        await leads.look(ID)
        return await keep(*given)

    stale._keep = late  # type: ignore[method-assign]  a leader that was slow
    await stale.look(ID)
    assert hall.ecs.calls() == [(FIRST, NEW)]
    assert (await decided(hall)).count("begin till-hb1") == 1


async def test_who_does_not_lead_does_nothing(hall: Hall) -> None:
    await hall.begin()
    hall.lease = HeldLease(None)
    move = await hall.go_on(rounds=3)
    assert (move.decided, hall.ecs.calls()) == (1, [])


async def test_who_lost_the_lease_before_a_call_makes_none(hall: Hall) -> None:
    await hall.begin()
    await hall.kiosks_report()
    tending = hall.tending()
    keep = tending._keep

    async def lost(*given: Any) -> bool:
        changed = await keep(*given)
        if "tell till-hb1" in await decided(hall):
            hall.lease.term = None
        return changed

    tending._keep = lost  # type: ignore[method-assign]  it lost it just then
    await tending.look(ID)
    assert "tell till-hb1" in await decided(hall)
    assert hall.ecs.calls() == []
    hall.lease.term = 2
    assert (await hall.go_on()).state is MoveState.DONE


async def test_an_ecs_that_is_throttled_is_asked_again_later_and_counts_against_nobody(
    hall: Hall,
) -> None:
    await hall.begin()
    hall.ecs.away = 4
    tending = hall.tending()
    await hall.kiosks_report()
    await tending.look(ID)
    move = await hall.record()
    assert "ThrottlingException" in move.of("till-hb1").why
    assert hall.ecs.away < 4
    assert (await hall.go_on(tending=tending)).state is MoveState.DONE
    assert hall.ecs.away == 0


async def test_a_call_that_fails_rests_longer_each_time(hall: Hall) -> None:
    await hall.begin()
    await hall.kiosks_report()
    tending = hall.tending()
    look, fails = hall.ecs.look, 0

    async def move(*given: Any) -> None:
        nonlocal fails
        fails += 1
        hall.ecs.away = 1
        await look(given[0])

    hall.ecs.move = move  # type: ignore[method-assign]  ECS takes nothing
    for _ in range(20):
        hall.clock.advance(1)
        await tending.look(ID)
    assert fails == 4
    told = await hall.record()
    why = "ECS can't be told: ECS answered PutAttributes: ThrottlingException"
    assert told.of("till-hb1").why == why
    assert (await decided(hall)).count("tell till-hb1") == fails


# Operators


async def test_a_pause_moves_nobody_else_and_a_move_goes_on_after_it(hall: Hall) -> None:
    await hall.begin()
    await hall.kiosks_report()
    await hall.tending().look(ID)
    told = await hall.moves.act(ID, "pause", MoveAct(why="first night"), "Olga")
    assert (told.state, told.why) == (MoveState.PAUSED, "paused by Olga: first night")
    assert (await hall.moves.act(ID, "pause", MoveAct(), "Olga")).why == told.why
    move = await hall.go_on(rounds=20)
    states = [one.state for one in move.kiosks]
    assert states == [KioskMoveState.MOVED, KioskMoveState.WAITING]
    await hall.moves.act(ID, "resume", MoveAct(), "Olga")
    assert (await hall.go_on()).state is MoveState.DONE
    assert {"pause", "resume"} <= set(await decided(hall))
    with pytest.raises(ProblemError, match="can't be paused"):
        await hall.moves.act(ID, "pause", MoveAct(), "Olga")


async def test_an_abort_leaves_all_as_they_were_told_and_frees_the_venue(hall: Hall) -> None:
    await hall.begin()
    await hall.kiosks_report()
    await hall.tending().look(ID)
    assert (await hall.moves.act(ID, "abort", MoveAct(), "Olga")).state is MoveState.ABORTED
    assert (await hall.moves.act(ID, "abort", MoveAct(), "Olga")).state is MoveState.ABORTED
    await hall.go_on()
    assert hall.ecs.calls() == [(FIRST, NEW)]
    assert (await wanted(hall))[1] is False
    again = NewMove(move_id=uuid4(), to=NEW, venue_id=VENUE)
    assert (await hall.moves.begin(again, "Olga")).state is MoveState.RUNNING


async def test_the_same_order_is_the_same_move_and_another_is_refused(hall: Hall) -> None:
    first = await hall.begin()
    assert await hall.begin() == first
    assert (await refused(hall, settle_s=61)).startswith("move_differs: ")
    other = await refused(hall, move_id=uuid4(), venue_id=None, kiosk_id="till-hb2")
    assert other.startswith(f"move_runs_already: The move {ID} of harbour-hall")


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"to": "r-9"}, "release_unknown: No release has the id r-9."),
        ({"venue_id": "old-mill"}, "venue_unknown: No venue has the id old-mill."),
        ({"venue_id": None, "kiosk_id": "till-x"}, "kiosk_unknown: No venue has a kiosk till-x."),
        ({"canary": "till-x"}, "body_invalid: canary: till-x is none of the kiosks"),
    ],
)
async def test_what_can_not_be_moved_is_named(
    hall: Hall, order: dict[str, Any], words: str
) -> None:
    assert (await refused(hall, **order)).startswith(words)
    assert (await hall.moves.page("", 10)).moves == ()


async def test_one_that_is_leaving_is_not_moved_and_leaves_a_move_that_runs(hall: Hall) -> None:
    await hall.begin()
    await Kiosks(hall.store, hall.clock).leave("till-hb2")
    move = await hall.go_on()
    assert move.of("till-hb2").state is KioskMoveState.LEFT_OUT
    assert move.of("till-hb1").state is KioskMoveState.MOVED
    told = await refused(hall, move_id=uuid4(), venue_id=None, kiosk_id="till-hb2")
    assert "standing_differs: till-hb2 is active: it is leaving" in told
    assert await Workspace(hall.store).fetch(KioskReleaseRecord, "till-hb2") is not None


def test_a_move_is_of_a_kiosk_or_of_a_venue() -> None:
    for more in ({}, {"kiosk_id": "a", "venue_id": "b"}):
        with pytest.raises(ValidationError, match="name either kiosk_id or venue_id"):
            NewMove.model_validate({"move_id": MOVE_ID, "to": NEW, **more})
