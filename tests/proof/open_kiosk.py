"""What a state machine on a kiosk stands on: the open journal, the books, their comparison."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.problem import ProblemError
from tests.proof.books import all_rows, journal_findings
from tests.proof.cuts.cutting import scratch_root
from tests.proof.far_ledger import LosingLedger
from tests.proof.kiosk_at_work import EVENT, ImpatientClock, KioskAtWork, kiosk_in
from tests.proof.model import Paper
from tests.support.tickets import season

T = TypeVar("T")
DAY = timedelta(days=1)
LEASE_S = 4 * 86_400


class OpenKiosk(RuleBasedStateMachine):
    """One kiosk beside its books: how it starts and moves, and what is true at any moment."""

    steps: ClassVar[int] = 0
    """How many steps all machines have taken."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.scratch = TemporaryDirectory(dir=scratch_root())
        self.folder = Path(self.scratch.name) / "0"
        self.folder.mkdir()
        self.lives = 0
        self.clock = ImpatientClock()
        self.paper = Paper(self.clock)
        events = tuple(
            event.model_copy(update={"sales_close_at": event.sales_close_at + 3650 * DAY})
            for event in season().events
            if event.event_id == EVENT
        )
        self.ledger = LosingLedger(
            season=season().model_copy(update={"events": events}), lease_s=LEASE_S
        )
        self.open = AsyncExitStack()

    def do(self, work: Awaitable[T]) -> T:
        """Run to the end."""

        async def run() -> T:
            return await work

        return self.loop.run_until_complete(run())

    def refused(self, work: Awaitable[Any]) -> str:
        """Return the code of the refusal that `work` must end with."""
        try:
            answer = self.do(work)
        except ProblemError as problem:
            return problem.code
        raise AssertionError(f"it was not refused: {answer}")

    def begin(self) -> None:
        """Start on an empty folder, online; open a shift."""
        self._start()
        self.do(self.kiosk.begin())
        rows = self.do(self.kiosk.here.journal.read(all_rows))
        assert [row.transaction.envelope.kind for row in rows] == ["shift_opened"]
        self.paper.record(rows[0].transaction.envelope.txn_id)

    def _start(self) -> None:
        self.kiosk: KioskAtWork = self.do(
            self.open.enter_async_context(kiosk_in(self.folder, self.ledger, self.clock))
        )

    def _move(self) -> None:
        self.lives += 1
        copy = Path(self.scratch.name) / str(self.lives)
        shutil.copytree(self.folder, copy, ignore=shutil.ignore_patterns("*-shm"))
        self.do(self.open.aclose())
        shutil.rmtree(self.folder)
        self.folder = copy

    def _pick(self, among: Any, pick: int) -> Any:
        return sorted(among, key=str)[pick % len(among)]

    # What is true at any moment

    @invariant()
    def books_agree(self) -> None:
        """Find what was acknowledged in the journal, in order, and nothing else; settled once."""
        OpenKiosk.steps += 1
        rows, found = self.do(self.kiosk.here.journal.read(_look))
        assert found == []
        assert [row.transaction.envelope.txn_id for row in rows] == self.paper.recorded
        states = {row.transaction.envelope.txn_id: row.state for row in rows}
        settled = {one for one, state in states.items() if state is JournalState.SETTLED}
        assert settled == self.paper.settled
        assert self.ledger.findings() == []
        assert set(self.ledger.counted) <= set(self.paper.recorded)

    @invariant()
    def stock_agrees(self) -> None:
        """Find every serial where the books say."""
        names = {"voided": "revoked"}
        for serial, state in self.paper.state.items():
            item = self.do(self.kiosk.here.journal.read(_finding(serial)))
            assert item is not None
            assert item.state == names.get(state, state), serial

    def teardown(self) -> None:
        """Find everything settled in the end, once."""
        if hasattr(self, "kiosk"):
            self.ledger.losing = 0
            self.do(self.kiosk.drain())
            self.paper.settled.update(self.paper.recorded)
            self.books_agree()
            assert set(self.ledger.counted) == set(self.paper.recorded)
        self.do(self.open.aclose())
        self.loop.close()
        self.scratch.cleanup()


def _look(reader: Any) -> tuple[list[Any], list[Any]]:
    return all_rows(reader), journal_findings(reader)


def _finding(serial: str) -> Callable[[Any], Any]:
    return lambda reader: reader.stock_item(serial)
