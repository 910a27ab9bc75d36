"""Which transactions a list shows: all, what waits, what is stuck. No state, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kiosk_contracts.kiosk_status import JournalState
from kiosk_texts import mark


class Listing(StrEnum):
    """The lists to choose from."""

    ALL = "all"
    WAITING = "waiting"
    STUCK = "stuck"
    REFUNDS = "refunds"
    """Those that somebody waits for; the agent says which."""


@dataclass(frozen=True, slots=True)
class ListingWords:
    """A list's states, none meaning all; its name; and what is said where it is empty.

    Texts are translated where they are shown.
    """

    states: tuple[JournalState, ...]
    name: str
    empty: str


_STUCK: Final = (JournalState.PARKED, JournalState.QUARANTINED)
LISTINGS: Final[Mapping[Listing, ListingWords]] = {
    Listing.ALL: ListingWords((), mark("transactions"), mark("Nothing was done yet.")),
    Listing.WAITING: ListingWords(
        (JournalState.QUEUED, JournalState.UPLOADING, *_STUCK),
        mark("transactions · what waits"),
        mark("Nothing waits: all is settled."),
    ),
    Listing.STUCK: ListingWords(
        _STUCK,
        mark("transactions · what is stuck"),
        mark("Nothing is stuck: all goes on by itself."),
    ),
    Listing.REFUNDS: ListingWords(
        (),
        mark("transactions · refunds"),
        mark("No refund waits: all are decided and given back."),
    ),
}
