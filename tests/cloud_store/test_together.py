"""Reads that many callers make together say what reads one by one would."""

import asyncio
from collections.abc import Sequence

import pytest

from cloud_store.port import Item, Key, StoreError
from cloud_store.together import ReadsTogether

KEYS = [Key("thing", str(number)) for number in range(5)]


class HeldStore:
    """Counts reads, and lets each begin only when it is told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.asked: list[Sequence[Key]] = []
        self.go = asyncio.Event()
        self.fails = fails
        self.versions = dict.fromkeys(KEYS, 1)

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        self.asked.append(tuple(keys))
        found = [Item(key, self.versions[key], {}) for key in keys]
        await self.go.wait()
        if self.fails:
            raise StoreError("it is gone")
        return list(found)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_comes_while_a_read_is_under_way_shares_the_next_one() -> None:
    store = HeldStore()
    reads = ReadsTogether(store)  # type: ignore[arg-type]
    first = asyncio.create_task(reads.get(KEYS[0]))
    await turns()
    others = [asyncio.create_task(reads.get_many([KEYS[n], KEYS[0]])) for n in (1, 2)]
    await turns()
    # Written before the others' read begins: they see it, whoever was first does not.
    store.versions[KEYS[0]] = 2
    store.go.set()
    assert await first == Item(KEYS[0], 1, {})
    for number, told in zip((1, 2), await asyncio.gather(*others), strict=True):
        assert told == [Item(KEYS[number], 1, {}), Item(KEYS[0], 2, {})]
    assert store.asked == [(KEYS[0],), (KEYS[1], KEYS[0], KEYS[2])]


async def test_who_gives_up_takes_the_answer_from_nobody_else() -> None:
    store = HeldStore()
    reads = ReadsTogether(store)  # type: ignore[arg-type]
    one, two = (asyncio.create_task(reads.get(key)) for key in KEYS[:2])
    await turns()
    one.cancel()
    store.go.set()
    assert await two == Item(KEYS[1], 1, {})
    with pytest.raises(asyncio.CancelledError):
        await one


async def test_a_store_that_fails_fails_all_who_asked_and_the_next_is_asked_anew() -> None:
    store = HeldStore(fails=True)
    reads = ReadsTogether(store)  # type: ignore[arg-type]
    store.go.set()
    told = await asyncio.gather(*map(reads.get, KEYS[:3]), return_exceptions=True)
    assert [type(each) for each in told] == [StoreError] * 3
    store.fails = False
    assert await reads.get(KEYS[0]) == Item(KEYS[0], 1, {})
