"""The daily verification: when the kiosk idles, and a warning for as long as it is true."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from uuid6 import uuid7

from kiosk_agent.domain.epochs import EpochReason, NewEpoch
from kiosk_agent.domain.ranges import Ranges
from kiosk_agent.domain.records import StoredCart
from kiosk_agent.ports.fleet import Fleet, FleetError
from kiosk_agent.services.verifying import DailyVerification, Verification
from kiosk_contracts.uploads import ItemOutcome
from kiosk_contracts.verifying import JournalEntries, JournalEntry, VerifyReport
from tests.support.far_kit import Kit, at_work, kit_in

EVERY_S = 86_400.0


@dataclass
class Entries:
    """The ticket API's side of a journal, as a test sets it; None: no line."""

    known: list[JournalEntry] | None = field(default_factory=list)
    asked: int = 0

    async def journal_entries(self, journal_id: UUID, after: int, limit: int) -> JournalEntries:
        self.asked += 1
        if self.known is None:
            raise FleetError("line_down", "no line", retryable=True, line_down=True)
        above = [entry for entry in self.known if entry.sequence > after]
        return JournalEntries(
            journal_id=journal_id, entries=tuple(above[:limit]), more=len(above) > limit
        )


@dataclass
class Daily:
    """The worker, its kiosk, and what the ticket API says."""

    kit: Kit
    there: Entries

    async def next_round(self, at_least_s: float) -> None:
        """Let the worker's present sleep end, and wait for the next one."""
        clock = self.kit.clock
        await clock.wait_for_sleepers()
        assert 0.8 * at_least_s <= clock.slept[-1] <= 1.2 * at_least_s
        rounds = len(clock.slept)
        clock.advance(1.3 * at_least_s)
        await clock.until_slept(lambda slept: len(slept) > rounds)

    def warned(self) -> list[str]:
        return [warning.code for warning in self.kit.here.state.warnings()]

    async def settle(self) -> JournalEntry:
        """Record and settle a transaction; return what the ticket API has of it."""
        row = await self.kit.open.append()
        outcome = ItemOutcome(txn_id=row.txn_id, status="settled")
        now = self.kit.clock.now()
        await self.kit.here.journal.write(lambda writer: writer.settle(row.sequence, outcome, now))
        return JournalEntry(
            sequence=row.sequence,
            txn_id=row.txn_id,
            hash=row.readable().envelope.hash,
            status="settled",
        )


@asynccontextmanager
async def daily_in(folder: Path, **rules: Any) -> AsyncIterator[Daily]:
    async with kit_in(folder) as kit:
        entries = Entries()
        there = replace(kit.there, fleet=cast("Fleet", entries))
        worker = DailyVerification(kit.here, there, every_s=rules.get("every_s", EVERY_S))
        async with at_work(worker.run):
            yield Daily(kit, entries)


async def test_it_verifies_soon_after_the_start_and_then_once_a_day(tmp_path: Path) -> None:
    async with daily_in(tmp_path) as daily:
        daily.there.known = [await daily.settle()]
        await daily.next_round(600)
        assert (daily.warned(), daily.there.asked > 0) == ([], True)
        await daily.next_round(EVERY_S)


async def test_a_break_is_a_warning_until_the_journal_verifies_again(tmp_path: Path) -> None:
    async with daily_in(tmp_path) as daily:
        entry = await daily.settle()
        await daily.next_round(600)
        assert daily.warned() == ["journal_broken"]
        daily.there.known = None
        await daily.next_round(EVERY_S)
        assert daily.warned() == ["journal_broken"], "without a line nobody knows better"
        daily.there.known = [entry]
        await daily.next_round(3600)
        assert daily.warned() == []


