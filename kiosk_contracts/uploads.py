"""Transactions in batches, answered item by item."""

from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AwareDatetime, Field

from kiosk_contracts.ids import JournalId
from kiosk_contracts.wire import WireModel

MAX_BATCH_ITEMS: Final = 200
MAX_BATCH_BYTES: Final = 4 * 1024 * 1024


class UploadBatch(WireModel):
    """Transactions of one journal, in the order of their sequence.

    Items are raw JSON, so that one unreadable item is judged alone and the rest settle. A row of
    the journal that is no JSON goes as a string with its raw text.
    """

    journal_id: JournalId
    # Any, not JsonValue: each item is read by itself, which looks at every value of it once more.
    items: Annotated[list[Any], Field(min_length=1, max_length=MAX_BATCH_ITEMS)]


class ItemStatus(StrEnum):
    """The ticket API's judgement. Only SETTLED is final; a refusal is judged afresh on retry."""

    SETTLED = "settled"
    QUARANTINED = "quarantined"
    RETRY = "retry"


class ItemOutcome(WireModel):
    """What became of one item; outcomes stand in the order of the items."""

    txn_id: UUID | None
    """None if the item was too broken to tell."""
    status: str
    """An ItemStatus; a status that this version does not know counts as RETRY."""
    code: str = ""
    """A ProblemCode where the status is not SETTLED."""
    detail: str = ""
    """In words for staff: what is wrong."""
    hint: str = ""
    """What to do about it."""
    flags: tuple[str, ...] = ()
    """On a settled item: what a person should look at, e.g. `price_differs`, `gate_conflict`."""
    replayed: bool = False
    """The item was settled before; this is the first answer again."""
    settled_at: AwareDatetime | None = None
    retry_after_s: int | None = None


class UploadResult(WireModel):
    """Outcomes of a batch, one for each item, in the same order."""

    journal_id: JournalId
    outcomes: tuple[ItemOutcome, ...]


class JournalHead(WireModel):
    """The highest sequence that the ticket API has from a journal."""

    journal_id: JournalId
    epoch: int
    """0 if it has none."""
    sequence: int
    hash: str
    kiosk_epoch: int = 0
    """The highest epoch of any journal of the kiosk that asks; 0 if it has none."""
