"""All kiosks as they are now, by pages and filters."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from fleet_service.clock import Clock
from fleet_service.instances.gathering import Gathering
from fleet_service.instances.joining import Known
from fleet_service.instances.ports import Changes
from fleet_service.instances.snapshot import (
    JudgedKiosk,
    JudgedVenue,
    Snapshot,
    judged_all,
)
from fleet_service.instances.telling import told_kiosk, told_sources, told_venue
from fleet_service.venues.refusing import venue_unknown
from kiosk_contracts.instances import InstancePage, VenueSeen, VenueSeenPage
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.venues import Standing

_T = TypeVar("_T")
REMEMBERED_S: Final = 3.0
"""However many look, the store is read no oftener."""
WHOLE_EVERY_S: Final = 60.0
"""What was changed and not marked, by a task that died between, is seen within it."""
MOST_LISTED: Final = 100
_FEW: Final = 50
"""Venues; of more, where they are most of all, all are read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which kiosks, or venues that have such kiosks, are asked for. Empty: any."""

    states: frozenset[str] = frozenset()
    causes: frozenset[str] = frozenset()
    venue_id: str = ""
    text: str = ""
    """Part of an id, a code, a name or a host's id, in any case."""
    release: str = ""
    """What ECS has told the host to run."""

    def fits(self, one: JudgedKiosk) -> bool:
        """Say whether a kiosk is asked for."""
        said = one.assessment
        return (
            (not self.states or said.state.value in self.states)
            and (not self.causes or any(each.cause in self.causes for each in said.findings))
            and (not self.venue_id or one.venue.venue_id == self.venue_id)
            and (not self.release or _release_of(one) == self.release)
            and self._has_text(one)
        )

    def fits_venue(self, one: JudgedVenue) -> bool:
        """Say whether a venue is asked for: it has such a kiosk, or its own names have the text."""
        if any(self.fits(kiosk) for kiosk in one.kiosks):
            return True
        if self.states or self.causes or self.release:
            return False
        if self.venue_id and one.venue.venue_id != self.venue_id:
            return False
        return self._is_in(one.venue.venue_id, one.venue.name)

    def _has_text(self, one: JudgedKiosk) -> bool:
        kiosk = one.kiosk
        return self._is_in(
            kiosk.kiosk_id,
            kiosk.kiosk_code,
            one.venue.venue_id,
            one.venue.name,
            kiosk.instance_id or "",
        )

    def _is_in(self, *texts: str) -> bool:
        return any(self.text.casefold() in each.casefold() for each in texts)


@dataclass(frozen=True, slots=True)
class Around:
    """Kiosks that are meant: by their ids, by their venues, or by their hosts."""

    kiosk_ids: frozenset[str] = frozenset()
    venue_ids: frozenset[str] = frozenset()
    host_ids: frozenset[str] = frozenset()

    def venues_in(self, snapshot: Snapshot) -> frozenset[str] | None:
        """Return the venues of all of them; None where one is in none."""
        found = {*self.venue_ids & {one.venue.venue_id for one in snapshot.venues}}
        kiosks, hosts = set(self.kiosk_ids), set(self.host_ids)
        for one in snapshot.kiosks:
            host = one.kiosk.instance_id
            if one.kiosk.kiosk_id in self.kiosk_ids or host in self.host_ids:
                found.add(one.venue.venue_id)
                kiosks.discard(one.kiosk.kiosk_id)
                hosts.discard(host or "")
        return None if kiosks or hosts or self.venue_ids - found else frozenset(found)


async def _nowhere() -> str:
    return ""