async def test_it_waits_while_something_is_to_be_sent_or_a_cart_is_open(tmp_path: Path) -> None:
    async with daily_in(tmp_path) as daily:
        write, clock = daily.kit.here.journal.write, daily.kit.clock
        daily.kit.there.line.reached()
        row = await daily.kit.open.append()
        await daily.next_round(600)
        assert daily.there.asked == 0
        outcome = ItemOutcome(txn_id=row.txn_id, status="quarantined")
        await write(lambda writer: writer.quarantine(1, outcome, clock.now()))
        cart = StoredCart(uuid7(), "open", "ana", clock.now(), "boot-1", 10**9)
        await write(lambda writer: writer.put_cart(cart))
        await daily.next_round(60)
        assert daily.there.asked == 0
        await write(lambda writer: writer.put_cart(replace(cart, state="closed")))
        await daily.next_round(60)
        assert daily.there.asked > 0


async def test_what_waits_for_a_line_does_not_put_it_off(tmp_path: Path) -> None:
    async with daily_in(tmp_path) as daily:
        daily.kit.there.line.lost("nothing answers", daily.kit.there.line.contacts)
        await daily.kit.open.append()
        await daily.next_round(600)
        assert daily.there.asked > 0


async def test_many_breaks_are_counted_and_the_first_ones_told(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        daily = Daily(kit, Entries())
        for _ in range(120):
            await daily.settle()
        seen: list[tuple[int, int]] = []
        fleet = cast("Fleet", daily.there)
        report = await Verification(kit.here.journal, fleet).run(
            lambda checked, last: seen.append((checked, last))
        )
        assert (report.broken, report.checked) == (120, 120)
        assert [one.sequence for one in report.breaks] == list(range(1, 51))
        assert seen == [(120, 120)]


async def test_each_journal_of_the_file_is_compared_with_its_own_side(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        there = OfTwoJournals(Daily(kit, Entries()))
        await there.record(3)
        await there.begin_epoch(last_known=5, missing=((4, 5),))
        await there.record(2)
        report = await there.verify()
    assert (report.broken, report.known) == (0, 1)
    [gap] = report.breaks
    assert (gap.sequence, gap.known) == (4, True)
    assert gap.words == "#4 to #5 is missing in this kiosk's journal."


async def test_what_differs_in_an_earlier_journal_is_a_break_all_the_same(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        there = OfTwoJournals(Daily(kit, Entries()))
        await there.record(3)
        await there.begin_epoch()
        await there.record(1)
        first = there.of[there.journals[0]]
        first[1] = first[1].model_copy(update={"hash": "0" * 64})
        # The ticket API knows more of the earlier journal: that is why it was left.
        first.append(first[2].model_copy(update={"sequence": 4, "txn_id": uuid7()}))
        report = await there.verify()
    assert [(one.sequence, one.kind) for one in report.breaks] == [(2, "differs")]
    assert report.broken == 1


@dataclass
class OfTwoJournals:
    """The ticket API's side of a kiosk that had to begin another journal."""

    daily: Daily
    of: dict[UUID, list[JournalEntry]] = field(default_factory=dict)
    journals: list[UUID] = field(default_factory=list)

    async def record(self, count: int) -> None:
        identity = await self.daily.kit.here.journal.read(lambda reader: reader.identity())
        self.journals.append(identity.journal_id)
        self.of[identity.journal_id] = [await self.daily.settle() for _ in range(count)]

    async def begin_epoch(self, last_known: int = 0, missing: Ranges = ()) -> None:
        now = self.daily.kit.clock.now()
        why = EpochReason.DAMAGED
        new = NewEpoch(uuid7(), 2, why, "a test", now, "host", last_known, missing=missing)
        await self.daily.kit.here.journal.write(lambda writer: writer.open_epoch(new))

    async def journal_entries(self, journal_id: UUID, after: int, limit: int) -> JournalEntries:
        self.daily.there.known = self.of[journal_id]
        return await self.daily.there.journal_entries(journal_id, after, limit)

    async def verify(self) -> VerifyReport:
        fleet = cast("Fleet", self)
        return await Verification(self.daily.kit.here.journal, fleet).run()
