"""While there is a line, the kiosk learns what it sells and admits; one failure holds up none."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.services.syncer import Syncer
from kiosk_contracts.serials import format_serial
from tests.support.far_kit import Kit, at_work, kit_in, until
from tests.support.far_side import event


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with kit_in(tmp_path) as kit:
        yield kit


def _syncer(kit: Kit) -> Syncer:
    return Syncer(kit.here, kit.there, every_s=30)


def _key(key_id: int) -> dict[str, Any]:
    return {
        "key_id": key_id,
        "public_key": f"{key_id:064x}",
        "published_at": "2026-01-01T00:00:00Z",
        "signs_from": "2026-01-01T00:00:00Z",
    }


def _fact(cursor: int) -> dict[str, Any]:
    return {
        "cursor": cursor,
        "fact": "revoked",
        "serial": format_serial(cursor),
        "event_id": "tide",
        "at": "2026-11-23T19:00:00Z",
        "reason": "stolen",
    }


async def test_the_catalogue_is_fetched_and_kept_and_the_same_again_is_no_change(kit: Kit) -> None:
    kit.far.catalogue["events"] = [event()]
    async with at_work(_syncer(kit).run_catalogue):
        await kit.clock.wait_for_sleepers()
        known = await kit.here.journal.read(lambda reader: reader.catalogue())
        assert known is not None
        assert [one.event_id for one in known.events] == ["tide"]
        assert 24 <= kit.clock.slept[-1] <= 36
        changes = kit.here.changes.version
        await kit.clock.advance_when_asleep(36)
        await kit.clock.wait_for_sleepers()
        assert kit.far.requests["/v1/catalogue"] == 2
        assert kit.here.changes.version == changes
        kit.far.catalogue |= {"version": 2, "events": [event(name="Tide & Timber")]}
        await kit.clock.advance_when_asleep(36)
        await until(kit, lambda reader: _name(reader.catalogue()) == "Tide & Timber")
    assert kit.here.changes.version == changes + 1


def _name(catalogue: Any) -> str:
    return str(catalogue.events[0].name)


async def test_keys_are_learnt_before_they_sign_and_told_once(kit: Kit) -> None:
    kit.far.keys = [_key(2), _key(1)]
    async with at_work(_syncer(kit).run_keys):
        await until(kit, lambda reader: len(reader.verify_keys()) == 2)
        await kit.clock.wait_for_sleepers()
        changes = kit.here.changes.version
        await kit.clock.advance_when_asleep(36)
        await kit.clock.wait_for_sleepers()
        assert kit.here.changes.version == changes
        kit.far.keys.append(_key(3))
        await kit.clock.advance_when_asleep(36)
        await until(kit, lambda reader: len(reader.verify_keys()) == 3)


async def test_the_gate_feed_is_read_page_by_page_and_goes_on_where_it_ended(kit: Kit) -> None:
    kit.far.feed = [_fact(cursor) for cursor in range(1, 1202)]
    async with at_work(_syncer(kit).run_gate_feed):
        await until(kit, lambda reader: reader.gate_cursor() == 1201)
        await kit.clock.wait_for_sleepers()
        assert kit.far.requests["/v1/gate-feed"] == 3
        kit.far.feed.append(_fact(1300))
        await kit.clock.advance_when_asleep(36)
        await until(kit, lambda reader: reader.gate_cursor() == 1300)
    assert kit.far.requests["/v1/gate-feed"] == 4
    known = await kit.here.journal.read(
        lambda reader: reader.gate_knowledge("tide", format_serial(700))
    )
    assert known.revoked_reason == "stolen"


async def test_a_gate_whose_clock_runs_ahead_hides_nothing_that_comes_later(kit: Kit) -> None:
    serial = format_serial(1)
    kit.far.feed = [{**_fact(1), "fact": "exited", "at": "9999-12-31T23:59:59.999999Z"}]
    async with at_work(_syncer(kit).run_gate_feed):
        await until(kit, lambda reader: reader.gate_cursor() == 1)
        await kit.clock.wait_for_sleepers()
        later = (kit.clock.now() + timedelta(seconds=10)).isoformat()
        kit.far.feed.append({**_fact(2), "serial": serial, "fact": "admitted", "at": later})
        await kit.clock.advance_when_asleep(36)
        await until(kit, lambda reader: reader.gate_cursor() == 2)
    known = await kit.here.journal.read(lambda reader: reader.gate_knowledge("tide", serial))
    assert known.last_fact == "admitted"


async def test_a_round_that_fails_holds_up_no_other(kit: Kit) -> None:
    kit.far.catalogue["events"] = [event()]
    kit.far.keys = [_key(1)]
    kit.far.break_with("garbage", path="/v1/gate-feed", times=1000)
    syncer = _syncer(kit)
    async with at_work(syncer.run_catalogue, syncer.run_keys, syncer.run_gate_feed):
        await until(kit, lambda reader: bool(reader.verify_keys()) and bool(reader.catalogue()))
        await kit.far.until(lambda: kit.far.fired["garbage"] > 0)


async def test_all_is_asked_anew_when_the_line_comes_back(kit: Kit) -> None:
    async with at_work(_syncer(kit).run_keys):
        await kit.clock.wait_for_sleepers()
        kit.line.lost("down", kit.line.contacts)
        kit.far.keys = [_key(1)]
        kit.line.reached()
        await until(kit, lambda reader: len(reader.verify_keys()) == 1)
    assert kit.clock.now() == kit.clock.wall


async def _synced(kit: Kit, what: str) -> datetime | None:
    """Return when it was heard of, once all that can be asked now has been."""
    await kit.clock.wait_for_sleepers()
    return await kit.here.journal.read(lambda reader: reader.synced_at(what))


async def test_it_is_known_since_when_keys_and_gate_facts_are_whole(kit: Kit) -> None:
    kit.far.keys = [_key(1)]
    kit.far.feed = [_fact(cursor) for cursor in range(1, 602)]
    begun = kit.clock.now()
    syncer = _syncer(kit)
    async with at_work(syncer.run_keys):
        assert await _synced(kit, "keys") == begun
        assert await _synced(kit, "gate_feed") is None
        kit.clock.advance(36)
        assert await _synced(kit, "keys") == begun, "no commit for each round"
        kit.clock.advance(36)
        assert await _synced(kit, "keys") == begun + timedelta(seconds=72)
    async with at_work(syncer.run_gate_feed):
        assert await _synced(kit, "gate_feed") == kit.clock.now()


async def test_gate_facts_of_which_the_last_page_did_not_come_are_not_whole(kit: Kit) -> None:
    kit.far.feed = [_fact(cursor) for cursor in range(1, 602)]
    kit.far.break_with("garbage", path="/v1/gate-feed", times=1000)
    async with at_work(_syncer(kit).run_gate_feed):
        await kit.far.until(lambda: kit.far.fired["garbage"] > 0)
        assert await _synced(kit, "gate_feed") is None
