"""Who the kiosk is, as the fleet service says it, and what the kiosk reports."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

from kiosk_agent.ports.journal import JournalWriter
from kiosk_agent.services.sessions import Heartbeats, Sessions
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.uploads import ItemOutcome
from tests.support.far_kit import Kit, at_work, kit_in, until


def _heartbeats(kit: Kit) -> Heartbeats:
    return Heartbeats(
        kit.here,
        kit.there,
        kit.leaving,
        kit.retiring,
        kit.images,
        every_s=15,
        agent_version="0.1.0",
    )


async def test_the_kiosk_learns_who_it_is_and_keeps_it(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        await kit.here.journal.write(lambda writer: writer.put_identity("", "", ""))
        async with at_work(Sessions(kit.here, kit.there).run):
            await until(kit, lambda reader: reader.identity().kiosk_code == "HB1")
        identity = await kit.here.journal.read(lambda reader: reader.identity())
    assert (identity.venue_id, identity.venue_name) == ("harbour-hall", "Harbour Hall")


async def test_the_same_answer_again_is_no_change_and_a_move_is_learnt_within_the_hour(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path) as kit, at_work(Sessions(kit.here, kit.there).run):
        await kit.clock.wait_for_sleepers()
        changes = kit.here.changes.version
        assert 0.8 * 3600 <= kit.clock.slept[-1] <= 1.2 * 3600
        await kit.clock.advance_when_asleep(1.2 * 3600)
        await kit.clock.wait_for_sleepers()
        assert kit.far.requests["/v1/sessions"] == 2
        assert kit.here.changes.version == changes
        kit.far.venue_name = "River Hall"
        await kit.clock.advance_when_asleep(1.2 * 3600)
        await until(kit, lambda reader: reader.identity().venue_name == "River Hall")


async def test_a_report_says_how_the_journal_stands(tmp_path: Path) -> None:
    outcome = ItemOutcome(txn_id=None, status="retry")
    async with kit_in(tmp_path) as kit:
        rows = [await kit.open.append() for _ in range(6)]
        now = kit.clock.now()
        write = kit.here.journal.write
        await write(lambda writer: writer.settle(1, outcome, now))
        await write(lambda writer: writer.park(2, outcome, now))
        await write(lambda writer: writer.quarantine(3, outcome, now))
        await write(lambda writer: writer.begin_upload(1, 1 << 20))
        async with at_work(_heartbeats(kit).run):
            await kit.far.until(lambda: len(kit.far.heartbeats) == 1)
            await kit.clock.wait_for_sleepers()
        [report] = kit.far.heartbeats
    figures = {name: report[name] for name in ("last_sequence", "queued", "parked", "quarantined")}
    assert figures == {"last_sequence": 6, "queued": 3, "parked": 1, "quarantined": 1}
    assert report["kiosk_id"] == "harbour-till-1"
    assert report["journal_id"] == str(rows[0].readable().envelope.journal_id)
    assert report["epoch"] == 1
    assert report["oldest_queued_at"] == now.isoformat().replace("+00:00", "Z")
    assert report["offline_since"] is None
    assert 12 <= kit.clock.slept[-1] <= 18


async def test_a_report_names_the_newest_sale_that_settled(tmp_path: Path) -> None:
    outcome = ItemOutcome(txn_id=None, status="settled")
    async with kit_in(tmp_path) as kit:
        told = []
        await kit.open.append()
        for kind in ("sale", "sale", "admission"):
            row = await kit.open.append(kind=kind)
            told.append(await kit.here.journal.read(lambda reader: reader.last_settled_sale()))
            if row.sequence != 3:
                settle = partial(_settle, row.sequence, outcome, kit.clock.now())
                await kit.here.journal.write(settle)
        async with at_work(_heartbeats(kit).run):
            await kit.far.until(lambda: len(kit.far.heartbeats) == 1)
            await kit.clock.wait_for_sleepers()
        [report] = kit.far.heartbeats
    # The sale behind it waits, and what settled after that is none.
    assert told == [None, 2, 2]
    assert (report["last_settled_sale"], report["last_sequence"]) == (2, 4)


def _settle(sequence: int, outcome: ItemOutcome, at: datetime, writer: JournalWriter) -> None:
    writer.settle(sequence, outcome, at)


async def test_the_first_report_after_an_outage_tells_of_it_and_no_other(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        kit.far.break_with("reset", path="/v1/heartbeats", times=2)
        began = kit.clock.now().isoformat().replace("+00:00", "Z")
        async with at_work(_heartbeats(kit).run):
            for _ in range(3):
                await kit.clock.advance_when_asleep(18)
            await kit.far.until(lambda: len(kit.far.heartbeats) == 2)
            await kit.clock.wait_for_sleepers()
        assert kit.far.fired["reset"] == 2
        assert [report["offline_since"] for report in kit.far.heartbeats] == [began, None]


class _LostMeanwhile:
    """A Fleet; the line is lost while a report is on its way."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatAnswer:
        answer = await self._kit.there.fleet.heartbeat(heartbeat)
        self._kit.line.lost("down", self._kit.line.contacts)
        return answer


async def test_an_outage_that_begins_during_a_report_is_told_by_the_next(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        there = replace(kit.there, fleet=_LostMeanwhile(kit))
        heartbeats = Heartbeats(
            kit.here,
            there,
            kit.leaving,
            kit.retiring,
            kit.images,
            every_s=15,
            agent_version="0.1.0",
        )
        async with at_work(heartbeats.run):
            await kit.clock.wait_for_sleepers()
        assert len(kit.far.heartbeats) == 1
        assert kit.line.unreported_outage() == kit.clock.now()


async def test_a_busy_far_side_is_given_the_time_that_it_names(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        kit.far.break_with(
            "status", path="/v1/heartbeats", status=503, headers={"Retry-After": "100"}
        )
        async with at_work(_heartbeats(kit).run):
            await kit.clock.wait_for_sleepers()
        assert kit.far.heartbeats == []
        assert 112 <= kit.clock.slept[-1] <= 118


class SlowFleet:
    """A fleet whose answers to heartbeats are under way for a while."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatAnswer:
        del heartbeat
        answer = HeartbeatAnswer(server_time=self._kit.clock.now())
        self._kit.clock.advance(20)
        return answer


async def test_how_long_an_answer_may_have_been_under_way_counts_for_commands(
    tmp_path: Path,
) -> None:
    heeded: list[datetime] = []

    async def commands(_offered: object, server_time: datetime) -> None:
        heeded.append(server_time)

    async with kit_in(tmp_path) as kit:
        there = replace(kit.there, fleet=cast("Any", SlowFleet(kit)))
        heartbeats = Heartbeats(
            kit.here,
            there,
            kit.leaving,
            kit.retiring,
            kit.images,
            every_s=15,
            agent_version="0.1.0",
            commands=commands,
        )
        async with at_work(heartbeats.run):
            await kit.clock.wait_for_sleepers()
        assert heeded == [kit.clock.now()]
