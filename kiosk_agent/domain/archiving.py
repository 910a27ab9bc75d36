"""What leaves the journal for an archive, and what is forgotten: pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from kiosk_contracts.catalogue import Catalogue

ARCHIVE_AFTER_S: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """What an archive's last line says of the lines before it."""

    journal_id: UUID
    first_sequence: int
    last_sequence: int
    transactions: int
    first_prev_hash: str
    """`prev_hash` of the first one's envelope: where the chain comes from."""
    last_hash: str
    """`hash` of the last one's envelope: where it goes on."""
    sha256: str
    """Of all lines before, line ends included."""

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.journal_id}-{self.first_sequence}-{self.last_sequence}.jsonl.gz"


@dataclass(frozen=True, slots=True)
class LostRange:
    """Archived transactions whose file can't be read."""

    first_sequence: int
    last_sequence: int
    last_hash: str | None
    """Where the chain goes on, by the journal's own note of the file; None: that can't be told."""
    why: str


ArchiveLine = dict[str, Any]
"""A transaction's row as an archive keeps it: all of it but the buyer's personal data."""


@dataclass(frozen=True, slots=True)
class Forgettable:
    """What may go from the journal's lists."""

    before: datetime
    """Attempts, line changes, runs, ended sign-ins and expired carts older than this."""
    events: tuple[str, ...]
    """Long over: their tickets that are not for sale any more, gate facts, used-up leases."""


def events_over(
    catalogue: Catalogue | None, touched: Mapping[str, datetime], now: datetime, keep: timedelta
) -> tuple[str, ...]:
    """Return the events that nobody comes to a gate for any more.

    `touched` says when this kiosk last heard of each event that it keeps anything of. `now` is the
    server's time: a kiosk's clock alone makes nothing forgotten.
    """
    starts = {event.event_id: event.starts_at for event in (catalogue.events if catalogue else ())}
    return tuple(
        sorted(
            event_id
            for event_id, heard_at in touched.items()
            if starts.get(event_id, heard_at) + keep < now
        )
    )
