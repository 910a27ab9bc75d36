"""A nonce counts once, whichever task of the service it comes to, and after restarts."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_store.port import Absent, Put, Store, StoreError
from fleet_service.sessions.nonces import LIFE_S, NonceRefusedError, Nonces
from fleet_service.sessions.stored_nonces import KEPT_MINUTES, StoredUsedNonces
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock
from tests.support.stores import ADAPTERS, Opener, key

SECRET = b"k" * 32


@pytest.fixture(params=sorted(ADAPTERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    if request.param == "dynamodb":
        request.getfixturevalue("dynamodb")
    return ADAPTERS[request.param](tmp_path)


@pytest.fixture
async def stores(opener: Opener) -> AsyncIterator[tuple[Store, Store]]:
    """Open one store twice, as two tasks do."""
    async with opener() as one, opener() as two:
        yield one, two


async def tasks(
    stores: tuple[Store, Store], clock: FakeFleetClock
) -> tuple[tuple[Nonces, StoredUsedNonces], tuple[Nonces, StoredUsedNonces]]:
    one, two = [await StoredUsedNonces.open(store, clock) for store in stores]
    return (Nonces(SECRET, one, clock), one), (Nonces(SECRET, two, clock), two)


async def refusal(known: Nonces, nonce: str) -> str:
    with pytest.raises(NonceRefusedError) as caught:
        await known.use(nonce)
    return str(caught.value)


async def test_what_one_task_made_counts_at_another_and_then_nowhere(
    stores: tuple[Store, Store],
) -> None:
    (one, _), (two, _) = await tasks(stores, FakeFleetClock())
    nonce = one.make().nonce
    await two.use(nonce)
    assert await refusal(one, nonce) == "the nonce was used before"
    assert await refusal(two, nonce) == "the nonce was used before"
    await one.use(one.make().nonce)


async def test_of_many_uses_at_once_at_two_tasks_one_counts(stores: tuple[Store, Store]) -> None:
    (one, _), (two, _) = await tasks(stores, FakeFleetClock())
    nonce = one.make().nonce
    done = await asyncio.gather(
        *(known.use(nonce) for known in (one, two) * 10), return_exceptions=True
    )
    assert done.count(None) == 1
    assert {type(each) for each in done if each is not None} == {NonceRefusedError}


async def test_tasks_that_begin_at_the_same_time_agree_on_the_salt(
    stores: tuple[Store, Store],
) -> None:
    clock = FakeFleetClock()
    opened = await asyncio.gather(*(StoredUsedNonces.open(store, clock) for store in stores * 3))
    assert len({used.salt for used in opened}) == 1
    assert len(opened[0].salt) == 16


async def test_a_used_one_is_known_after_a_restart_of_every_task(opener: Opener) -> None:
    clock = FakeFleetClock()
    async with opener() as store:
        known = Nonces(SECRET, await StoredUsedNonces.open(store, clock), clock)
        used, unused = known.make().nonce, known.make().nonce
        await known.use(used)
    async with opener() as store:
        known = Nonces(SECRET, await StoredUsedNonces.open(store, clock), clock)
        assert await refusal(known, used) == "the nonce was used before"
        await known.use(unused)


async def test_another_store_s_nonces_are_none_of_ours(tmp_path: Path) -> None:
    clock = FakeFleetClock()
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        async with ADAPTERS["sqlite"](tmp_path / name)() as store:
            known = Nonces(SECRET, await StoredUsedNonces.open(store, clock), clock)
            for nonce in made:
                assert await refusal(known, nonce) == "the nonce is none of ours"
            made.append(known.make().nonce)


async def left(store: Store, minutes: range) -> int:
    found = [await store.query("used_nonce", str(minute), limit=1000) for minute in minutes]
    return sum(len(items) for items in found)


async def test_used_ones_are_removed_some_minutes_after_their_end_and_no_sooner(
    stores: tuple[Store, Store],
) -> None:
    clock = FakeFleetClock()
    (one, sweeping), (_, also_sweeping) = await tasks(stores, clock)
    minute = int(clock.now().timestamp()) // 60
    around = range(minute, minute + 10)
    for _ in range(3):
        await one.use(one.make().nonce)
    clock.advance(LIFE_S + (KEPT_MINUTES - 1) * 60)
    await sweeping.sweep()
    assert await left(stores[0], around) == 3

    clock.advance(60)
    await asyncio.gather(sweeping.sweep(), also_sweeping.sweep())
    assert await left(stores[0], around) == 0
    await one.use(one.make().nonce)


async def test_more_are_removed_than_one_commit_takes(tmp_path: Path) -> None:
    clock = FakeFleetClock()
    async with ADAPTERS["sqlite"](tmp_path)() as store:
        used = await StoredUsedNonces.open(store, clock)
        known = Nonces(SECRET, used, clock)
        minute = int(clock.now().timestamp()) // 60 + 2
        for _ in range(250):
            await known.use(known.make().nonce)
        assert await left(store, range(minute, minute + 1)) == 250
        clock.advance(7200)
        await used.sweep()
        assert await left(store, range(minute, minute + 1)) == 0


async def test_a_task_that_dies_as_it_sweeps_leaves_nothing_lying(tmp_path: Path) -> None:
    clock = FakeFleetClock()
    async with ADAPTERS["sqlite"](tmp_path)() as inner:
        store = FaultyStore(inner)
        dying = await StoredUsedNonces.open(store, clock)
        known = Nonces(SECRET, dying, clock)
        minute = int(clock.now().timestamp()) // 60 + 2
        await known.use(known.make().nonce)
        clock.advance(3600)
        store.fail_commits_after(0)
        with pytest.raises(StoreError):
            await dying.sweep()
        assert store.failed == 1
        store.heal()
        await (await StoredUsedNonces.open(store, clock)).sweep()
        assert await left(store, range(minute, minute + 1)) == 0


@pytest.mark.parametrize("ahead", [LIFE_S, 200, 3600])
async def test_a_clock_that_was_ahead_lets_none_count_twice(
    stores: tuple[Store, Store], ahead: int
) -> None:
    clock = FakeFleetClock()
    (one, used), _ = await tasks(stores, clock)
    nonce = one.make().nonce
    await one.use(nonce)
    clock.wall += timedelta(seconds=ahead)
    await used.sweep()
    clock.wall -= timedelta(seconds=ahead)
    assert await refusal(one, nonce) == "the nonce was used before"
    if ahead < 600:
        (again, _), _ = await tasks(stores, clock)
        assert await refusal(again, nonce) == "the nonce was used before"


async def test_a_task_whose_clock_is_far_ahead_shuts_nobody_else_out_and_is_told(
    stores: tuple[Store, Store], capsys: pytest.CaptureFixture[str]
) -> None:
    clock, ahead = FakeFleetClock(), FakeFleetClock()
    ahead.advance(30 * 86_400)
    (one, used), _ = await tasks(stores, clock)
    wrong = await StoredUsedNonces.open(stores[1], ahead)
    await used.sweep()
    # As if no sweep had been due for most of that time: each minute costs a look.
    await wrong._say_swept(int(ahead.now().timestamp()) // 60 - 12)
    await wrong.sweep()

    await one.use(one.make().nonce)
    await used.sweep()
    assert "clocks_of_tasks_differ" in capsys.readouterr().out
    await one.use(one.make().nonce)

    minute = int(clock.now().timestamp()) // 60 + 2
    assert await left(stores[0], range(minute, minute + 1)) == 2
    clock.advance(3600)
    await used.sweep()
    assert await left(stores[0], range(minute, minute + 1)) == 0


async def test_a_store_that_fails_lets_no_nonce_count(tmp_path: Path) -> None:
    clock = FakeFleetClock()
    async with ADAPTERS["sqlite"](tmp_path)() as inner:
        store = FaultyStore(inner)
        known = Nonces(SECRET, await StoredUsedNonces.open(store, clock), clock)
        nonce = known.make().nonce
        store.fail_commits_after(0)
        with pytest.raises(StoreError):
            await known.use(nonce)
        store.heal()
        await known.use(nonce)
        lost = known.make().nonce
        store.lose_answers(1)
        with pytest.raises(StoreError):
            await known.use(lost)
        assert await refusal(known, lost) == "the nonce was used before"


async def test_the_key_of_a_used_nonce_is_its_minute_and_itself(tmp_path: Path) -> None:
    clock = FakeFleetClock()
    async with ADAPTERS["sqlite"](tmp_path)() as store:
        known = Nonces(SECRET, await StoredUsedNonces.open(store, clock), clock)
        nonce = known.make().nonce
        minute = (int(clock.now().timestamp()) + LIFE_S) // 60
        await store.commit([Put(key(nonce, str(minute), "used_nonce"), {}, Absent())])
        assert await refusal(known, nonce) == "the nonce was used before"