class Instances:
    """Reads and judges all kiosks together, for whoever looks within the next seconds."""

    def __init__(
        self,
        gathering: Gathering,
        clock: Clock,
        position: Callable[[], Awaitable[str]] = _nowhere,
        changes: Changes | None = None,
    ) -> None:
        """`position`: where the stream of changes is; `changes`: what it tells, None: nothing."""
        self._changes = changes
        self._whole_at = float("-inf")
        """When everything was read."""
        self._position = position
        self._gathering = gathering
        self._some = Gathering(gathering.store, gathering.sources, gathering.listed)
        """Of its own: each remembers what it read last."""
        self._reading_some = asyncio.Lock()
        self._clock = clock
        self._reading = asyncio.Lock()
        self._read_at = float("-inf")
        self._last: Snapshot | None = None

    async def snapshot(self, *, older_s: float = REMEMBERED_S) -> Snapshot:
        """Return all kiosks as they were at most `older_s` ago. Raises StoreError."""
        async with self._reading:
            now = self._clock.monotonic()
            if self._last is None or now - self._read_at >= older_s:
                # Before all is read: what changes meanwhile is told as well.
                position = await self._position()
                known = await self._gathered(now)
                # In a thread: with thousands of kiosks others would wait for most of a second.
                judged = await asyncio.to_thread(judged_all, known, self._clock.now())
                self._last = replace(judged, position=position)
                self._read_at = now
            return self._last

    async def silent_hosts(self) -> frozenset[str]:
        """Return the hosts of kiosks in service that do not report. Raises StoreError."""
        snapshot = await self.snapshot(older_s=WHOLE_EVERY_S)
        return frozenset(
            one.kiosk.instance_id
            for one in snapshot.kiosks
            if one.kiosk.instance_id is not None
            and one.kiosk.standing is Standing.ACTIVE
            and not one.kiosk.views.is_heard(snapshot.at)
        )

    async def _gathered(self, now: float) -> Known:
        """Read what changed since the last view or, where nobody knows that, everything."""
        whole_at, self._whole_at = self._whole_at, float("-inf")
        changed = None
        if self._changes is not None and self._last is not None and now - whole_at < WHOLE_EVERY_S:
            changed = await self._changes.since(self._last.position)
        if changed is None:
            known, whole_at = await self._gathering.gather(), now
        else:
            known = await self._gathering.gather_again(changed)
        # Only now: what failed half-way is read as a whole the next time.
        self._whole_at = whole_at
        return known

    async def around(self, names: "Around") -> Snapshot:
        """Return a view, of this moment, that has the venues of some kiosks; it may have others.

        Only these are read where it is known which they are. Raises StoreError.
        """
        last = self._last
        wanted = None if last is None else names.venues_in(last)
        if last is None or wanted is None or len(wanted) > max(_FEW, len(last.venues) // 2):
            return await self.snapshot(older_s=0)
        async with self._reading_some:
            known = await self._some.gather_some(wanted)
        part = await asyncio.to_thread(judged_all, known, self._clock.now())
        if names.venues_in(part) is None:
            # One went elsewhere, or is gone, which nothing but all can tell.
            return await self.snapshot(older_s=0)
        return part

    async def page(self, wanted: Wanted, after: str, limit: int) -> tuple[InstancePage, str]:
        """Return up to `limit` kiosks above `after`, by venue and id, and the stream's position."""
        snapshot = await self.snapshot()
        fitting = [one for one in snapshot.in_order if wanted.fits(one)]
        shown, more = _cut([one for one in fitting if one.place > after], limit)
        page = InstancePage(
            instances=tuple(told_kiosk(one) for one in shown),
            sources=told_sources(snapshot),
            total=len(fitting),
            next_after=shown[-1].place if more else None,
        )
        return page, snapshot.position

    async def venue_page(self, wanted: Wanted, after: str, limit: int) -> VenueSeenPage:
        """Return up to `limit` venues above `after`, by id."""
        snapshot = await self.snapshot()
        fitting = [one for one in snapshot.venues if wanted.fits_venue(one)]
        shown, more = _cut([one for one in fitting if one.venue.venue_id > after], limit)
        return VenueSeenPage(
            venues=tuple(told_venue(one) for one in shown),
            total=len(fitting),
            next_after=shown[-1].venue.venue_id if more else None,
        )

    async def one(self, kiosk_id: str) -> tuple[JudgedVenue, JudgedKiosk]:
        """Return a kiosk; raises ProblemError 404 `kiosk_unknown`."""
        for venue in (await self.snapshot()).venues:
            for kiosk in venue.kiosks:
                if kiosk.kiosk.kiosk_id == kiosk_id:
                    return venue, kiosk
        raise ProblemError(
            404,
            ProblemCode.KIOSK_UNKNOWN,
            "There is no such kiosk",
            detail=f"No venue has a kiosk {kiosk_id}, and the kiosks file has none.",
            hint="List them: GET /v1/instances.",
        )

    async def venue(self, venue_id: str) -> VenueSeen:
        """Return a venue; raises ProblemError 404 `venue_unknown`."""
        for venue in (await self.snapshot()).venues:
            if venue.venue.venue_id == venue_id:
                return told_venue(venue)
        raise venue_unknown(venue_id)


def _release_of(one: JudgedKiosk) -> str:
    ecs = one.kiosk.views.ecs
    return "" if ecs is None else ecs.release


def _cut(items: Iterable[_T], limit: int) -> tuple[Sequence[_T], bool]:
    """Return the first of them, and whether there are more."""
    listed = list(items)
    return listed[:limit], len(listed) > limit
