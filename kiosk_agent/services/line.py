"""The line monitor: what every call to the far side tells about the line."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import structlog
from pydantic import JsonValue

from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.fleet import Fleet, FleetError
from kiosk_agent.ports.journal import Journal, JournalWriter
from kiosk_agent.services.changes import Changes
from kiosk_contracts.allotments import Allotment, AllotmentRequest
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.commands import CommandOutcome
from kiosk_contracts.gates import GateFeed, KeySet
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.kiosk_status import LineState
from kiosk_contracts.roster import VenueRoster
from kiosk_contracts.sessions import KioskSession
from kiosk_contracts.uploads import ItemOutcome, JournalHead
from kiosk_contracts.verifying import JournalEntries

T = TypeVar("T")
log = structlog.get_logger(__name__)


class LineMonitor:
    """A LineView. Told by WatchedFleet how each call ended; notes changes in the journal."""

    def __init__(
        self, clock: Clock, journal: Journal, changes: Changes, offset: Callable[[], int | None]
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._changes = changes
        self._offset = offset
        self._known_offset: int | None = None
        self._state = LineState.CONNECTING
        self._since = clock.now()
        self._detail = ""
        self._say: Callable[[], str] = str
        self._contact_at: datetime | None = None
        self._contacts = 0
        self._outage_began: datetime | None = None
        self._returns = Changes()
        self._unwritten: deque[tuple[datetime, LineState, str]] = deque()
        self._to_write = Changes()

    def state(self) -> LineState:
        """Return the line's state."""
        return self._state

    def is_offline(self) -> bool:
        """Say whether what is recorded now counts as recorded offline."""
        return self._state is not LineState.ONLINE

    def since(self) -> datetime:
        """Return when the state began."""
        return self._since

    def detail(self) -> str:
        """Return why the line is down."""
        return self._say()

    def last_contact_at(self) -> datetime | None:
        """Return when the far side last answered in this run."""
        return self._contact_at

    def server_offset_ms(self) -> int | None:
        """Return server time less device time; what an earlier run learnt until this one has."""
        learnt = self._offset()
        return self._known_offset if learnt is None else learnt

    def know_offset(self, offset_ms: int | None) -> None:
        """Begin with what an earlier run learnt."""
        self._known_offset = offset_ms

    @property
    def contacts(self) -> int:
        """How often the far side has answered; a caller keeps it to tell `lost` when it began."""
        return self._contacts

    @property
    def returns(self) -> int:
        """How often the line has come up; for `returned`."""
        return self._returns.version

    async def returned(self, seen: int) -> None:
        """Wait until the line has come up more than `seen` times."""
        await self._returns.beyond(seen)

    def reached(self) -> None:
        """Something that speaks our protocol answered."""
        self._contacts += 1
        self._contact_at = self._clock.now()
        if self._state is not LineState.ONLINE:
            self._say = str
            self._change(LineState.ONLINE, "")
            self._returns.notify()

    def lost(self, detail: str, contacts_before: int, say: Callable[[], str] | None = None) -> None:
        """Note a call that began after `contacts_before` answers and got none.

        `detail` goes to the journal; `say` says it to people, each in their language. If another
        call was answered meanwhile, the line is up and this call was unlucky.
        """
        if self._contacts != contacts_before:
            return
        if self._state is not LineState.OFFLINE:
            self._outage_began = self._outage_began or self._clock.now()
            self._say = say or (lambda: detail)
            self._change(LineState.OFFLINE, detail)
        elif self._detail != detail:
            self._detail, self._say = detail, say or (lambda: detail)
            self._changes.notify()

    def unreported_outage(self) -> datetime | None:
        """Return when the line was lost, if no heartbeat has reported that yet."""
        return self._outage_began

    def outage_reported(self) -> None:
        """Forget the outage: the far side knows of it."""
        self._outage_began = None

    def _change(self, state: LineState, detail: str) -> None:
        self._state, self._detail, self._since = state, detail, self._clock.now()
        self._unwritten.append((self._since, state, detail))
        self._to_write.notify()
        self._changes.notify()
        log.info("line_changed", state=state, detail=detail)

    async def run(self) -> None:
        """Write changes to the journal as they come."""
        seen = 0
        while True:
            await self.write_changes()
            seen = await self._to_write.beyond(seen)

    async def write_changes(self) -> None:
        """Write the changes that are not in the journal yet, oldest first."""
        while self._unwritten:
            at, state, detail = self._unwritten.popleft()

            def note(
                writer: JournalWriter,
                at: datetime = at,
                state: LineState = state,
                detail: str = detail,
            ) -> None:
                writer.note_line(at, state, detail)

            try:
                await self._journal.write(note)
            except Exception:
                self._unwritten.appendleft((at, state, detail))
                raise
            # A stop while it is written does not take it back: the journal has it in line.


class WatchedFleet:
    """A Fleet that tells the line monitor how each call ended."""

    def __init__(self, fleet: Fleet, line: LineMonitor) -> None:
        self._fleet = fleet
        self._line = line

    async def _watch(self, call: Awaitable[T]) -> T:
        before = self._line.contacts
        try:
            answer = await call
        except FleetError as error:
            if error.line_down:
                self._line.lost(error.detail, before, error.say)
            else:
                self._line.reached()
            raise
        self._line.reached()
        return answer

    async def open_session(self, journal_id: UUID) -> KioskSession:
        """As Fleet."""
        return await self._watch(self._fleet.open_session(journal_id))

    async def catalogue(self) -> Catalogue:
        """As Fleet."""
        return await self._watch(self._fleet.catalogue())

    async def request_allotment(self, request: AllotmentRequest) -> Allotment:
        """As Fleet."""
        return await self._watch(self._fleet.request_allotment(request))

    async def upload(self, journal_id: UUID, items: Sequence[JsonValue]) -> Sequence[ItemOutcome]:
        """As Fleet."""
        return await self._watch(self._fleet.upload(journal_id, items))

    async def journal_entries(self, journal_id: UUID, after: int, limit: int) -> JournalEntries:
        """As Fleet."""
        return await self._watch(self._fleet.journal_entries(journal_id, after, limit))

    async def journal_head(self, journal_id: UUID) -> JournalHead:
        """As Fleet."""
        return await self._watch(self._fleet.journal_head(journal_id))

    async def gate_feed(self, after: int, limit: int = 500) -> GateFeed:
        """As Fleet."""
        return await self._watch(self._fleet.gate_feed(after, limit))

    async def keys(self) -> KeySet:
        """As Fleet."""
        return await self._watch(self._fleet.keys())

    async def roster(self) -> VenueRoster:
        """As Fleet."""
        return await self._watch(self._fleet.roster())

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatAnswer:
        """As Fleet."""
        return await self._watch(self._fleet.heartbeat(heartbeat))

    async def tell_outcome(self, command_id: UUID, said: CommandOutcome) -> None:
        """As Fleet."""
        await self._watch(self._fleet.tell_outcome(command_id, said))

    def server_offset_ms(self) -> int | None:
        """As Fleet."""
        return self._fleet.server_offset_ms()

    def last_contact_at(self) -> datetime | None:
        """As Fleet."""
        return self._fleet.last_contact_at()
