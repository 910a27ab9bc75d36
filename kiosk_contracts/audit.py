"""What operators did, as it was written down before and after each change; who looked at buyers."""

from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime

from kiosk_contracts.ids import Sha256
from kiosk_contracts.operators import OperatorTokenId
from kiosk_contracts.wire import WireModel


class AuditState(StrEnum):
    """How a change ended."""

    BEGUN = "begun"
    """Written down before it was made. One that stays so: the service ended, or its store failed,
    before the outcome was written; it may have been made or not."""
    DONE = "done"
    REFUSED = "refused"
    """Nothing was changed; `code` says why."""
    FAILED = "failed"
    """The service or its store failed; it may have been made or not."""


class AuditEntry(WireModel):
    """One change that an operator asked for, or a look (`GET`) at who bought tickets."""

    entry_id: UUID
    """A UUIDv7: entries sort by it as they began."""
    at: AwareDatetime
    token_id: OperatorTokenId
    """Who it was, by the token."""
    name: str
    role: str
    """An OperatorRole."""
    via: str
    """`token`, or `session` for a dashboard's cookie."""
    address: str
    """From which address."""
    request_id: str
    """As in the service's log."""
    method: str
    route: str
    """The route's pattern, e.g. `/v1/ops/kiosks/{kiosk_id}/revoke`."""
    targets: tuple[str, ...]
    """What it was about, e.g. `kiosk/till-1`."""
    body_sha256: Sha256
    """Of the request's body as it came; of no bytes, if it had none."""
    summary: str = ""
    """A few of the body's fields in words; never a secret."""
    state: str = AuditState.BEGUN
    """An AuditState."""
    status: int | None = None
    """The answer's status, once it is known."""
    code: str = ""
    """The refusal's problem code."""


class AuditPage(WireModel):
    """Entries, the newest first."""

    entries: tuple[AuditEntry, ...]
    next_after: str | None
    """What to ask behind for older ones; None where there are none in the time asked for. A page
    may be short, or empty, and still name it."""
