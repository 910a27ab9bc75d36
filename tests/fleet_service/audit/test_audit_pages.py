"""The audit is read the newest first, page by page, by day, by whom and about what."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_store.port import Item, Key, Store, Write
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service.audit import order
from fleet_service.audit.asking import asked
from fleet_service.audit.service import AuditTrail, Intent
from kiosk_contracts.audit import AuditEntry, AuditPage
from kiosk_contracts.operators import OperatorRole
from tests.support.fleet import FakeFleetClock
from tests.support.operator_desk import OperatorDesk
from tests.support.operators import venue

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def intent(token_id: str = "a" * 16, *targets: str) -> Intent:
    return Intent(
        token_id=token_id,
        name="Ana",
        role=OperatorRole.OPERATOR,
        via="token",
        address="192.0.2.7",
        request_id="request-1",
        method="PUT",
        route="/v1/ops/venues/{venue_id}",
        targets=targets,
        body_sha256="0" * 64,
        summary="",
    )


@dataclass
class CountingStore:
    """A store that counts its reads."""

    inner: Store
    reads: int = field(default=0)

    async def get(self, key: Key) -> Item | None:
        self.reads += 1
        return await self.inner.get(key)

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        self.reads += 1
        return await self.inner.get_many(keys)

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        self.reads += 1
        return await self.inner.query(kind, pk, after=after, limit=limit)

    async def commit(self, writes: Sequence[Write]) -> None:
        await self.inner.commit(writes)


@dataclass
class Archive:
    """A trail with a clock that is moved."""

    store: CountingStore
    clock: FakeFleetClock

    def __post_init__(self) -> None:
        self.trail = AuditTrail(self.store, self.clock)

    async def write(self, *targets: str, by: str = "a" * 16, days: float = 0) -> UUID:
        """Write an entry and let time pass."""
        entry = await self.trail.begin(intent(by, *targets))
        self.clock.advance(1 + days * 86400)
        return entry.entry_id

    async def page(self, limit: int = 100, after: str | None = None, **of: object) -> AuditPage:
        given: dict[str, object] = {"first": None, "last": None, "actor": None, "target": None}
        position = None if after is None else int(after, 16)
        query = asked(self.trail.today(), **{**given, **of}, after=position, limit=limit)  # type: ignore[arg-type]
        return await self.trail.page(query)

    async def all(self, limit: int, **of: object) -> tuple[list[UUID], int]:
        """Return the ids of all pages, and how many pages there were."""
        found: list[AuditEntry] = []
        after, pages = None, 0
        while True:
            page = await self.page(limit, after, **of)
            assert len(page.entries) <= limit
            found += page.entries
            pages += 1
            after = page.next_after
            if after is None:
                return [one.entry_id for one in found], pages


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        yield Archive(CountingStore(store), FakeFleetClock())


@given(TIMES, TIMES)
def test_ids_sort_as_their_times_and_say_their_day(one: datetime, other: datetime) -> None:
    first, second = order.new_id(one), order.new_id(other)
    assert first.version == 7
    assert first.variant == "specified in RFC 4122"
    if one < other:
        assert first < second
        assert order.sort_key(first.int) > order.sort_key(second.int)
    assert order.day_of(first.int) == one.date()
    assert order.start_of(one.date()) <= first.int < order.end_of(one.date())
    assert order.position_of(order.sort_key(first.int)) == first.int
    assert len(order.sort_key(first.int)) == len(order.as_cursor(first.int)) == 32


def test_ids_of_one_millisecond_sort_as_they_were_made() -> None:
    moment = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    times = [moment + timedelta(microseconds=number) for number in range(0, 1000, 3)]
    ids = [order.new_id(time) for time in times]
    assert ids == sorted(ids)
    assert len({one.int >> 80 for one in ids}) == 1


def test_the_ends_of_time_are_days_too() -> None:
    assert order.day_of(order.END) == date.max
    assert order.end_of(date.max) == order.END
    assert order.start_of(date(1970, 1, 1)) == 0


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 100])
async def test_all_are_listed_the_newest_first_and_each_once(archive: Archive, limit: int) -> None:
    written = [await archive.write(days=days) for days in (0, 0, 2, 0, 1, 0, 0)]
    found, pages = await archive.all(limit)
    assert found == written[::-1]
    assert pages <= len(written) // limit + 1


async def test_what_is_written_meanwhile_moves_no_page(archive: Archive) -> None:
    written = [await archive.write() for _ in range(4)]
    page = await archive.page(2)
    await archive.write()
    rest = await archive.page(2, page.next_after)
    assert [one.entry_id for one in (*page.entries, *rest.entries)] == written[::-1]


async def test_they_are_asked_for_by_days_of_which_both_count(archive: Archive) -> None:
    # 24 November, noon; then each a day later.
    written = [await archive.write(days=1) for _ in range(5)]
    for first, last, found in (
        (24, 28, written),
        (25, 26, written[1:3]),
        (26, 26, written[2:3]),
        (29, 30, []),
    ):
        of = {"first": date(2026, 11, first), "last": date(2026, 11, last)}
        for limit in (1, 2, 100):
            assert (await archive.all(limit, **of))[0] == found[::-1]
    assert (await archive.all(2, last=date(2026, 11, 25)))[0] == written[1::-1]


async def test_by_whom_and_about_what_is_found_without_reading_the_rest(archive: Archive) -> None:
    ana, ben = "a" * 16, "b" * 16
    mine = [await archive.write("kiosk/k1", by=ana)]
    for number in range(60):
        await archive.write(f"kiosk/other-{number}", by=ben)
    mine.append(await archive.write("kiosk/k2", "venue/v", by=ana, days=40))
    mine.append(await archive.write("kiosk/k1", by=ana))
    span = {"first": date(2026, 11, 1)}
    archive.store.reads = 0
    assert (await archive.all(10, actor=ana, **span))[0] == mine[::-1]
    assert (await archive.all(10, target="kiosk/k1", **span))[0] == [mine[2], mine[0]]
    assert (await archive.all(10, target="venue/v", **span))[0] == [mine[1]]
    assert archive.store.reads <= 6
    assert (await archive.all(10, actor=ben, target="kiosk/k1", **span))[0] == []
    assert (await archive.all(1, actor=ana, target="kiosk/k1", **span))[0] == [mine[2], mine[0]]
    assert (await archive.all(10, actor=ana))[0] == [mine[2]]
    assert (await archive.all(10, actor="nobody", **span))[0] == []


async def test_a_page_reads_only_so_much_and_says_where_to_go_on(archive: Archive) -> None:
    old = await archive.write(days=300)
    archive.store.reads = 0
    page = await archive.page(first=date(2026, 11, 1))
    assert (page.entries, archive.store.reads) == ((), 40)
    assert page.next_after is not None
    found, pages = await archive.all(10, first=date(2026, 11, 1))
    assert found == [old]
    assert pages == 9
    # And of what something else's entries hide.
    for _ in range(90):
        await archive.write("kiosk/k1", by="b" * 16)
    mine = await archive.write("kiosk/k1")
    of = {"target": "kiosk/k1", "actor": "a" * 16}
    archive.store.reads = 0
    page = await archive.page(2, **of)
    assert [one.entry_id for one in page.entries] == [mine]
    assert (page.next_after is not None, archive.store.reads) == (True, 40)
    assert (await archive.all(2, **of))[0] == [mine]


async def test_what_became_of_it_is_found_by_what_it_turned_out_to_be_about(
    archive: Archive,
) -> None:
    entry = await archive.trail.begin(intent("a" * 16, "venue/v"))
    await archive.trail.finish(entry, 201, "", ["venue/v", "operator-token/t", "operator-token/t"])
    [found] = (await archive.page(target="operator-token/t")).entries
    assert (found.targets, found.state) == (("venue/v", "operator-token/t"), "done")
    # Its outcome is written once.
    await archive.trail.finish(entry, 500, "internal_error")
    [found] = (await archive.page()).entries
    assert found.status == 201


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("after=" + "0" * 31, "after"),
        ("day=today", "day"),
        ("day=2026-13-01", "day"),
        ("day=20261127", "day"),
        ("day=2026-11-27&from=2026-11-01", "day"),
        ("from=2026-11-27&to=2026-11-26", "from"),
        ("from=2025-01-01&to=2026-11-26", "366"),
        ("to=1969-12-31", "to"),
        ("to=0001-01-01", "range"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
    ],
)
async def test_what_can_not_be_asked_is_refused_by_its_word(
    desk: OperatorDesk, query: str, field: str
) -> None:
    told = await desk.ask("GET", f"/v1/audit?{query}")
    assert (told.status, told.code) == (422, "body_invalid")
    assert field in told.body["detail"]


@pytest.mark.parametrize(
    "query",
    ["to=9999-12-31", "from=1970-01-01&to=1970-01-02", "from=9999-12-31", "after=" + "f" * 32],
)
async def test_the_ends_of_the_calendar_are_days_as_others(desk: OperatorDesk, query: str) -> None:
    assert (await desk.ask("GET", f"/v1/audit?{query}")).status == 200


async def test_whoever_has_a_page_already_is_told_that_nothing_changed(desk: OperatorDesk) -> None:
    await desk.ask("PUT", "venues/a", venue("a"))
    first = await desk.ask("GET", "/v1/audit")
    tag = first.headers["ETag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = await desk.ask("GET", "/v1/audit", headers={"If-None-Match": known})
        assert (again.status, again.text, again.headers["ETag"]) == (304, "", tag)
    assert (await desk.ask("GET", "/v1/audit", headers={"If-None-Match": '"other"'})).status == 200
    desk.clock.advance(1)
    await desk.ask("PUT", "venues/a", venue("a"))
    told = await desk.ask("GET", "/v1/audit", headers={"If-None-Match": tag})
    assert told.status == 200
    assert told.headers["ETag"] != tag
    assert [one["at"] for one in told.body["entries"]] == [
        "2026-11-24T12:00:01Z",
        "2026-11-24T12:00:00Z",
    ]


async def test_a_days_entries_are_asked_for_by_http(desk: OperatorDesk) -> None:
    await desk.ask("PUT", "venues/a", venue("a"))
    desk.clock.advance(timedelta(days=1).total_seconds())
    await desk.ask("PUT", "venues/b", venue("b"))
    [entry] = await desk.audit("?day=2026-11-24")
    assert entry["targets"] == ["venue/a"]
    assert len(await desk.audit("?from=2026-11-24&to=2026-11-25")) == 2
    page = (await desk.ask("GET", "/v1/audit?limit=1")).body
    [older] = (await desk.ask("GET", f"/v1/audit?limit=1&after={page['next_after']}")).body[
        "entries"
    ]
    assert older == entry
    assert len(await desk.audit("?actor=settings")) == 2
