"""What a state machine on a kiosk stands on: the open journal, the books, their comparison."""

import asyncio
import shutil
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.ports.journal import JournalReader
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.uploads import ItemStatus
from tests.proof.comparing import ALL, compare, compare_far_side
from tests.proof.cuts.cutting import scratch_root
from tests.proof.damages import copy_files
from tests.proof.far_ledger import LosingLedger
from tests.proof.kiosk_at_work import EVENT, ImpatientClock, KioskAtWork, kiosk_in
from tests.proof.model import Lot, Paper
from tests.support.tickets import season

T = TypeVar("T")
DAY = timedelta(days=1)
PICK = st.integers(0, 1_000)
LEASE_S = 4 * 86_400
ARCHIVE_AFTER_S = 43_200
CAPACITY = {"adult": 90, "child": 50}
_STATES = {
    ItemStatus.SETTLED: JournalState.SETTLED,
    ItemStatus.QUARANTINED: JournalState.QUARANTINED,
    ItemStatus.RETRY: JournalState.PARKED,
}
_FAR = timedelta(days=3650)


class OpenKiosk(RuleBasedStateMachine):
    """One kiosk beside its books: how it starts and moves, and what is true at any moment."""

    figures: ClassVar[Counter[str]] = Counter()
    """What all machines have done."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.scratch = TemporaryDirectory(dir=scratch_root())
        self.folder = Path(self.scratch.name) / "0"
        self.folder.mkdir()
        self.lives = 0
        self.host = "machine:1"
        self.clock = ImpatientClock()
        self.paper = Paper(self.clock)
        events = tuple(
            event.model_copy(
                update={
                    "starts_at": event.starts_at + _FAR,
                    "sales_close_at": event.sales_close_at + _FAR,
                }
            )
            for event in season().events
            if event.event_id == EVENT
        )
        self.ledger = LosingLedger(
            season=season().model_copy(update={"events": events}),
            lease_s=LEASE_S,
            capacity=CAPACITY,
        )
        self.open = AsyncExitStack()

    def do(self, work: Awaitable[T]) -> T:
        """Run to the end."""

        async def run() -> T:
            return await work

        return self.loop.run_until_complete(run())

    def answer(self, work: Awaitable[Any]) -> Any:
        """Return the answer, or the code of the refusal."""
        try:
            return self.do(work)
        except ProblemError as problem:
            return problem.code

    def refused(self, work: Awaitable[Any]) -> str:
        """Return the code of the refusal that `work` must end with."""
        answer = self.answer(work)
        assert isinstance(answer, str), answer
        return answer

    def read(self, work: Callable[[JournalReader], T]) -> T:
        """Read the journal."""
        return self.do(self.kiosk.here.journal.read(work))

    def lose(self, answers: int, work: Callable[[], Awaitable[object]]) -> None:
        """Ask as often as answers get lost."""
        self.ledger.losing = answers
        for _ in range(answers):
            try:
                self.do(work())
            except FleetError:
                continue
        self.ledger.losing = 0

    def begin(self) -> None:
        """Start on an empty folder, online; open a shift."""
        self.start()
        identity = self.read(lambda reader: reader.identity())
        self.paper.begin_epoch(identity.journal_id, identity.epoch)
        self.go_online()
        assert len(self.paper.lines) == 1

    def go_online(self) -> None:
        """Do what the agent does when the line comes up; open a shift if none is."""
        self.do(self.kiosk.begin())
        self.record_unasked("shift_opened")
        self.paper.is_checked = True

    def record_unasked(self, *kinds: str) -> None:
        """Record on paper what the kiosk recorded, if it is of these kinds."""
        last = self.paper.last_sequence
        for row in self.read(lambda reader: reader.rows_after(last, ALL)):
            assert row.kind in kinds
            self.paper.record(row.txn_id)

    def record(self, answer: dict[str, Any], *, numbered: bool = False) -> UUID:
        """Record on paper what was answered; its numbers are what the books say."""
        txn_id = UUID(answer["txn_id"])
        line = self.paper.record(txn_id, answer, numbered=numbered)
        assert answer["sequence"] == line.sequence
        assert answer.get("receipt_number") == line.receipt
        return txn_id

    def start(self) -> None:
        """Start as the agent does."""
        self.kiosk: KioskAtWork = self.do(
            self.open.enter_async_context(
                kiosk_in(
                    self.folder,
                    self.ledger,
                    self.clock,
                    host_id=self.host,
                    archive_after_s=ARCHIVE_AFTER_S,
                )
            )
        )

    def stop(self, *, kill: bool = False) -> None:
        """Stop in order; or go on with a copy of the files as they are, without a goodbye."""
        self.lives += 1
        if not kill:
            self.do(self.open.aclose())
            return
        copied = Path(self.scratch.name) / str(self.lives)
        copy_files(self.folder, copied)
        self.do(self.open.aclose())
        shutil.rmtree(self.folder)
        self.folder = copied

    def now(self) -> Lot:
        """Return the lease of what is asked for now."""
        clock = self.clock
        return Lot((), clock.now(), clock.boottime_ms(), clock.boot_id(), LEASE_S)

    def note_settled(self) -> None:
        """Write down what became of all that was queued, once it was sent."""
        for txn_id in self.paper.queued():
            harmed = txn_id in self.paper.harmed
            status = ItemStatus.QUARANTINED if harmed else self.ledger.judged[txn_id]
            if status is ItemStatus.SETTLED:
                self.paper.settled.add(txn_id)
            else:
                assert self.paper.may_be_stuck(txn_id)
                self.paper.stuck[txn_id] = _STATES[status]

    def pick(self, among: Iterable[T], pick: int) -> T:
        """Pick one, by its place: ids are others in every run."""
        choice = list(among)
        return choice[pick % len(choice)]

    # What is true at any moment

    @invariant()
    def books_agree(self) -> None:
        """Find what was acknowledged in the journal, in order, and nothing else; settled once."""
        self.figures["model steps"] += 1
        self.read(lambda reader: compare(reader, self.paper, self.ledger.flags))
        compare_far_side(self.ledger, self.paper)

    def teardown(self) -> None:
        """Find everything settled in the end, once."""
        if hasattr(self, "kiosk") and sys.exc_info()[0] is None:
            self.ledger.losing = 0
            self.do(self.kiosk.drain())
            self.note_settled()
            self.books_agree()
            assert self.ledger.counted.keys() >= self.paper.settled
            self.figures["transactions"] += len(self.paper.told.lines)
        self.do(self.open.aclose())
        self.loop.close()
        self.scratch.cleanup()
