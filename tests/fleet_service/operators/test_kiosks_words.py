"""What a kiosk that was taken over says reaches operators as harmless words."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cloud_store.port import Key, Put, VersionIs
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace
from fleet_service.clock import SystemClock
from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.heartbeats.stored import StoredHeartbeats
from fleet_service.kiosks.service import Kiosks
from fleet_service.venues.records import KioskRecord
from fleet_service.venues.service import Venues
from kiosk_contracts.heartbeats import Heartbeat
from kiosk_contracts.venues import Venue
from tests.support.fleet import JOURNAL_ID, FakeFleetClock
from tests.support.operators import venue

EVIL = '<script>alert("1")</script>\x1b]0;owned\x07\x1b[31m\u202e&lt;'
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def heartbeat(**said: Any) -> Heartbeat:
    return Heartbeat.model_validate(
        {
            "kiosk_id": "till-hb1",
            "journal_id": str(JOURNAL_ID),
            "epoch": 1,
            "agent_version": EVIL,
            "device_time": NOW.isoformat(),
            "last_sequence": 0,
            "queued": 3,
            "parked": 0,
            "quarantined": 0,
            "why_not_left": [EVIL] * 200,
            "refunds_to_give": [EVIL],
            "repairs": [{"name": EVIL[:60], "why": EVIL, "at": NOW.isoformat(), "outcome": EVIL}],
            "images": [{"image": "r/x@sha256:" + "a" * 64, "state": EVIL, "why": EVIL}],
            "ui": {"source": EVIL, EVIL: [EVIL, {EVIL: EVIL}], "image": EVIL},
            "update_lock": {"until": NOW.isoformat(), "why": "a full house", "by": "Ana"},
            **said,
        }
    )


def harmless(text: str) -> bool:
    return not any(sign in text for sign in ("<", ">", "\x1b", "\u202e", "&lt;", "owned"))


async def test_nothing_of_a_heartbeat_is_kept_or_shown_as_it_came(tmp_path: Path) -> None:
    clock = FakeFleetClock()
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        await Venues(store).put(Venue.model_validate(venue("harbour-hall", "HB1")))
        seen = LastSeen.of(heartbeat(), NOW)
        await StoredHeartbeats(store, SystemClock()).put(seen)
        item = await store.get(Key("seen", "till-hb1"))
        assert item is not None
        assert harmless(json.dumps(item.body, ensure_ascii=False))
        told = (await Kiosks(store, clock).get("till-hb1")).to_json()
        assert harmless(json.dumps(told, ensure_ascii=False))
        assert told["seen"]["queued"] == 3
        assert "\u2039script\u203a" in told["seen"]["ui"]["source"]
        assert len(told["seen"]["why_not_left"]) == 100
        assert told["seen"]["update_lock"]["why"] == "a full house"
        # What was said again is no news.
        assert not LastSeen.of(heartbeat(), NOW).is_news_after(
            await StoredHeartbeats(store, SystemClock()).last("till-hb1")
        )


async def test_what_was_stored_before_is_made_harmless_when_it_is_read(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        await Venues(store).put(Venue.model_validate(venue("harbour-hall", "HB1")))
        await StoredHeartbeats(store, SystemClock()).put(LastSeen.of(heartbeat(), NOW))
        at = Key("seen", "till-hb1")
        item = await store.get(at)
        assert item is not None
        body = {**item.body, "agent_version": EVIL, "why_not_left": [EVIL]}
        await store.commit([Put(at, body, VersionIs(item.version))])
        told = (await Kiosks(store, FakeFleetClock()).get("till-hb1")).to_json()
        assert harmless(json.dumps(told, ensure_ascii=False))


async def test_why_a_host_was_refused_is_partly_its_own_words(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        venues = Venues(store)
        await venues.put(Venue.model_validate(venue("harbour-hall", "HB1")))
        workspace = Workspace(store)
        known = await workspace.fetch(KioskRecord, "till-hb1")
        assert known is not None
        workspace.put(known.model_copy(update={"refused": EVIL}), "till-hb1")
        await workspace.commit()
        for told in (
            await Kiosks(store, FakeFleetClock()).get("till-hb1"),
            (await venues.get("harbour-hall")).kiosks[0],
        ):
            assert harmless(told.refused)
            assert "script" in told.refused
