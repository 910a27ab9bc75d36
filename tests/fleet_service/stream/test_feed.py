"""Who looks on is told everything once and in order, or that this can't be done."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from cloud_store.port import Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service.stream import feed as feed_module
from fleet_service.stream.clients import MOST_BYTES, StreamClient
from fleet_service.stream.feed import Feed
from fleet_service.stream.keeping import Entries
from fleet_service.stream.marks import EVERYTHING, Kind, Mark
from fleet_service.stream.telling import Event


class EchoTeller:
    """Tells of each mark its own id, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.says = ""
        """What is told of each beside."""

    async def tell(self, marks: Collection[Mark]) -> Mapping[Mark, list[Event]]:
        self.asked += 1
        body = {"says": self.says} if self.says else {}
        return {one: [Event(one.kind, json.dumps({"id": one.id, **body}))] for one in marks}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


@asynccontextmanager
async def looking(feed: Feed, last_id: str = "") -> AsyncIterator[StreamClient]:
    client = StreamClient()
    async with feed.telling(client, last_id):
        yield client


async def read(client: StreamClient) -> list[tuple[str, str, Any]]:
    """Return id, name and body of all that waits."""
    found = []
    for block in (await client.next(0.01)).decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line)
        if fields:
            body = json.loads(fields["data"]) if "data" in fields else None
            found.append((fields.get("id", ""), fields.get("event", ""), body))
    return found


def feed_on(store: Store, **more: int) -> tuple[Feed, Entries, EchoTeller]:
    entries, teller = Entries(store, **more), EchoTeller()
    return Feed(entries, cast("Any", teller), asyncio.Event()), entries, teller


def kiosk(number: int) -> Mark:
    return Mark(Kind.INSTANCE, f"till-{number}")


def ids(told: list[tuple[str, str, Any]]) -> list[str]:
    return [body["id"] for _, name, body in told if name == "instance"]


async def test_all_are_told_the_same_in_order(store: Store) -> None:
    feed, entries, teller = feed_on(store)
    async with looking(feed) as one, looking(feed) as other:
        await entries.append([kiosk(1), kiosk(2)])
        await entries.append([kiosk(3), kiosk(1)])
        await feed.look()
        told = await read(one)
        assert ids(told) == ["till-2", "till-3", "till-1"], "each as it was marked last"
        assert ids(await read(other)) == ids(told)
        assert teller.asked == 1, "read once for all"
        await feed.look()
        assert await read(one) == []


async def test_any_id_is_gone_on_from_without_gap_or_repetition(store: Store) -> None:
    feed, entries, _ = feed_on(store)
    async with looking(feed) as client:
        [(begin, _, _)] = await read(client)
        await entries.append([kiosk(1), kiosk(2)])
        await entries.append([kiosk(3), kiosk(4)])
        await feed.look()
        told = await read(client)
    for missed, (at, _, _) in enumerate([(begin, "", None), *told]):
        async with looking(feed, at) as again:
            assert ids(await read(again)) == ["till-1", "till-2", "till-3", "till-4"][missed:]


async def test_who_missed_what_is_forgotten_reads_anew(store: Store) -> None:
    feed, entries, _ = feed_on(store, kept=3)
    async with looking(feed) as client:
        [(begin, _, _)] = await read(client)
    for number in range(3):
        await entries.append([kiosk(number)])
    async with looking(feed, begin) as client:
        assert len(ids(await read(client))) == 3, "all of it is still there"
    await entries.append([kiosk(3)])
    async with looking(feed, begin) as client:
        [(at, name, body)] = await read(client)
        assert (name, "forgotten" in body["why"]) == ("reset", True)
        await entries.append([kiosk(4)])
        await feed.look()
        assert ids(await read(client)) == ["till-4"]
    async with looking(feed, at) as client:
        assert ids(await read(client)) == ["till-4"]


async def test_who_missed_very_much_reads_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "MOST_MISSED", 2)
    feed, entries, _ = feed_on(store)
    async with looking(feed) as client:
        [(begin, _, _)] = await read(client)
    await entries.append([kiosk(1), kiosk(2)])
    async with looking(feed, begin) as client:
        assert ids(await read(client)) == ["till-1", "till-2"]
    await entries.append([kiosk(3)])
    async with looking(feed, begin) as client:
        [(_, name, _)] = await read(client)
        assert name == "reset"


async def test_a_task_that_read_too_late_has_all_read_anew(store: Store) -> None:
    feed, entries, _ = feed_on(store, kept=3)
    async with looking(feed) as client:
        await read(client)
        for number in range(5):
            await entries.append([kiosk(number)])
        await feed.look()
        [(_, name, _)] = await read(client)
        assert name == "reset"
        await entries.append([kiosk(9)])
        await feed.look()
        assert ids(await read(client)) == ["till-9"]


async def test_what_came_while_nobody_looked_is_told_to_who_asks_for_it_alone(
    store: Store,
) -> None:
    feed, entries, teller = feed_on(store)
    async with looking(feed) as client:
        [(begin, _, _)] = await read(client)
    await entries.append([kiosk(1)])
    async with looking(feed) as client:
        assert ids(await read(client)) == []
        await feed.look()
        assert ids(await read(client)) == []
        assert teller.asked == 0
    async with looking(feed, begin) as client:
        assert ids(await read(client)) == ["till-1"]


async def test_who_leaves_while_another_comes_takes_nothing_away(store: Store) -> None:
    feed, entries, _ = feed_on(store)
    async with looking(feed) as staying:
        async with looking(feed):
            pass
        await entries.append([kiosk(1)])
        await feed.look()
        assert ids(await read(staying)) == ["till-1"]


async def test_a_worker_tells_soon_after_it_was_marked_and_not_before_somebody_looks(
    store: Store,
) -> None:
    feed, entries, _ = feed_on(store)
    async with feed.working(), looking(feed) as client:
        await read(client)
        await entries.append([kiosk(1), EVERYTHING])
        told: list[tuple[str, str, Any]] = []
        while len(told) < 2:
            told += await read(client)
        assert [name for _, name, _ in told] == ["instance", "all"]


@pytest.mark.parametrize("which", ["events", "bytes"])
async def test_more_at_once_than_may_wait_for_anybody_has_all_read_anew_and_nobody_let_go(
    store: Store, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, entries, teller = feed_on(store)
    most = 300 if which == "events" else 10_000
    monkeypatch.setattr(feed_module, "MOST_WAITING", most)
    teller.says = "x" * (MOST_BYTES // 400) if which == "bytes" else ""
    async with looking(feed) as client:
        [(begin, _, _)] = await read(client)
        await entries.append([kiosk(number) for number in range(401)])
        await feed.look()
        [(at, name, _)] = await read(client)
        assert name == "reset"
        assert not client.let_go.is_set()
        teller.says = ""
        await entries.append([kiosk(1)])
        await feed.look()
        assert ids(await read(client)) == ["till-1"]
    async with looking(feed, at) as client:
        assert ids(await read(client)) == ["till-1"]
    if which == "bytes":
        # Who comes back for it is not let go before it was told anything, again and again.
        teller.says = "x" * (MOST_BYTES // 400)
        async with looking(feed, begin) as client:
            assert [name for _, name, _ in await read(client)] == ["reset"]
            assert not client.let_go.is_set()
