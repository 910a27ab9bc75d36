"""Which transactions a list shows: all, what waits, what is stuck. No state, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kiosk_contracts.kiosk_status import JournalState


class Listing(StrEnum):
    """The lists to choose from."""

    ALL = "all"
    WAITING = "waiting"
    STUCK = "stuck"
    REFUNDS = "refunds"
    """Those that somebody waits for; the agent says which."""


@dataclass(frozen=True, slots=True)
class ListingWords:
    """A list's states, none meaning all; its name; and what is said where it is empty."""

    states: tuple[JournalState, ...]
    name: str
    empty: str


_STUCK: Final = (JournalState.PARKED, JournalState.QUARANTINED)
LISTINGS: Final[Mapping[Listing, ListingWords]] = {
    Listing.ALL: ListingWords((), "transactions", "Nothing was done yet."),
    Listing.WAITING: ListingWords(
        (JournalState.QUEUED, JournalState.UPLOADING, *_STUCK),
        "transactions · what waits",
        "Nothing waits: all is settled.",
    ),
    Listing.STUCK: ListingWords(
        _STUCK, "transactions · what is stuck", "Nothing is stuck: all goes on by itself."
    ),
    Listing.REFUNDS: ListingWords(
        (), "transactions · refunds", "No refund waits: all are decided and given back."
    ),
}
