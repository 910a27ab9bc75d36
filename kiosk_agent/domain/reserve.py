"""The sealed reserve: the next journal's id and a little stock of its own, kept apart.

It is asked for under the id of a journal that does not exist yet, so that nothing in it can ever be
sold by the journal that is there now.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from kiosk_agent.domain.leases import LeaseState, Moment, lease_state
from kiosk_agent.domain.records import Lease
from kiosk_contracts.allotments import Allotment, reserve_share
from kiosk_contracts.catalogue import Catalogue, Event, EventState, TicketType
from kiosk_contracts.gates import VerifyKey
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.wire import WireModel
from kiosk_texts import tr, trn

TypeKey = tuple[str, str]
"""(event_id, ticket_type_id)."""


class ReservedLease(WireModel):
    """A block of serials as asked for and, once answered, granted."""

    request_id: UUID
    event_id: str
    ticket_type_id: str
    quantity: int
    asked_at: AwareDatetime
    asked_boottime_ms: int
    asked_boot_id: str
    allotment: Allotment | None = None
    """None: asked, not answered yet. Repeat the same request id until it is."""

    def as_lease(self) -> Lease:
        """Return the request as the journal keeps one."""
        granted = self.allotment
        return Lease(
            request_id=self.request_id,
            event_id=self.event_id,
            ticket_type_id=self.ticket_type_id,
            quantity=self.quantity,
            asked_at=self.asked_at,
            asked_boottime_ms=self.asked_boottime_ms,
            asked_boot_id=self.asked_boot_id,
            allotment_id=granted.allotment_id if granted else None,
            lease_s=granted.lease_s if granted else None,
            limited_by=granted.limited_by if granted else "",
        )


class Reserve(WireModel):
    """What a fresh journal begins with."""

    journal_id: UUID
    epoch: int = Field(ge=2)
    """The least that the journal's epoch may be."""
    kiosk_id: str
    kiosk_code: str
    venue_id: str
    venue_name: str
    host_id: str
    """Where it was sealed: on another host it is not opened, for there may be two of it."""
    catalogue: Catalogue | None = None
    verify_keys: tuple[VerifyKey, ...] = ()
    leases: tuple[ReservedLease, ...] = ()

    def put(self, lease: ReservedLease) -> "Reserve":
        """Return the reserve with a lease added, or changed."""
        others = tuple(one for one in self.leases if one.request_id != lease.request_id)
        return self.model_copy(update={"leases": (*others, lease)})

    def without(self, request_id: UUID) -> "Reserve":
        """Return the reserve without a lease."""
        kept = tuple(one for one in self.leases if one.request_id != request_id)
        return self.model_copy(update={"leases": kept})

    def tickets(self) -> int:
        """Return how many there are."""
        return sum(len(one.allotment.tickets) for one in self.leases if one.allotment)

    def unanswered(self) -> tuple[ReservedLease, ...]:
        """Return what was asked for and not answered yet."""
        return tuple(lease for lease in self.leases if lease.allotment is None)


def drop_ended(reserve: Reserve, moment: Moment) -> Reserve:
    """Return the reserve without leases that let nobody sell any more; their events are over."""
    kept = tuple(
        lease
        for lease in reserve.leases
        if lease.allotment is None or lease_state(lease.as_lease(), moment) is not LeaseState.ENDED
    )
    return reserve.model_copy(update={"leases": kept})


def missing_types(
    reserve: Reserve, waiting: AbstractSet[TypeKey], now: datetime
) -> Mapping[TypeKey, int]:
    """Return how many to ask for of ticket types that the reserve has none of, soonest first.

    Left out are those in `waiting`, and those of too few places to lay any by.
    """
    have = {
        (lease.event_id, lease.ticket_type_id)
        for lease in reserve.leases
        if lease.allotment is None or lease.allotment.tickets
    }
    return {
        (event.event_id, kind.ticket_type_id): share
        for event, kind in _on_sale(reserve.catalogue, now)
        if (share := reserve_share(kind.capacity))
        and (event.event_id, kind.ticket_type_id) not in have | waiting
    }


def not_reserved(reserve: Reserve | None, catalogue: Catalogue | None, now: datetime) -> list[str]:
    """Return the ticket types on sale that should be in the reserve and are not, in words."""
    have = {
        (lease.event_id, lease.ticket_type_id)
        for lease in (reserve.leases if reserve else ())
        if lease.allotment is not None and lease.allotment.tickets
    }
    return [
        f"{event.name}, {kind.name}"
        for event, kind in _on_sale(catalogue, now)
        if reserve_share(kind.capacity) and (event.event_id, kind.ticket_type_id) not in have
    ]


def empty_warning(missing: Sequence[str]) -> StatusWarning:
    """Return what to say of types that a journal damaged without a line could not sell."""
    first, others = missing[0], len(missing) - 1
    return StatusWarning(
        code="reserve_empty",
        text=trn(
            "The sealed reserve is empty for {what} and {count} more.",
            "The sealed reserve is empty for {what} and {count} more.",
            others,
            what=first,
        )
        if others
        else tr("The sealed reserve is empty for {what}.", what=first),
        hint=tr(
            "Selling goes on. It fills by itself while there is a line and the house has places;"
            " if an earlier reserve was lost, the operators write its journal off."
        ),
    )


def drained_warning(reserve: Reserve) -> StatusWarning:
    """Return what to say of a reserve that a drained kiosk can't give back."""
    return StatusWarning(
        code="reserve_kept",
        text=trn(
            "{count} ticket stays in the sealed reserve.",
            "{count} tickets stay in the sealed reserve.",
            reserve.tickets(),
        ),
        hint=tr(
            "They were leased to a journal that has not begun, so no kiosk can return them. Keep"
            " the reserve for the next journal, or let the operators write off {journal_id}.",
            journal_id=reserve.journal_id,
        ),
    )


def _on_sale(catalogue: Catalogue | None, now: datetime) -> Iterator[tuple[Event, TicketType]]:
    events = catalogue.events if catalogue else ()
    for event in sorted(events, key=lambda one: one.starts_at):
        if event.state == EventState.ON_SALE and now < event.sales_close_at:
            for kind in event.ticket_types:
                yield event, kind
