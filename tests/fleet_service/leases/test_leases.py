"""A lease: one task at a time has it, and a former holder writes nothing more."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_store.port import ConditionFailedError, Store, StoreError
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace
from fleet_service.leases.ports import LeaseLostError
from fleet_service.leases.records import LeaseRecord, TermRecord
from fleet_service.leases.rules import Step, next_step
from fleet_service.leases.service import LASTS_S, StoredLease
from fleet_service.venues.records import DirectoryRecord
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


@pytest.fixture
def clock() -> FakeFleetClock:
    return FakeFleetClock()


def lease(store: Store, clock: FakeFleetClock, holder: str) -> StoredLease:
    return StoredLease(store, clock, "watch", holder=holder)


async def write(store: Store, held: StoredLease, term: int, sk: str) -> None:
    workspace = Workspace(store)
    assert await workspace.fetch(DirectoryRecord, "things", sk) is None
    workspace.put(DirectoryRecord(), "things", sk)
    await held.fence(workspace, term)
    await workspace.commit()


async def test_one_has_it_until_it_ends_and_then_another_in_a_new_term(
    store: Store, clock: FakeFleetClock
) -> None:
    one, other = lease(store, clock, "one"), lease(store, clock, "other")
    assert await one.try_once() == 1
    assert await other.try_once() is None
    assert (one.held(), other.held()) == (1, None)
    clock.advance(LASTS_S - 1)
    assert await one.try_once() == 1, "renewed, in the same term"
    clock.advance(LASTS_S - 1)
    assert await other.try_once() is None
    assert one.held() is None, "it takes itself for the holder no longer than is safe"
    clock.advance(1)
    assert await other.try_once() == 2
    assert await one.try_once() is None
    assert (one.held(), other.held()) == (None, 2)


async def test_one_that_gives_it_back_is_followed_at_once(
    store: Store, clock: FakeFleetClock
) -> None:
    one, other = lease(store, clock, "one"), lease(store, clock, "other")
    await one.try_once()
    await one.give_back()
    assert one.held() is None
    assert await other.try_once() == 2
    await one.give_back()
    assert await one.try_once() is None, "what is another's is not given back"


async def test_what_a_former_holder_learnt_is_not_written(
    store: Store, clock: FakeFleetClock
) -> None:
    one, other = lease(store, clock, "one"), lease(store, clock, "other")
    await one.try_once()
    await write(store, one, 1, "a")
    clock.advance(LASTS_S)
    # Nobody has taken it: nothing can have been written by another.
    await write(store, one, 1, "b")
    await other.try_once()
    with pytest.raises(LeaseLostError):
        await write(store, one, 1, "c")
    with pytest.raises(LeaseLostError):
        await write(store, other, 1, "c")
    await write(store, other, 2, "c")


async def test_a_holder_that_is_followed_between_its_fence_and_its_commit_is_refused(
    store: Store, clock: FakeFleetClock
) -> None:
    one, other = lease(store, clock, "one"), lease(store, clock, "other")
    await one.try_once()
    workspace = Workspace(store)
    await workspace.fetch(DirectoryRecord, "things", "a")
    workspace.put(DirectoryRecord(), "things", "a")
    await one.fence(workspace, 1)
    await one.try_once()
    clock.advance(LASTS_S)
    await other.try_once()
    with pytest.raises(ConditionFailedError):
        await workspace.commit()
    assert await Workspace(store).fetch(DirectoryRecord, "things", "a") is None


async def test_a_renewal_is_no_reason_to_refuse(store: Store, clock: FakeFleetClock) -> None:
    one = lease(store, clock, "one")
    await one.try_once()
    workspace = Workspace(store)
    await workspace.fetch(DirectoryRecord, "things", "a")
    workspace.put(DirectoryRecord(), "things", "a")
    await one.fence(workspace, 1)
    await one.try_once()
    await workspace.commit()


async def test_one_whose_taking_was_written_and_not_answered_goes_on_in_the_same_term(
    store: Store, clock: FakeFleetClock
) -> None:
    faulty = FaultyStore(store)
    one = lease(faulty, clock, "one")
    faulty.lose_answers(1)
    with pytest.raises(StoreError):
        await one.try_once()
    assert faulty.failed == 1
    assert one.held() is None, "it is not known that it has it"
    assert await lease(store, clock, "other").try_once() is None
    assert await one.try_once() == 1
    await write(store, one, 1, "a")


async def test_of_rivals_one_takes_it(store: Store, clock: FakeFleetClock) -> None:
    rivals = [lease(store, clock, f"task-{number}") for number in range(8)]
    terms = await asyncio.gather(*(one.try_once() for one in rivals))
    assert sorted(term for term in terms if term is not None) == [1]
    assert [one.held() for one in rivals] == terms


async def test_it_is_kept_while_a_block_runs_and_given_back(
    store: Store, clock: FakeFleetClock
) -> None:
    one = lease(store, clock, "one")
    async with one.keeping():
        assert await one.until_held() == 1
    assert await lease(store, clock, "other").try_once() == 2


def test_the_rules() -> None:
    clock = FakeFleetClock()
    mine = LeaseRecord(holder="me", until=clock.now())
    term = TermRecord(term=3, holder="me")
    assert next_step(None, None, "me", clock.now()) is Step.TAKE
    assert next_step(mine, term, "me", clock.now()) is Step.RENEW
    assert next_step(mine, term, "you", clock.now()) is Step.TAKE
    clock.advance(-1)
    assert next_step(mine, term, "you", clock.now()) is Step.WAIT
