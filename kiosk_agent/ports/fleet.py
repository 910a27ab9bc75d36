"""The far side of the line, as the agent needs it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from kiosk_contracts.allotments import Allotment, AllotmentRequest
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.commands import CommandOutcome
from kiosk_contracts.gates import GateFeed, KeySet
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.roster import VenueRoster
from kiosk_contracts.sessions import KioskSession
from kiosk_contracts.uploads import ItemOutcome, JournalHead
from kiosk_contracts.verifying import JournalEntries


class FleetError(Exception):
    """The far side did not do what was asked.

    `code` is a ProblemCode. `retryable`: the same call may succeed later. `line_down`: nothing
    that speaks our protocol answered, so the line counts as offline. Whether the request was
    carried out although its answer is lost, nobody needs to know: all calls are idempotent.
    `detail` is for logs and the journal; `say` says it in the language that is spoken where it is
    called.
    """

    def __init__(  # noqa: PLR0913  these are what a caller decides by
        self,
        code: str,
        detail: str,
        *,
        retryable: bool,
        line_down: bool = False,
        retry_after_s: float | None = None,
        status: int | None = None,
        say: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.say = say or (lambda: detail)
        self.retryable = retryable
        self.line_down = line_down
        self.retry_after_s = retry_after_s
        self.status = status


class Fleet(Protocol):
    """The fleet service. Every method raises FleetError and nothing else for what goes wrong.

    All are idempotent: `request_allotment` by its request id, `upload` by each item's txn_id.
    A lost or refused token is renewed inside the adapter, once a call.
    """

    async def open_session(self, journal_id: UUID) -> KioskSession:
        """Prove who we are and get a token; later calls use it."""
        ...

    async def catalogue(self) -> Catalogue:
        """Return what our venue sells."""
        ...

    async def request_allotment(self, request: AllotmentRequest) -> Allotment:
        """Lease serials; repeating the request id repeats the answer."""
        ...

    async def upload(self, journal_id: UUID, items: Sequence[JsonValue]) -> Sequence[ItemOutcome]:
        """Send transactions in order of sequence; outcomes come in the order of `items`.

        An answer with another number of outcomes, or other txn_ids, is FleetError
        `upstream_garbage` (retryable): nothing of it counts. An item that is no transaction any
        more is sent all the same: the far side keeps it, and judges it without a txn_id.
        """
        ...

    async def journal_entries(self, journal_id: UUID, after: int, limit: int) -> JournalEntries:
        """Return what the ticket API holds of our journal, above a sequence, in order."""
        ...

    async def journal_head(self, journal_id: UUID) -> JournalHead:
        """Return how far the far side knows a journal of ours; zeros for one it does not know."""
        ...

    async def gate_feed(self, after: int, limit: int = 500) -> GateFeed:
        """Return revocations, admissions and exits at our venue after a cursor."""
        ...

    async def keys(self) -> KeySet:
        """Return the public keys that ticket codes are signed with."""
        ...

    async def roster(self) -> VenueRoster:
        """Return who may work at our venue."""
        ...

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatAnswer:
        """Report our state."""
        ...

    async def tell_outcome(self, command_id: UUID, said: CommandOutcome) -> None:
        """Tell what came of a command; the first that is told counts."""
        ...

    def server_offset_ms(self) -> int | None:
        """Return server time less device time as last learnt; None if never."""
        ...

    def last_contact_at(self) -> datetime | None:
        """Return when the far side last answered."""
        ...
