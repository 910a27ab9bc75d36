"""One simulated kiosk: it reports, sells and sends as the agent does, by the agent's own rules."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar, assert_never
from uuid import uuid4

from pydantic import JsonValue
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_never

from fleet_simulator.books import EPOCH, Queued, Roll, SimulatedJournal
from fleet_simulator.figures import Doing, Figures
from fleet_simulator.lines import Line
from fleet_simulator.plan import SimulatedKiosk
from kiosk_agent import AGENT_VERSION
from kiosk_agent.domain.uploading import (
    BatchSize,
    NotJudged,
    Park,
    Quarantine,
    SentItem,
    Settle,
    Step,
    TryAgain,
    is_about_the_items,
    misfit,
    plan_outcomes,
)
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.fleet import Fleet, FleetError
from kiosk_agent.services.periods import jittered
from kiosk_agent.services.retrying import JitteredWait, RetryRules, TryLaterError
from kiosk_contracts.allotments import AllotmentRequest
from kiosk_contracts.catalogue import EventState
from kiosk_contracts.heartbeats import Heartbeat, StockLeft
from kiosk_contracts.images import ImageReport
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.screens import ScreenState
from kiosk_contracts.ui_report import UiReport, UiSource
from kiosk_contracts.uploads import MAX_BATCH_ITEMS, ItemOutcome

_T = TypeVar("_T")
_IMAGE: Final = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/kiosk-ui@sha256:" + "5" * 64
_SCREEN: Final = "5f2c1b0a9d8e"
_PARK_AFTER: Final = timedelta(minutes=10)
_HALVES: Final = frozenset({ProblemCode.LINE_TIMEOUT, ProblemCode.BODY_TOO_LARGE})
_FREE_BYTES: Final = 40 * 1024**3


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a kiosk does what; times in seconds."""

    heartbeat_s: float = 15.0
    sale_every_s: float = 20.0
    retry: RetryRules = field(default_factory=lambda: RetryRules(base_s=0.5, cap_s=30.0))
    batch_max: int = MAX_BATCH_ITEMS


