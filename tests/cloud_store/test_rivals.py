"""Writers at the same time: one of them is first, the others are told, and nobody's write is lost.

In one process, and in several that share a store.
"""

import asyncio
from pathlib import Path

import pytest

from cloud_store.port import (
    ConditionFailedError,
    Delete,
    Item,
    Store,
    VersionIs,
)
from tests.support.dynamodb import make_table
from tests.support.store_worker import BOTH, Worker, counter, half, opened, worker
from tests.support.stores import Opener, change, key, new


async def test_of_many_writers_of_a_new_item_one_is_first_and_the_others_are_told(
    store: Store,
) -> None:
    answers = await asyncio.gather(
        *(store.commit([new(key(), by=number), new(key(f"{number}"))]) for number in range(50)),
        return_exceptions=True,
    )

    winners = [number for number, answer in enumerate(answers) if answer is None]
    assert len(winners) == 1
    refused = [answer for answer in answers if answer is not None]
    assert {type(answer) for answer in refused} == {ConditionFailedError}
    assert await store.get(key()) == Item(key(), 1, {"by": winners[0]})
    assert {item.key.sk for item in await store.query("k", "p")} == {"-", str(winners[0])}


async def test_of_many_writers_of_one_version_one_is_first(store: Store) -> None:
    await store.commit([new(key(), by=-1)])

    answers = await asyncio.gather(
        *(store.commit([change(key(), 1, by=number)]) for number in range(20)),
        store.commit([Delete(key(), VersionIs(1))]),
        return_exceptions=True,
    )

    assert answers.count(None) == 1
    item = await store.get(key())
    assert item == Item(key(), 2, {"by": answers.index(None)})


async def test_writers_that_touch_different_keys_do_not_disturb_each_other(store: Store) -> None:
    await asyncio.gather(*(store.commit([new(key(f"{n:03d}"), n=n)]) for n in range(200)))

    items = await store.query("k", "p", limit=1000)
    assert [item.body["n"] for item in items] == list(range(200))


async def test_whoever_starts_over_when_beaten_gets_through_and_every_step_counts(
    opener: Opener,
) -> None:
    async def count(store: Store, times: int) -> int:
        beaten = 0
        while times:
            item = await store.get(key())
            assert item is not None
            try:
                await store.commit([change(key(), item.version, n=item.body["n"] + 1)])
            except ConditionFailedError:
                beaten += 1
                continue
            times -= 1
        return beaten

    async with opener() as one, opener() as two:
        await one.commit([new(key(), n=0)])
        beaten = await asyncio.gather(*(count(store, 10) for store in (one, two) * 4))

        assert sum(beaten) > 0
        assert await one.get(key()) == Item(key(), 81, {"n": 80})


async def test_a_caller_that_goes_away_takes_no_write_from_the_others(store: Store) -> None:
    tasks = [asyncio.create_task(store.commit([new(key(f"{n:02d}"))])) for n in range(30)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert answers[1::2] == [None] * 15
    there = {item.key.sk for item in await store.query("k", "p")}
    assert {f"{n:02d}" for n in range(1, 30, 2)} <= there


@pytest.fixture(params=["sqlite", "dynamodb"])
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where processes find a store that they share."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    request.getfixturevalue("dynamodb")
    return f"dynamodb:{(await make_table()).name}"


async def test_a_write_that_rests_on_what_another_process_has_changed_is_refused(
    shared: str,
) -> None:
    async with worker(shared) as one, worker(shared) as two:
        assert await one.ask("read") == await two.ask("read") == "0"
        assert await one.ask("write") == "written"
        assert await two.ask("write") == "refused"
        assert await two.ask("read") == "1"
        assert await two.ask("write") == "written"
        assert await one.ask("read") == "2"


async def test_several_processes_on_one_store_lose_nobodys_write(shared: str) -> None:
    """Also across checkpoints: the bodies are large, so that the log is folded back meanwhile."""
    async with worker(shared) as one, worker(shared) as two, worker(shared) as three:
        acknowledged = await asyncio.gather(*(each.ask("count 40") for each in (one, two, three)))

    assert acknowledged == ["40"] * 3
    async with opened(shared) as store:
        total = await store.get(counter())
        own = [await store.query("half", f"{BOTH[0]}-{each.pid}") for each in (one, two, three)]
    assert total is not None
    assert (total.body["n"], total.version) == (120, 120)
    assert [len(items) for items in own] == [40, 40, 40]


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
async def test_a_process_killed_while_it_writes_loses_nothing_acknowledged_and_halves_nothing(
    shared: str, acknowledged: int
) -> None:
    async with worker(shared) as writer:
        names = await _kill_after(writer, acknowledged)

    async with opened(shared) as store:
        for side in BOTH:
            kept = await store.get_many([half(side, writer.pid, name) for name in names])
            assert None not in kept
        left, right = [await store.query("half", f"{side}-{writer.pid}") for side in BOTH]
        assert [item.key.sk for item in left] == [item.key.sk for item in right]
        assert len(left) >= len(names) >= acknowledged
        await store.commit([new(key("after"), n=1)])


async def test_the_others_go_on_when_a_process_is_killed_while_it_writes(shared: str) -> None:
    async with worker(shared) as doomed, worker(shared) as survivor:
        counted = asyncio.create_task(survivor.ask("count 20"))
        await _kill_after(doomed, 5)
        assert await counted == "20"

    async with opened(shared) as store:
        total = await store.get(counter())
    assert total is not None
    assert total.body["n"] == 20


async def _kill_after(writer: Worker, acknowledged: int) -> list[str]:
    """Let a process write without end; kill it, and return what it had acknowledged."""
    writer.say("pairs")
    names = [await writer.hear() for _ in range(acknowledged)]
    writer.process.kill()
    return [*names, *await writer.rest()]
