"""Calendars kept, as kiosks are told what is on."""

import hashlib
from typing import Final

import structlog
from pydantic import ValidationError

from cloud_store.port import ConditionFailedError, Store, StoreError
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace
from fleet_service.calendars.reading import calendar_of
from fleet_service.calendars.records import CalendarRecord
from fleet_service.clock import Clock
from kiosk_contracts.catalogue import Catalogue

log = structlog.get_logger()

_MOST_REMEMBERED: Final = 10_000
"""Venues; then all are looked at once more."""


class Calendars:
    """Learns from what the ticket API answers. Nothing here keeps an answer from a kiosk."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._last: dict[str, bytes] = {}
        """Digests of the last catalogues: kiosks ask every half minute, and little changes."""

    async def learn(self, venue_id: str, body: bytes) -> None:
        """Keep a venue's calendar by its catalogue, as the ticket API answered it. Idempotent."""
        digest = hashlib.sha256(body).digest()
        if self._last.get(venue_id) == digest:
            return
        try:
            catalogue = Catalogue.model_validate_json(body)
            if catalogue.venue_id != venue_id:
                return
            await self._keep(venue_id, calendar_of(catalogue, self._clock.now()))
        except (ValidationError, StoreError, ConditionFailedError) as error:
            log.warning("calendar_not_kept", venue_id=venue_id, reason=type(error).__name__)
            return
        if len(self._last) >= _MOST_REMEMBERED:
            self._last.clear()
        self._last[venue_id] = digest

    async def _keep(self, venue_id: str, calendar: CalendarRecord) -> None:
        async def work(workspace: Workspace) -> None:
            if await workspace.fetch(CalendarRecord, venue_id) != calendar:
                workspace.put(calendar, venue_id)
                await workspace.commit()
                log.info("calendar_kept", venue_id=venue_id, events=len(calendar.events))

        await with_fresh_reads(self._store, work)
