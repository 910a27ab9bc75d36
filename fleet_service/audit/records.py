"""What the fleet service keeps of what operators did."""

from typing import ClassVar, Final
from uuid import UUID

from cloud_store.port import Key
from cloud_store.records import Record
from cloud_store.workspace import key_of
from fleet_service.audit.order import day_of, sort_key
from kiosk_contracts.audit import AuditEntry

LONGEST_TARGET: Final = 160
"""Characters: it is a key of the store, and comes from an address."""


class AuditRecord(AuditEntry, Record):
    """An entry, by its day (UTC) and, the newest first, by its id."""

    store_kind: ClassVar[str] = "audit"


class AuditIndexRecord(Record):
    """That an entry is about something or by somebody: by that, and as the entry itself."""

    store_kind: ClassVar[str] = "audit_of"


def entry_key(position: int) -> Key:
    """Return where the entry with this id is."""
    return key_of(AuditRecord, day_of(position).isoformat(), sort_key(position))


def index_key(partition: str, entry_id: UUID) -> Key:
    """Return where it stands that an entry belongs to a partition of the index."""
    return key_of(AuditIndexRecord, partition, sort_key(entry_id.int))


def of_actor(token_id: str) -> str:
    """Return the partition of all that was done with a token."""
    return f"actor {token_id}"


def of_target(target: str) -> str:
    """Return the partition of all that was done to something."""
    return f"target {target}"
