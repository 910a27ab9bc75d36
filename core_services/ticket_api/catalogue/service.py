"""Events put, cancelled and listed."""

from collections.abc import Sequence
from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from core_services.ticket_api.catalogue import domain
from core_services.ticket_api.records import (
    DirectoryRecord,
    EventNoRecord,
    EventRecord,
    InventoryRecord,
    PriceListRecord,
    VenueRecord,
    price_list_key,
)
from kiosk_contracts.catalogue import Catalogue, Event, EventState
from kiosk_contracts.problem import ProblemCode, ProblemError

_log = structlog.get_logger(__name__)

VENUES: Final = "venues"
"""The partition of the directory that lists all venues."""


class CatalogueService:
    """What venues sell."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def catalogue(self, venue_id: str, venue_name: str) -> Catalogue:
        """Return a venue's events; none, under `venue_name`, for a venue that has none."""
        workspace = Workspace(self._store)
        venue = await workspace.fetch(VenueRecord, venue_id)
        if venue is None:
            return Catalogue(venue_id=venue_id, venue_name=venue_name, version=0, events=())
        await workspace.load(key_of(EventRecord, event_id) for event_id in venue.event_ids)
        events = [workspace.get(EventRecord, event_id) for event_id in venue.event_ids]
        return Catalogue(
            venue_id=venue_id,
            venue_name=venue.name,
            version=venue.version,
            events=tuple(event.as_event() for event in events if event is not None),
        )

    async def put_venue(self, venue_id: str, name: str) -> None:
        """Make a venue or change its name; idempotent."""

        async def work(workspace: Workspace) -> None:
            venue = await workspace.fetch(VenueRecord, venue_id)
            await workspace.fetch(DirectoryRecord, VENUES, venue_id)
            if venue is not None and venue.name == name:
                return
            if venue is None:
                workspace.put(DirectoryRecord(), VENUES, venue_id)
                venue = VenueRecord(name=name, version=0)
            changed = venue.model_copy(update={"name": name, "version": venue.version + 1})
            workspace.put(changed, venue_id)
            await workspace.commit()

        await with_fresh_reads(self._store, work)

    async def put_event(self, event: Event) -> Event:
        """Make or change an event, with its inventory; idempotent.

        Raises ProblemError 404 `venue_unknown`, 409 `price_list_version_wrong`,
        `event_change_refused`.
        """
        domain.check_event(event)

        async def work(workspace: Workspace) -> None:
            await self._put_event(workspace, event)

        await with_fresh_reads(self._store, work)
        return event

    async def cancel(self, event_id: str) -> Event:
        """Stop an event's sales; idempotent. Raises ProblemError 404."""

        async def work(workspace: Workspace) -> Event:
            before = await workspace.fetch(EventRecord, event_id)
            if before is None:
                raise event_unknown(event_id)
            event = before.as_event().model_copy(update={"state": EventState.CANCELLED.value})
            await self._put_event(workspace, event)
            return event

        return await with_fresh_reads(self._store, work)

    async def _put_event(self, workspace: Workspace, event: Event) -> None:
        venue = await workspace.fetch(VenueRecord, event.venue_id)
        if venue is None:
            raise ProblemError(
                404,
                ProblemCode.VENUE_UNKNOWN,
                "There is no such venue",
                detail=f"venue {event.venue_id} is not in the catalogue",
                hint="Add the venue with `ticket-api seed` and a season file first.",
            )
        before = await workspace.fetch(EventRecord, event.event_id)
        await self._check(workspace, before, event)
        if before is not None and before.as_event() == event:
            return
        _put_records(workspace, event)
        ids = venue.event_ids if before is not None else (*venue.event_ids, event.event_id)
        changed = venue.model_copy(update={"event_ids": ids, "version": venue.version + 1})
        workspace.put(changed, event.venue_id)
        await workspace.commit()
        _log.info("event_put", event_id=event.event_id, state=event.state)

    async def _check(self, workspace: Workspace, before: EventRecord | None, event: Event) -> None:
        number = await workspace.fetch(EventNoRecord, event.event_no)
        if number is not None and number.event_id != event.event_id:
            why = f"number {event.event_no} belongs to event {number.event_id} for ever"
            raise domain.refused(event, why)
        await workspace.load(
            [key_of(InventoryRecord, event.event_id, type_id) for type_id in _types(event)]
            + [key_of(PriceListRecord, event.event_id, price_list_key(event.price_list.version))]
        )
        if before is not None:
            inventories = {
                type_id: workspace.get(InventoryRecord, event.event_id, type_id)
                for type_id in _types(event)
            }
            taken = {key: record.taken for key, record in inventories.items() if record}
            domain.check_change(before.as_event(), event, taken)


def event_unknown(event_id: str) -> ProblemError:
    """Return the refusal of an event that is not in the catalogue."""
    return ProblemError(
        404,
        ProblemCode.EVENT_UNKNOWN,
        "There is no such event",
        detail=f"event {event_id} is not on sale at this venue",
        hint="Load the catalogue again.",
    )


def _types(event: Event) -> Sequence[str]:
    return [kind.ticket_type_id for kind in event.ticket_types]


def _put_records(workspace: Workspace, event: Event) -> None:
    workspace.put(EventNoRecord(event_id=event.event_id), event.event_no)
    workspace.put(EventRecord.model_validate(event.to_json()), event.event_id)
    version = price_list_key(event.price_list.version)
    workspace.put(
        PriceListRecord.model_validate(event.price_list.to_json()), event.event_id, version
    )
    for kind in event.ticket_types:
        inventory = workspace.get(InventoryRecord, event.event_id, kind.ticket_type_id)
        # What was taken of it, and what is sealed away, stays so whatever else changes.
        known = inventory or InventoryRecord(capacity=kind.capacity, taken=0)
        workspace.put(
            known.model_copy(update={"capacity": kind.capacity}),
            event.event_id,
            kind.ticket_type_id,
        )
