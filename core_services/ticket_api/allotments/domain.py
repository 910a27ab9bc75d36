"""How many serials a kiosk gets: real inventory, less what is kept back, by the stock rule.

What a kiosk holds counts against the rule in all its journals, with two exceptions (ADR 16): one
roll that is frozen in journals of lower epochs, and the sealed reserve, which has its own bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core_services.ticket_api.records import HoldingRecord, InventoryRecord
from kiosk_contracts.allotments import LimitedBy, reserve_share
from kiosk_contracts.catalogue import Event, EventState

FROZEN_ROLLS: Final = 1
"""So many rolls may lie in journals that the kiosk no longer goes on in, and it gets another."""
_ONE_FIFTH: Final = 5


@dataclass(frozen=True, slots=True)
class Grant:
    """So many serials, for so long."""

    quantity: int
    limited_by: LimitedBy
    lease_s: int


@dataclass(frozen=True, slots=True)
class Asked:
    """So many serials for a journal, now; a lease ends `margin` after its event's sales."""

    journal_id: UUID
    quantity: int
    now: datetime
    margin: timedelta


@dataclass(frozen=True, slots=True)
class Places:
    """The places of a ticket type, and what the kiosk has of them."""

    inventory: InventoryRecord
    holding: HoldingRecord
    epochs: Mapping[str, int]
    """Of each journal in the holding, and of the one that asks; 0: not known."""

    def free(self, event: Event) -> int:
        """Return how many may still be given to anybody."""
        taken = self.inventory.taken + event.stock_rule.keep_back
        return max(0, self.inventory.capacity - taken)

    def may_be_reserve(self, journal_id: UUID) -> bool:
        """Say whether the journal has yet to begin, as one that a reserve is sealed for has."""
        held = self.holding.journals.get(str(journal_id))
        return self._has_not_begun(str(journal_id)) and (held is None or held.sealed)

    def sealed(self) -> int:
        """Return how many lie in the kiosk's sealed reserves."""
        journals = self.holding.journals
        return sum(journals[key].leased for key in journals if self._is_sealed(key))

    def frozen(self, journal_id: UUID) -> int:
        """Return how many are with journals that the kiosk had before this one."""
        journals, own = self.holding.journals, self.epochs.get(str(journal_id), 0)
        return sum(
            held.leased
            for key, held in journals.items()
            if not self._is_sealed(key) and self.epochs.get(key, 0) < own
        )

    def held(self, journal_id: UUID, per_kiosk: int) -> int:
        """Return how many count against the rule when this journal asks."""
        sealed = sum(
            held.leased
            for key, held in self.holding.journals.items()
            if self._is_sealed(key) and key != str(journal_id)
        )
        forgiven = min(self.frozen(journal_id), FROZEN_ROLLS * per_kiosk)
        return self.holding.leased - sealed - forgiven

    def _has_not_begun(self, journal_id: str) -> bool:
        return self.epochs.get(journal_id, 0) == 0

    def _is_sealed(self, journal_id: str) -> bool:
        return self.holding.journals[journal_id].sealed and self._has_not_begun(journal_id)


def plan_grant(event: Event, places: Places, asked: Asked) -> Grant:
    """Say how many of the serials asked for a journal gets for its roll."""
    free = places.free(event)
    per_kiosk = event.stock_rule.per_kiosk
    may_hold = max(0, per_kiosk - places.held(asked.journal_id, per_kiosk))
    limit = LimitedBy.INVENTORY if free <= may_hold else LimitedBy.STOCK_RULE
    return _grant(event, asked, min(free, may_hold), limit)


def plan_reserve(event: Event, places: Places, asked: Asked) -> Grant:
    """Say how many of the serials asked for a kiosk may seal away for a journal yet to begin.

    Never one of the last fifth of the places, nor more than a fifth in all reserves together.
    """
    fifth = -(-places.inventory.capacity // _ONE_FIFTH)
    may_seal = min(
        places.free(event) - fifth,
        fifth - places.inventory.reserved,
        reserve_share(places.inventory.capacity) - places.sealed(),
    )
    # Not `inventory`: a kiosk would call the type sold out.
    return _grant(event, asked, max(0, may_seal), LimitedBy.STOCK_RULE)


def _grant(event: Event, asked: Asked, most: int, limit: LimitedBy) -> Grant:
    lease_s = max(0, int((event.sales_close_at + asked.margin - asked.now).total_seconds()))
    if event.state != EventState.ON_SALE:
        return Grant(0, LimitedBy.CANCELLED, lease_s)
    if event.sales_close_at <= asked.now:
        return Grant(0, LimitedBy.SALES_CLOSED, lease_s)
    if asked.quantity <= most:
        return Grant(asked.quantity, LimitedBy.NOTHING, lease_s)
    return Grant(most, limit, lease_s)
