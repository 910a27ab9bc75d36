"""Releases that were left half made or half retired are ended; one at a time works on each."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from cloud_store.port import Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace, key_of
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.kiosks.records import DUE, FirstReleaseRecord
from fleet_service.releases.finishing import Finishing
from fleet_service.releases.making import Releases
from fleet_service.releases.ordering import Moves
from fleet_service.releases.ports import ReleaseClashError
from fleet_service.releases.records import OPEN_RELEASES, MoveRecord
from fleet_service.releases.working import MoveWorker
from fleet_service.venues.records import DirectoryRecord, KioskRecord
from fleet_service.venues.service import Venues
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import MoveAct, NewMove, NewRelease, ReleaseState
from kiosk_contracts.ui_task_terms import UiTaskTerms
from kiosk_contracts.venues import Standing, Venue
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock
from tests.support.moving_fleet import IMAGES, NEW, OLD
from tests.support.moving_store import HeldLease
from tests.support.operators import venue
from tests.support.scripted_maker import PLACES, ScriptedMaker


class Killed(BaseException):
    """The process is no more: nothing of the product catches it."""


@dataclass
class Fleet:
    """One task of the service."""

    store: Store
    clock: FakeFleetClock = field(default_factory=FakeFleetClock)
    ecs: ScriptedMaker = field(default_factory=ScriptedMaker)
    first_release: str | None = None

    @property
    def finishing(self) -> Finishing:
        return Finishing(self.store, self.clock, self.ecs, self.first_release)

    @property
    def releases(self) -> Releases:
        return Releases(self.store, self.clock, self.finishing, self.ecs.places)

    async def create(self, release_id: str = NEW) -> ReleaseState:
        order = NewRelease(release_id=release_id, task=UiTaskTerms(image=IMAGES[release_id]))
        return (await self.releases.create(order, "Olga")).state

    async def retire(self, release_id: str = NEW) -> ReleaseState:
        return (await self.releases.retire(release_id)).state

    async def state(self, release_id: str = NEW) -> str:
        return str((await self.releases.get(release_id)).state)

    async def goes_on(self) -> list[str]:
        """Look as who leads does; return what ECS was asked."""
        before = len(self.ecs.calls)
        worker = MoveWorker(self.store, HeldLease(), self.finishing, partition=OPEN_RELEASES)
        await worker.look()
        return self.ecs.calls[before:]

    async def begin_move(self, to: str = NEW) -> str:
        order = NewMove(move_id=uuid4(), to=to, kiosk_id="till-hb1")
        return str((await Moves(self.store, self.clock).begin(order, "Olga")).move_id)

    async def set_up_kiosk(self) -> None:
        """Have one in service."""
        await Venues(self.store).put(Venue.model_validate(venue("harbour-hall", "HB1")))
        workspace = Workspace(self.store)
        known = await workspace.fetch(KioskRecord, "till-hb1")
        assert known is not None
        active = {"standing": Standing.ACTIVE, "instance_id": "mi-0123456789abcdef0"}
        workspace.put(known.model_copy(update=active), "till-hb1")
        await workspace.commit()


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        yield Fleet(store)


async def refused(asked: object) -> tuple[str, str]:
    with pytest.raises(ProblemError) as found:
        await asked  # type: ignore[misc]  a coroutine
    return found.value.problem.code, found.value.problem.detail or ""


async def test_one_that_was_cut_off_by_a_kill_is_made_after_a_while_from_where_it_was(
    fleet: Fleet,
) -> None:
    fleet.ecs.trouble = [None, Killed()]
    with pytest.raises(Killed):
        await fleet.create()
    assert await fleet.state() == "making"
    fleet.clock.advance(179)
    assert await fleet.goes_on() == []
    fleet.clock.advance(1)
    # What the first place has is known; its maker is asked again, and makes nothing twice.
    assert await fleet.goes_on() == [f"make {NEW} eu-central-1", f"make {NEW} eu-west-1"]
    told = await fleet.releases.get(NEW)
    assert (told.state, told.why) == (ReleaseState.LIVE, "")
    assert [one.task_definition[:12] for one in told.places] == ["arn:eu-centr", "arn:eu-west-"]
    fleet.clock.advance(1000)
    assert await fleet.goes_on() == []


async def test_one_that_ecs_did_not_take_says_why_and_is_tried_again_every_few_minutes(
    fleet: Fleet,
) -> None:
    fleet.ecs.trouble = [AwsAwayError("ECS answered CreateService: Throttling")]
    code, detail = await refused(fleet.create())
    assert (code, detail) == ("ecs_away", f"{NEW}: ECS answered CreateService: Throttling.")
    assert (await fleet.releases.get(NEW)).why == "ECS answered CreateService: Throttling"
    # Whoever asked may ask again at once; nobody else is in the way.
    assert await fleet.goes_on() == []
    fleet.ecs.trouble = [ReleaseClashError("its service is DRAINING")]
    fleet.clock.advance(180)
    assert len(await fleet.goes_on()) == 1
    told = await fleet.releases.get(NEW)
    assert (told.state, told.why) == (ReleaseState.MAKING, "its service is DRAINING")
    assert await fleet.goes_on() == []
    assert await fleet.create() is ReleaseState.LIVE
    assert (await fleet.releases.get(NEW)).why == ""


async def test_two_that_make_or_retire_it_at_once_are_one_after_another(fleet: Fleet) -> None:
    fleet.ecs.waits = asyncio.Event()
    first = asyncio.create_task(fleet.create())
    await fleet.ecs.called.wait()
    for other in (fleet.create, fleet.retire):
        assert (await refused(other()))[0] == "release_busy"
    assert await fleet.goes_on() == []
    fleet.ecs.waits.set()
    assert await first is ReleaseState.LIVE
    assert len(fleet.ecs.calls) == len(PLACES)
    assert await fleet.create() is ReleaseState.LIVE


async def test_one_that_was_slow_keeps_nothing_once_another_has_its_turn(fleet: Fleet) -> None:
    fleet.ecs.waits = asyncio.Event()
    slow = asyncio.create_task(fleet.create())
    await fleet.ecs.called.wait()
    fleet.clock.advance(180)
    quick = Fleet(fleet.store, fleet.clock)
    assert await quick.goes_on() != []
    assert await quick.retire() is ReleaseState.RETIRED
    fleet.ecs.waits.set()
    assert (await refused(slow))[0] == "release_busy"
    assert await fleet.state() == "retired"


async def test_one_that_was_slow_and_failed_ends_nobody_else_s_turn(fleet: Fleet) -> None:
    other = Fleet(fleet.store, fleet.clock)
    fleet.ecs.waits, other.ecs.waits = asyncio.Event(), asyncio.Event()
    slow = asyncio.create_task(fleet.create())
    await fleet.ecs.called.wait()
    fleet.clock.advance(180)
    goes_on = asyncio.create_task(other.goes_on())
    await other.ecs.called.wait()
    fleet.ecs.trouble = [AwsAwayError("no answer")]
    fleet.ecs.waits.set()
    assert (await refused(slow))[0] == "ecs_away"
    assert (await refused(fleet.create()))[0] == "release_busy"
    other.ecs.waits.set()
    await goes_on
    assert await fleet.state() == "live"


async def test_one_that_nobody_needs_is_retired_and_its_id_stays_taken(fleet: Fleet) -> None:
    await fleet.create()
    fleet.ecs.calls.clear()
    for _ in range(2):
        assert await fleet.retire() is ReleaseState.RETIRED
    assert fleet.ecs.calls == [
        *(f"users {NEW} {place.region}" for place in PLACES),
        *(f"remove {NEW} {place.region}" for place in PLACES),
    ]
    await fleet.set_up_kiosk()
    assert (await refused(fleet.create()))[0] == "release_retired"
    assert (await refused(fleet.begin_move()))[0] == "release_retired"
    assert (await refused(fleet.retire(OLD)))[0] == "release_unknown"
    assert await fleet.goes_on() == []


async def test_one_that_a_kiosk_runs_stays(fleet: Fleet) -> None:
    await fleet.create()
    fleet.ecs.used = ["mi-0123456789abcdef0"]
    code, detail = await refused(fleet.retire())
    assert code == "release_in_use"
    assert "in eu-central-1/kiosks hosts are told it: mi-0123456789abcdef0" in detail
    assert await fleet.state() == "live"
    assert not any(call.startswith("remove") for call in fleet.ecs.calls)
    await fleet.set_up_kiosk()
    await fleet.begin_move()


async def test_one_that_is_half_made_and_needed_goes_on_being_made(fleet: Fleet) -> None:
    fleet.ecs.trouble = [AwsAwayError("no")]
    await refused(fleet.create())
    fleet.ecs.trouble = [AwsAwayError("no")]
    assert (await refused(fleet.retire()))[0] == "ecs_away"
    assert await fleet.state() == "retiring"
    fleet.ecs.used = ["mi-0123456789abcdef0"]
    assert (await refused(fleet.retire()))[0] == "release_in_use"
    assert await fleet.state() == "making"
    fleet.clock.advance(180)
    assert len(await fleet.goes_on()) == len(PLACES)
    assert await fleet.state() == "live"


async def test_one_that_a_move_names_stays_until_the_move_has_ended(fleet: Fleet) -> None:
    await fleet.create()
    await fleet.set_up_kiosk()
    move_id = await fleet.begin_move()
    code, detail = await refused(fleet.retire())
    assert (code, f"the move {move_id} of harbour-hall" in detail) == ("release_in_use", True)
    await Moves(fleet.store, fleet.clock).act(move_id, "abort", MoveAct(), "Olga")
    assert await fleet.retire() is ReleaseState.RETIRED


async def test_one_that_a_kiosk_may_be_moved_back_to_stays(fleet: Fleet) -> None:
    await fleet.create()
    await fleet.create(OLD)
    await fleet.set_up_kiosk()
    move_id = await fleet.begin_move()
    workspace = Workspace(fleet.store)
    move = await workspace.fetch(MoveRecord, move_id)
    assert move is not None
    kiosk = move.kiosks[0].model_copy(update={"from_release": OLD})
    workspace.put(move.model_copy(update={"kiosks": (kiosk,)}), move_id)
    await workspace.commit()
    code, detail = await refused(fleet.retire(OLD))
    assert (code, f"the move {move_id}" in detail) == ("release_in_use", True)


async def test_of_a_move_and_a_retiring_at_once_one_is_refused(fleet: Fleet) -> None:
    await fleet.create()
    await fleet.set_up_kiosk()
    faulty = FaultyStore(fleet.store)

    async def retired() -> None:
        await fleet.retire()

    faulty.let_rival_in(retired)
    assert (await refused(Fleet(faulty, fleet.clock).begin_move()))[0] == "release_retired"
    assert await fleet.state() == "retired"


async def test_what_new_kiosks_are_told_stays(fleet: Fleet) -> None:
    await fleet.create()
    code, detail = await refused(Fleet(fleet.store, first_release=NEW).retire())
    assert (code, "first_release" in detail) == ("release_in_use", True)
    workspace = Workspace(fleet.store)
    await workspace.load([key_of(FirstReleaseRecord, DUE, "till-hb1")])
    due = FirstReleaseRecord(instance_id="mi-0", region="eu-central-1", release=NEW)
    workspace.put(due, DUE, "till-hb1")
    await workspace.commit()
    code, detail = await refused(fleet.retire())
    assert (code, "till-hb1, a new kiosk" in detail) == ("release_in_use", True)


async def test_one_whose_retiring_was_cut_off_is_retired_after_a_while(fleet: Fleet) -> None:
    await fleet.create()
    await fleet.set_up_kiosk()
    fleet.ecs.trouble = [None, None, None, Killed()]
    with pytest.raises(Killed):
        await fleet.retire()
    assert await fleet.state() == "retiring"
    assert (await refused(fleet.begin_move()))[0] == "release_not_live"
    assert (await refused(fleet.create()))[0] == "release_retired"
    assert await fleet.goes_on() == []
    fleet.clock.advance(180)
    # Part of it is gone: whoever is told it by hand now does not bring it back half.
    fleet.ecs.used = ["mi-0123456789abcdef0"]
    assert await fleet.goes_on() == [f"remove {NEW} {place.region}" for place in PLACES]
    assert await fleet.state() == "retired"
    assert await Workspace(fleet.store).fetch(DirectoryRecord, OPEN_RELEASES, NEW) is None


async def test_a_clock_that_was_ahead_leaves_no_release_undone(fleet: Fleet) -> None:
    fleet.clock.advance(7200)
    fleet.ecs.trouble = [Killed()]
    with pytest.raises(Killed):
        await fleet.create()
    fleet.clock.advance(-7200)
    assert len(await fleet.goes_on()) == len(PLACES)
    assert await fleet.state() == "live"
