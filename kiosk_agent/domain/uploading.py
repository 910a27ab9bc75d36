"""What becomes of a batch: pure planning of steps from the ticket API's outcomes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import JsonValue, TypeAdapter, ValidationError

from kiosk_contracts.ids import TxnId
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.uploads import ItemOutcome, ItemStatus
from kiosk_texts import mark

_TXN_ID: Final[TypeAdapter[UUID]] = TypeAdapter(TxnId)
HINT_UNREADABLE: Final = mark(
    "Tell the control room the number of this transaction. It stays in the journal, and can be "
    "tried again in Transactions."
)
"""Kept with the outcome in English, as everything there is."""


@dataclass(frozen=True, slots=True)
class SentItem:
    """A transaction of the batch that was sent."""

    sequence: int
    first_refused_at: datetime | None
    """Since when the far side keeps asking for a retry of it; None if it never did."""
    was_parked: bool = False
    """It tries once more from the park: one more refusal parks it again at once."""


@dataclass(frozen=True, slots=True)
class Settle:
    """The ticket API has it for good."""

    sequence: int
    outcome: ItemOutcome


@dataclass(frozen=True, slots=True)
class Quarantine:
    """It can't be settled as it is; a person is told why."""

    sequence: int
    outcome: ItemOutcome


@dataclass(frozen=True, slots=True)
class Park:
    """It stayed retryable beyond the limit: it stands aside so that others pass."""

    sequence: int
    outcome: ItemOutcome


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The far side asks for a retry of it: the batch stops here."""

    sequence: int
    outcome: ItemOutcome


@dataclass(frozen=True, slots=True)
class NotJudged:
    """It stands behind an item that stopped the batch, so its outcome does not count."""

    sequence: int


Step = Settle | Quarantine | Park | TryAgain | NotJudged


def misfit(items: Sequence[JsonValue], outcomes: Sequence[ItemOutcome]) -> str | None:
    """Return why outcomes are not of these items, one by one in their order; None if they are."""
    if len(outcomes) != len(items):
        return "the outcomes are not of this batch"
    for item, outcome in zip(items, outcomes, strict=True):
        if outcome.txn_id is None and outcome.status == ItemStatus.SETTLED:
            return "an outcome settles nothing that it names"
        if outcome.txn_id is not None and outcome.txn_id != _txn_id_of(item):
            return "the outcomes stand in another order than the transactions"
    return None


def _txn_id_of(item: JsonValue) -> UUID | None:
    """Return what an item names itself, as the far side reads it; None if that can't be told.

    A damaged text may name the same id in other letters.
    """
    envelope = item.get("envelope") if isinstance(item, dict) else None
    named = envelope.get("txn_id") if isinstance(envelope, dict) else None
    try:
        return _TXN_ID.validate_python(named)
    except ValidationError:
        return None


def plan_outcomes(
    items: Sequence[SentItem],
    outcomes: Sequence[ItemOutcome],
    now: datetime,
    park_after: timedelta,
) -> list[Step]:
    """Return one step for each item, in order.

    The prefix that is settled, quarantined or parked stands; the first item to try again stops
    the batch, and what comes after it is not judged, so that nothing overtakes it. An outcome
    whose status this version does not know counts as a retry.
    """
    steps: list[Step] = []
    for item, outcome in zip(items, outcomes, strict=True):
        step = _judge(item, outcome, now, park_after)
        steps.append(step)
        if isinstance(step, TryAgain):
            break
    steps.extend(NotJudged(item.sequence) for item in items[len(steps) :])
    return steps


def _judge(item: SentItem, outcome: ItemOutcome, now: datetime, park_after: timedelta) -> Step:
    try:
        status = ItemStatus(outcome.status)
    except ValueError:
        status = ItemStatus.RETRY
    match status:
        case ItemStatus.SETTLED:
            return Settle(item.sequence, outcome)
        case ItemStatus.QUARANTINED:
            return Quarantine(item.sequence, outcome)
        case ItemStatus.RETRY:
            since = item.first_refused_at
            if item.was_parked or (since is not None and now - since >= park_after):
                return Park(item.sequence, outcome)
            return TryAgain(item.sequence, outcome)


def refused_alone(code: str, detail: str) -> ItemOutcome:
    """Return the outcome of an item that, sent alone, the far side could not read."""
    return ItemOutcome(
        txn_id=None,
        status=ItemStatus.QUARANTINED,
        code=code,
        detail=f"The ticket API could not read this transaction: {detail}",
        hint=HINT_UNREADABLE,
    )


def is_unreadable(status: int | None) -> bool:
    """Say whether a refusal that blames an item says that it could not be read."""
    return status in _UNREADABLE


def as_text(item: JsonValue) -> str | None:
    """Return an item as text: the far side keeps any string as it came, for good.

    So it has no personal data. None if it is text already.
    """
    if isinstance(item, str):
        return None
    if isinstance(item, dict):
        item = {name: value for name, value in item.items() if name != "personal"}
    return json.dumps(item, separators=(",", ":"), ensure_ascii=False)


def is_about_the_items(status: int | None, code: str) -> bool:
    """Say whether a refusal of a whole batch blames what is in it.

    Then it is halved until the one item that is to blame stands alone. Anything else (who we are,
    which protocol we speak, a proxy's own page) is no item's fault.
    """
    if status == _TOO_LARGE:
        return True
    return status in _UNREADABLE and code not in _NOT_THE_ITEMS


_TOO_LARGE: Final = 413
_UNREADABLE: Final = frozenset({400, 422})
_NOT_THE_ITEMS: Final = frozenset(
    {ProblemCode.PROTOCOL_VERSION_UNSUPPORTED, ProblemCode.UPSTREAM_GARBAGE}
)


@dataclass(frozen=True, slots=True)
class BatchSize:
    """How many transactions the next batch takes: halves on trouble, doubles on success."""

    limit: int
    maximum: int

    def grown(self) -> "BatchSize":
        """Return the size after a batch that was answered."""
        return BatchSize(min(self.limit * 2, self.maximum), self.maximum)

    def halved(self, sent: int) -> "BatchSize":
        """Return the size after a batch of `sent` items that timed out or was refused whole."""
        return BatchSize(max(1, min(sent, self.limit) // 2), self.maximum)
