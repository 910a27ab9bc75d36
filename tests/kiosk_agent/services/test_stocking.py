"""The roll is kept filled: asked once on disk, granted once, and given up only when refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kiosk_agent.domain.epochs import EpochReason, NewEpoch
from kiosk_agent.ports.journal import JournalReader, JournalRow, JournalWriter
from kiosk_agent.services.stocking import Stocking
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.uploads import ItemOutcome
from tests.support.far_kit import Kit, at_work, kit_in, until
from tests.support.far_side import event
from tests.support.journal import new_transaction

KEY = ("tide", "adult")


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with kit_in(tmp_path) as kit:
        yield kit


def _stocking(kit: Kit) -> Stocking:
    return Stocking(kit.here, kit.there, every_s=30, ask_again_s=300)


async def _know(kit: Kit, **changes: Any) -> None:
    evening = {"starts_at": "2026-11-25T20:00:00Z", "sales_close_at": "2026-11-26T19:00:00Z"}
    known = Catalogue.model_validate(
        {**kit.far.catalogue, "events": [event(**{**evening, **changes})]}
    )
    await kit.here.journal.write(lambda writer: writer.put_catalogue(known))


def _available(reader: JournalReader) -> int:
    return reader.stock_counts().get(KEY, (0, 0))[0]


async def test_an_empty_roll_is_filled_and_left_alone_then(kit: Kit) -> None:
    await _know(kit)
    async with at_work(_stocking(kit).run):
        await until(kit, lambda reader: _available(reader) == 40)
        await kit.clock.wait_for_sleepers()
        await kit.clock.advance_when_asleep(36)
        await kit.clock.wait_for_sleepers()
    [asked] = kit.far.allotments.values()
    assert (asked["quantity"], kit.far.requests["/v1/allotments"]) == (40, 1)
    [lease] = await kit.here.journal.read(lambda reader: reader.leases())
    assert (lease.asked_boot_id, lease.asked_boottime_ms) == ("boot-1", 1_000_000)
    assert lease.lease_s == 86_400


async def test_a_sale_that_leaves_too_few_is_followed_by_a_request_within_a_second(
    kit: Kit,
) -> None:
    await _know(kit, stock_rule={"per_kiosk": 4, "keep_back": 0, "top_up_below": 3})
    async with at_work(_stocking(kit).run):
        await until(kit, lambda reader: _available(reader) == 4)
        await kit.clock.wait_for_sleepers()
        items = await kit.here.journal.read(lambda reader: reader.available(*KEY))
        sold = [item.serial for item in items[:2]]
        await kit.here.journal.write(lambda writer: writer.set_stock_state(sold, "sold"))
        kit.here.changes.notify()
        await kit.clock.advance_when_asleep(1)
        await until(kit, lambda reader: _available(reader) == 4)


@pytest.mark.parametrize("kind", ["sale", "return_of_stock"])
async def test_what_was_sold_or_returned_is_asked_for_again_once_that_has_settled(
    kit: Kit, kind: str
) -> None:
    await _know(kit, stock_rule={"per_kiosk": 4, "keep_back": 0, "top_up_below": 3})
    async with at_work(_stocking(kit).run):
        await until(kit, lambda reader: _available(reader) == 4)
        serials = [
            item.serial
            for item in await kit.here.journal.read(lambda reader: reader.available(*KEY))
        ]

        def give_away(writer: JournalWriter) -> JournalRow:
            new = new_transaction(kind=kind, payload={"cashier_id": "ana", "serials": serials})
            writer.hold(new.txn_id, serials)
            writer.set_stock_state(serials, "sold" if kind == "sale" else "returned")
            return writer.append(new)

        row = await kit.here.journal.write(give_away)
        kit.here.changes.notify()
        await kit.clock.advance_when_asleep(36)
        await kit.clock.wait_for_sleepers()
        assert kit.far.requests["/v1/allotments"] == 1, "the ticket API still counts them as here"
        settled = ItemOutcome(txn_id=row.txn_id, status="settled")
        await kit.here.journal.write(
            lambda writer: writer.settle(row.sequence, settled, kit.clock.now())
        )
        kit.here.changes.notify()
        await kit.clock.advance_when_asleep(1)
        await until(kit, lambda reader: _available(reader) == 4)


async def test_a_request_whose_answer_was_lost_is_repeated_and_granted_once(kit: Kit) -> None:
    await _know(kit)
    kit.far.break_with("commit_then_reset", path="/v1/allotments")
    async with at_work(_stocking(kit).run):
        await kit.clock.advance_when_asleep(8)
        await until(kit, lambda reader: _available(reader) == 40)
    assert kit.far.fired["commit_then_reset"] == 1
    assert len(kit.far.allotments) == 1, "the same request id was asked again"


async def test_a_request_of_an_earlier_run_is_asked_first(kit: Kit) -> None:
    await _know(kit)
    kit.far.break_with("hang", path="/v1/allotments")
    async with at_work(_stocking(kit).run):
        await kit.far.until(lambda: kit.far.fired["hang"] == 1)
    [left] = await kit.here.journal.read(lambda reader: reader.leases())
    assert left.allotment_id is None
    async with at_work(_stocking(kit).run):
        await until(kit, lambda reader: _available(reader) == 40)
    assert list(kit.far.allotments) == [str(left.request_id)]


@pytest.mark.parametrize("status", [400, 404, 409, 422])
async def test_a_request_that_is_refused_for_good_is_forgotten_for_a_while(
    kit: Kit, status: int
) -> None:
    await _know(kit)
    kit.far.break_with(
        "status",
        path="/v1/allotments",
        status=status,
        problem={"code": "event_unknown", "detail": "no"},
    )
    async with at_work(_stocking(kit).run):
        await kit.clock.wait_for_sleepers()
        assert await kit.here.journal.read(lambda reader: reader.leases()) == []
        await kit.clock.advance_when_asleep(299)
        await kit.clock.wait_for_sleepers()
        assert kit.far.requests["/v1/allotments"] == 1
        await kit.clock.advance_when_asleep(36)
        await until(kit, lambda reader: _available(reader) == 40)


@pytest.mark.parametrize(
    ("status", "retryable"), [(403, False), (401, True), (503, True), (409, True)]
)
async def test_any_other_refusal_is_asked_again_with_the_same_request(
    kit: Kit, status: int, *, retryable: bool
) -> None:
    await _know(kit)
    kit.far.break_with(
        "status",
        path="/v1/allotments",
        status=status,
        times=3,
        problem={"code": "not_now", "detail": "no", "retryable": retryable},
    )

    async def let_time_pass() -> None:
        while True:
            await kit.clock.advance_when_asleep(8)

    async with at_work(_stocking(kit).run):
        await kit.far.until(lambda: kit.far.fired["status"] == 1)
        [asked] = await kit.here.journal.read(lambda reader: reader.leases())
    async with at_work(_stocking(kit).run, let_time_pass):
        await until(kit, lambda reader: _available(reader) == 40)
    assert list(kit.far.allotments) == [str(asked.request_id)]


async def test_a_house_that_gave_less_is_asked_again_only_after_a_while(kit: Kit) -> None:
    await _know(kit)
    kit.far.left[KEY] = 5
    async with at_work(_stocking(kit).run):
        await until(kit, lambda reader: _available(reader) == 5)
        kit.far.left[KEY] = 100
        await kit.clock.wait_for_sleepers()
        await kit.clock.advance_when_asleep(299)
        await kit.clock.wait_for_sleepers()
        assert kit.far.requests["/v1/allotments"] == 1
        await kit.clock.advance_when_asleep(36)
        await until(kit, lambda reader: _available(reader) == 40)


async def test_a_kiosk_that_drains_or_has_no_name_yet_asks_for_nothing(kit: Kit) -> None:
    await _know(kit)
    kit.here.state.set_draining(on=True)
    async with at_work(_stocking(kit).run):
        await kit.clock.wait_for_sleepers()
        await kit.here.journal.write(lambda writer: writer.put_identity("", "", ""))
        kit.here.state.set_draining(on=False)
        await kit.clock.advance_when_asleep(36)
        await kit.clock.wait_for_sleepers()
    assert kit.far.requests["/v1/allotments"] == 0


async def test_what_an_ended_lease_and_carts_hold_is_not_for_sale_but_counts(kit: Kit) -> None:
    await _know(kit)
    async with at_work(_stocking(kit).run):
        await until(kit, lambda reader: _available(reader) == 40)
        await kit.clock.wait_for_sleepers()
        items = await kit.here.journal.read(lambda reader: reader.available(*KEY))
        held = [item.serial for item in items[:5]]
        await kit.here.journal.write(lambda writer: writer.hold(uuid4(), held))
        await _know(kit, stock_rule={"per_kiosk": 60, "keep_back": 0, "top_up_below": 10})
        await kit.clock.advance_when_asleep(36)
        await kit.clock.wait_for_sleepers()
        assert len(kit.far.allotments) == 1, "there is enough to sell"
        await kit.clock.advance_when_asleep(86_400)
        await until(kit, lambda reader: _available(reader) == 55)
    assert [asked["quantity"] for asked in kit.far.allotments.values()] == [40, 20]


async def test_what_was_asked_for_before_a_new_epoch_is_the_old_journals(kit: Kit) -> None:
    await _know(kit)
    stocking, new_id = _stocking(kit), uuid4()
    old = await kit.here.journal.read(lambda reader: reader.identity())
    ask = stocking._ask

    async def late(*words: Any) -> None:
        new = NewEpoch(new_id, 2, EpochReason.OLDER_COPY, "", kit.clock.now(), "")
        await kit.here.journal.write(lambda writer: writer.open_epoch(new))
        await ask(*words)

    stocking._ask = late  # type: ignore[method-assign]
    await stocking._top_up()
    stock = await kit.here.journal.read(lambda reader: reader.stock_counts())
    assert {one["journal_id"] for one in kit.far.allotments.values()} == {str(old.journal_id)}
    assert not stock
