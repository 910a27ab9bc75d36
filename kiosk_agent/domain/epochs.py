"""Epochs: when a kiosk may not go on in the journal it has, and what it says then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kiosk_agent.domain.ranges import Ranges, count
from kiosk_agent.domain.reserve import Reserve
from kiosk_agent.domain.wording import sentences
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.uploads import JournalHead
from kiosk_texts import mark, tr


class EpochReason(StrEnum):
    """Why a journal began."""

    FIRST = "first"
    DAMAGED = "damaged"
    LOST = "lost"
    OTHER_HOST = "other_host"
    OLDER_COPY = "older_copy"


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """A journal that goes on where another can't be trusted any more."""

    journal_id: UUID
    epoch: int
    reason: EpochReason
    found: str
    """What was found, in words."""
    at: datetime
    host_id: str
    last_sequence: int = 0
    """The highest number known to have been given, where the rows do not tell."""
    reserve: Reserve | None = None
    """Its first stock, which was asked for under `journal_id`."""
    missing: Ranges = ()
    """Transactions before it that are not there any more."""
    damaged: Ranges = ()
    """Those that are there, but are not what was sealed."""


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """A journal that this file holds transactions of."""

    journal_id: UUID
    epoch: int
    first_sequence: int
    """Its transactions are those from here up to the next one's."""
    opened_at: datetime
    reason: str
    """An EpochReason."""
    found: str
    acknowledged_at: datetime | None
    """When a person said that they know; None for what nobody has to know of, too."""
    missing: Ranges = ()
    """What was not there any more when it began, but for what an earlier one says."""
    damaged: Ranges = ()
    """What was damaged then, but for what an earlier one says."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far this file has come in its present journal."""

    journal_id: UUID
    epoch: int
    last_sequence: int
    receipts: int
    """Numbers given in this epoch."""
    commits: int = 0
    """How many commits have changed anything, in all the file's time."""


def what_contradicts(head: JournalHead, standing: Standing, hash_there: str | None) -> str | None:
    """Say what the ticket API knows of this journal that can't be; None if all is well.

    `hash_there` is the hash of our own transaction at the head's sequence, if it can be read.
    """
    if head.journal_id != standing.journal_id:
        return None
    if head.sequence > standing.last_sequence:
        return (
            f"the ticket API has this journal up to #{head.sequence}, this file ends with"
            f" #{standing.last_sequence}"
        )
    if hash_there is not None and head.sequence and head.hash != hash_there:
        return f"the ticket API has another transaction as #{head.sequence} of this journal"
    return None


def epoch_to_raise_to(head: JournalHead, standing: Standing) -> int | None:
    """Return the epoch to go on with, so that no receipt number repeats; None: the present one.

    A journal that the ticket API has nothing of may be of an epoch that the kiosk has had before:
    on a fresh disk, or beside another host with a copy of this one.
    """
    is_new_there = head.journal_id == standing.journal_id and head.epoch == 0
    if is_new_there and head.kiosk_epoch >= standing.epoch:
        return head.kiosk_epoch + 1
    return None


def journal_at(records: Sequence[EpochRecord], sequence: int) -> UUID:
    """Return the journal that a transaction is of; `records` are all, oldest first."""
    begun = [one for one in records if one.first_sequence <= sequence]
    return (begun or records)[-1 if begun else 0].journal_id


_TEXTS = {
    EpochReason.DAMAGED: mark(
        "The kiosk's journal was damaged; what could be read was saved: {found}."
    ),
    EpochReason.LOST: mark("The kiosk's journal was lost: {found}."),
    EpochReason.OTHER_HOST: mark("This journal was copied here from another host: {found}."),
    EpochReason.OLDER_COPY: mark("This journal is an older copy: {found}."),
}


def needs_acknowledging(record: EpochRecord) -> bool:
    """Say whether a person has yet to say that they know why the epoch began."""
    return record.reason != EpochReason.FIRST and record.acknowledged_at is None


def unread(records: Sequence[EpochRecord]) -> int:
    """Return how many transactions are missing or damaged that no person has acknowledged."""
    untold = [one for one in records if needs_acknowledging(one)]
    return sum(count(one.missing) + count(one.damaged) for one in untold)


def epoch_warnings(records: Sequence[EpochRecord]) -> list[StatusWarning]:
    """Return what stays in the status until a person acknowledges it."""
    pairs = zip((None, *records), records, strict=False)
    return [_warning(one, before) for before, one in pairs if needs_acknowledging(one)]


def _warning(record: EpochRecord, before: EpochRecord | None) -> StatusWarning:
    return StatusWarning(
        code=f"new_epoch_{record.reason}",
        text=sentences(
            _what_happened(record), _unread(record), tr("Epoch {epoch} began.", epoch=record.epoch)
        ),
        hint=sentences(
            tr(
                "Call the control room, who look at it and acknowledge it. Old unsold tickets are"
                " frozen."
            ),
            tr(
                "The operators write off what is left of journal {journal_id}.",
                journal_id=before.journal_id,
            )
            if before
            else "",
        ),
    )


def _what_happened(record: EpochRecord) -> str:
    for reason, text in _TEXTS.items():
        if reason == record.reason:
            return tr(text, found=record.found)
    return f"{record.reason}: {record.found}."


def _unread(record: EpochRecord) -> str:
    missing, damaged = count(record.missing), count(record.damaged)
    if missing and damaged:
        text = tr(
            "Transactions: {missing} missing, {damaged} damaged.", missing=missing, damaged=damaged
        )
    elif missing:
        text = tr("Transactions: {missing} missing.", missing=missing)
    elif damaged:
        text = tr("Transactions: {damaged} damaged.", damaged=damaged)
    else:
        text = ""
    return text