class Kiosk:
    """A kiosk with its journal and line. `fleet` is open for as long as the kiosk runs."""

    def __init__(
        self, plan: SimulatedKiosk, fleet: Fleet, clock: Clock, pace: Pace, figures: Figures
    ) -> None:
        self.plan = plan
        self.journal = SimulatedJournal(plan)
        self.line = Line()
        self.fleet = fleet
        self._clock = clock
        self._pace = pace
        self._figures = figures
        self._size = BatchSize(pace.batch_max, pace.batch_max)
        self._is_online = False
        self._sells = True
        self._answered = asyncio.Event()
        self._to_send = asyncio.Event()
        self._sent_all = asyncio.Event()
        self._sent_all.set()
        self._offline_since: datetime | None = None
        self._doing = Doing.STARTING
        figures.doing[Doing.STARTING] += 1

    # What it does, for ever

    async def report_for_ever(self) -> None:
        """Send heartbeats. One that fails is not repeated: the next one says it all."""
        while True:
            wait_s = jittered(self._pace.heartbeat_s)
            try:
                await self._report()
            except FleetError as error:
                self._figures.beats_failed[error.code] += 1
                wait_s += error.retry_after_s or 0.0
            await asyncio.sleep(wait_s)

    async def sell_for_ever(self) -> None:
        """Sell a ticket now and then, whether there is a line or not, as long as there are any."""
        while self._sells:
            await asyncio.sleep(jittered(self._pace.sale_every_s))
            self.sell()

    async def send_for_ever(self) -> None:
        """Send what is queued, in order."""
        while True:
            await self._to_send.wait()
            if not await self._until_answered(self._send_next):
                self._to_send.clear()
                self._sent_all.set()
                self._be(Doing.ONLINE)

    # What it is told to do

    async def lease(self, quantity: int) -> None:
        """Lease so many serials of the first ticket type on sale; asks until it is answered."""
        catalogue = await self._until_answered(self.fleet.catalogue)
        event = next((one for one in catalogue.events if one.state == EventState.ON_SALE), None)
        if event is None:
            return
        request = AllotmentRequest(
            request_id=uuid4(),
            journal_id=self.plan.journal_id,
            event_id=event.event_id,
            ticket_type_id=event.ticket_types[0].ticket_type_id,
            quantity=quantity,
            epoch=EPOCH,
        )
        allotment = await self._until_answered(lambda: self.fleet.request_allotment(request))
        self.journal.rolls.append(Roll.of(allotment))

    def close_shop(self) -> None:
        """Sell nothing more."""
        self._sells = False

    def sell(self) -> None:
        """Sell one ticket, if there is one: recorded at once, sent when that can be done."""
        if self._sells and self.journal.sell(self._clock.boottime_ms()):
            self._figures.recorded += 1
            self._sent_all.clear()
            self._to_send.set()

    async def open_session(self) -> None:
        """Prove who it is; asks until it is answered."""
        session = await self._until_answered(lambda: self.fleet.open_session(self.plan.journal_id))
        self.journal.kiosk_code = session.kiosk.kiosk_code
        self._figures.sessions += 1

    async def sent_all(self) -> None:
        """Wait until nothing is queued."""
        await self._sent_all.wait()

    # How

    async def _report(self) -> None:
        outage = self._offline_since
        self._figures.beats_sent += 1
        began = time.perf_counter()
        told = heartbeat_of(self.journal, self._clock.now(), self._offline_since)
        await self._call(lambda: self.fleet.heartbeat(told))
        self._figures.beat_s.append(time.perf_counter() - began)
        self._figures.beats_answered += 1
        if outage == self._offline_since:
            self._offline_since = None
        if not self.journal.queue:
            self._be(Doing.ONLINE)

    async def _send_next(self) -> bool:
        """Send one batch; say whether there was anything to send. Raises FleetError to wait."""
        # While the line is down one transaction is enough to ask whether it is back.
        rows = self.journal.next_batch(self._size.limit if self._is_online else 1)
        if not rows:
            return False
        self._be(Doing.UPLOADING)
        try:
            outcomes = await self._upload([row.item() for row in rows])
        except FleetError as error:
            blames_items = is_about_the_items(error.status, error.code)
            if blames_items and len(rows) == 1:
                self._refused(rows[0], error.code)
                return True
            if blames_items or error.code in _HALVES:
                self._size = self._size.halved(len(rows))
            raise
        sent = [SentItem(row.sequence, row.first_refused_at) for row in rows]
        self._take(rows, plan_outcomes(sent, outcomes, datetime.now(UTC), _PARK_AFTER))
        return True

    async def _upload(self, items: Sequence[JsonValue]) -> Sequence[ItemOutcome]:
        outcomes = await self._call(lambda: self.fleet.upload(self.plan.journal_id, items))
        why = misfit(items, outcomes)
        if why is not None:
            raise FleetError(ProblemCode.UPSTREAM_GARBAGE, why, retryable=True)
        return outcomes

    def _take(self, rows: Sequence[Queued], steps: Sequence[Step]) -> None:
        for row, step in zip(rows, steps, strict=True):
            match step:
                case Settle(outcome=outcome):
                    self.journal.done([row.sequence])
                    self.journal.settled.add(row.sequence)
                    self._figures.settled += 1
                    self._figures.replayed += outcome.replayed
                case Quarantine(outcome=outcome) | Park(outcome=outcome):
                    self._refused(row, outcome.code)
                case TryAgain(outcome=outcome):
                    row.first_refused_at = row.first_refused_at or datetime.now(UTC)
                    self._size = BatchSize(1, self._size.maximum)
                    raise TryLaterError(outcome.code, outcome.detail, outcome.retry_after_s)
                case NotJudged():
                    return
                case _:
                    assert_never(step)
        self._size = self._size.grown()

    def _refused(self, row: Queued, code: str) -> None:
        self.journal.done([row.sequence])
        self.journal.quarantined[row.sequence] = code
        self._figures.quarantined += 1

    async def _call(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Call over the line, and learn from how it went whether there is one."""
        try:
            answer = await self.line.carry(call)
        except FleetError as error:
            self._learn(is_online=not error.line_down)
            raise
        self._learn(is_online=True)
        return answer

    def _learn(self, *, is_online: bool) -> None:
        if is_online and not self._is_online:
            self._answered.set()
        if not is_online:
            if self._is_online:
                self._offline_since = datetime.now(UTC)
            self._answered.clear()
            self._be(Doing.OFFLINE)
        self._is_online = is_online

    async def _until_answered(self, operation: Callable[[], Awaitable[_T]]) -> _T:
        """Repeat what was not answered, as the agent waits in between."""
        last: list[FleetError] = []

        async def attempt() -> _T:
            return await (operation() if operation == self._send_next else self._call(operation))

        def before_sleep(tries: RetryCallState) -> None:
            error = tries.outcome.exception() if tries.outcome else None
            if isinstance(error, FleetError):
                last[:] = [error]
                self._figures.retries[error.code] += 1
                self._be(Doing.OFFLINE if error.line_down else Doing.BACKING_OFF)

        async def pause(seconds: float) -> None:
            await self._pause(seconds, last[0])

        retrying = AsyncRetrying(
            sleep=pause,
            stop=stop_never,
            wait=JitteredWait(self._pace.retry),
            retry=retry_if_exception_type(FleetError),
            before_sleep=before_sleep,
            reraise=True,
        )
        answer: _T = await retrying(attempt)
        return answer

    async def _pause(self, seconds: float, error: FleetError) -> None:
        """Wait; shorter if another call is answered, unless the far side itself named a time."""
        if error.line_down and error.retry_after_s is None:
            try:
                async with asyncio.timeout(seconds):
                    await self._answered.wait()
            except TimeoutError:
                return
        else:
            await asyncio.sleep(seconds)

    def _be(self, doing: Doing) -> None:
        self._figures.doing[self._doing] -= 1
        self._figures.doing[doing] += 1
        self._doing = doing


def heartbeat_of(
    journal: SimulatedJournal, now: datetime, offline_since: datetime | None = None
) -> Heartbeat:
    """Return what a kiosk that is well reports, its host and screen included."""
    stock = [
        StockLeft(event_id=event_id, ticket_type_id=kind, left=left)
        for (event_id, kind), left in journal.left().items()
    ]
    return Heartbeat(
        kiosk_id=journal.kiosk.kiosk_id,
        journal_id=journal.kiosk.journal_id,
        epoch=EPOCH,
        agent_version=AGENT_VERSION,
        device_time=now,
        last_sequence=journal.last_sequence,
        last_settled_sale=max(journal.settled, default=None),
        queued=len(journal.queue),
        parked=0,
        quarantined=len(journal.quarantined),
        oldest_queued_at=journal.queue[0].recorded_at if journal.queue else None,
        offline_since=offline_since,
        free_bytes=_FREE_BYTES,
        room="plenty",
        stock=tuple(stock),
        images=(ImageReport(image=_IMAGE, state="ready"),),
        ui=UiReport(source=UiSource.ECS, image=_IMAGE, standby_ready=True),
        screen=ScreenState(holder=_SCREEN),
    )
