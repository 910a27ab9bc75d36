"""Nobody is moved who could not be brought back, unless operators say that this may be."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_store.workspace import Workspace
from fleet_service.releases.ports import HostInEcs
from fleet_service.releases.records import ReleaseRecord
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import KioskMoveState, MoveState, ReleaseState
from tests.support.move_course import Course, kinds, why
from tests.support.moving_fleet import NEW, OLD, venue_of
from tests.support.moving_store import MOVE_ID, Hall, host_of, opened

FIRST = host_of("till-hb1")


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with opened(tmp_path) as found:
        await found.set_up("HB1")
        await found.kiosks_report()
        yield found


async def becomes(hall: Hall, release: str, state: ReleaseState) -> None:
    workspace = Workspace(hall.store)
    known = await workspace.fetch(ReleaseRecord, release)
    assert known is not None
    workspace.put(known.model_copy(update={"state": state}), release)
    await workspace.commit()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("", "till-hb1: ECS has told it no release"),
        ("r-by-hand", "till-hb1: ECS told it r-by-hand, and that is no live release"),
    ],
)
async def test_an_order_for_one_that_could_not_be_brought_back_is_refused_and_changes_nothing(
    hall: Hall, told: str, words: str
) -> None:
    hall.ecs.first = told
    with pytest.raises(ProblemError) as found:
        await hall.begin()
    problem = found.value.problem
    assert (problem.status, str(problem.code)) == (409, "no_way_back")
    assert (problem.detail or "").startswith(words)
    assert "--without-way-back" in (problem.hint or "")
    assert (await hall.moves.page("", 10)).moves == ()


async def test_a_release_that_is_being_retired_is_no_way_back(hall: Hall) -> None:
    await becomes(hall, OLD, ReleaseState.RETIRING)
    with pytest.raises(ProblemError, match="could not be brought back"):
        await hall.begin()


async def test_a_fleets_first_release_comes_where_operators_say_so_and_the_decision_says_it(
    hall: Hall,
) -> None:
    hall.ecs.first = ""
    await hall.begin(without_way_back=True)
    page = await hall.moves.decisions(str(MOVE_ID), "", 1)
    assert page.decisions[0].why.endswith("also those that could not be brought back")
    assert (await hall.go_on()).state is MoveState.DONE
    assert hall.ecs.calls() == [(FIRST, NEW)]


async def test_one_that_was_told_the_release_already_loses_nothing_by_a_move_to_it(
    hall: Hall,
) -> None:
    hall.ecs.first = NEW
    await hall.begin()
    assert (await hall.go_on()).of("till-hb1").state is not KioskMoveState.WAITING


async def test_an_ecs_that_does_not_answer_refuses_nobody_and_the_plan_waits(hall: Hall) -> None:
    hall.ecs.first, hall.ecs.away = "", 1
    assert (await hall.begin()).state is MoveState.RUNNING
    move = await hall.go_on(rounds=5)
    assert move.of("till-hb1").state is KioskMoveState.WAITING
    assert move.of("till-hb1").why.startswith("ECS has told it no release")
    assert hall.ecs.calls() == []


async def test_a_release_that_is_retired_between_the_look_and_the_write_keeps_the_kiosk_waiting(
    hall: Hall,
) -> None:
    await hall.begin()
    await hall.kiosks_report()
    tending = hall.tending()
    keep = tending._keep

    async def late(*given: object) -> object:
        await becomes(hall, OLD, ReleaseState.RETIRING)
        return await keep(*given)  # type: ignore[arg-type]  as it was called

    tending._keep = late  # type: ignore[method-assign,assignment]  somebody was faster
    await tending.look(str(MOVE_ID))
    assert (await hall.record()).of("till-hb1").state is KioskMoveState.WAITING
    assert hall.ecs.calls() == []


async def test_a_hanging_ecs_keeps_an_order_no_longer_than_whoever_asked_waits(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet_service.releases.ordering._ASKED_FOR_S", 0.01)
    asked = []

    async def look(instance_id: str) -> HostInEcs:
        asked.append(instance_id)
        await asyncio.Event().wait()
        raise AssertionError

    hall.ecs.look = look  # type: ignore[method-assign]  it hangs
    assert (await hall.begin()).state is MoveState.RUNNING
    assert asked == [FIRST]


def test_the_plan_says_why_and_what_to_do() -> None:
    course = Course(venue_of(1))
    course.venue.kiosks[0].told = "r-by-hand"
    found = course.next()
    assert kinds(found) == ["Wait"]
    assert "ECS told it r-by-hand" in why(found)
    assert "without a way back" in why(found)


def test_what_is_no_live_release_is_tried_all_the_same_where_operators_said_so() -> None:
    course = Course(venue_of(1), without_way_back=True)
    course.venue.kiosks[0].told = "r-by-hand"
    assert kinds(course.next()) == ["Begin"]
    assert course.move.of("a").from_release == "r-by-hand"
