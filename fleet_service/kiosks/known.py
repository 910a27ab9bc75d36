"""The store's kiosks count as the kiosks file's do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from cloud_store.digests import digest_of
from cloud_store.port import Body, Key, Store, StoreError
from cloud_store.together import ReadsTogether
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.kiosks.records import KioskReleaseRecord, OpenCommandsRecord
from fleet_service.recent import RecentReads
from fleet_service.remembered import Followed
from fleet_service.sessions.ports import KnownKiosks, RegisteredKiosk
from fleet_service.venues.records import CodeRecord, KioskRecord, VenueRecord

log = structlog.get_logger()
_KINDS: Final = (KioskRecord, KioskReleaseRecord, OpenCommandsRecord)
"""What is read of a kiosk, by its id; then its venue."""


class StoredKiosks:
    """Adapter of KnownKiosks over the store."""

    def __init__(
        self, reads: ReadsTogether, clock: Clock, followed: Followed | None = None
    ) -> None:
        """`followed`: whoever hears what becomes of kiosks; None: they are read each second."""
        self._reads = reads
        self._recent = RecentReads(clock, self._look, followed)
        self._made: dict[str, _Made] = {}
        """Of kiosks that are there, which bounds it."""

    async def find(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as the store has it now."""
        return await self._recent.find(kiosk_id)

    async def recall(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as the store had it at most a second ago; where it is away, last.

        What has not changed since it was read is as it was a second ago.
        """
        return await self._recent.recall_or_last(kiosk_id)

    async def _look(self, kiosk_id: str) -> RegisteredKiosk | None:
        before = self._made.get(kiosk_id)
        if before is None:
            keys = tuple(key_of(kind, kiosk_id) for kind in _KINDS)
            kiosk, *others = await self._bodies(keys)
            if kiosk is None:
                return None
            keys = (*keys, key_of(VenueRecord, kiosk["venue_id"]))
            bodies = (kiosk, *others, *(await self._bodies(keys[len(_KINDS) :])))
        else:
            keys, bodies = before.keys, tuple(await self._bodies(before.keys))
            if _digests(bodies) == before.digests:
                return before.kiosk
            # Its venue may be another now: that is read by what its record says.
            self._made.pop(kiosk_id, None)
            return await self._look(kiosk_id)
        made = _registered(kiosk_id, *bodies)
        if made is not None:
            self._made[kiosk_id] = _Made(keys, _digests(bodies), made)
        return made

    async def _bodies(self, keys: Sequence[Key]) -> list[Body | None]:
        items = await self._reads.get_many(keys)
        return [None if item is None else item.body for item in items]


@dataclass(frozen=True, slots=True)
class _Made:
    """A kiosk, and what it was made of: as long as the store says the same, it is the same."""

    keys: tuple[Key, ...]
    digests: tuple[bytes, ...]
    kiosk: RegisteredKiosk


def _digests(bodies: Sequence[Body | None]) -> tuple[bytes, ...]:
    return tuple(b"" if one is None else digest_of(one) for one in bodies)


def _registered(
    kiosk_id: str,
    kiosk_body: Body | None,
    release_body: Body | None,
    orders_body: Body | None,
    venue_body: Body | None,
) -> RegisteredKiosk | None:
    if kiosk_body is None or venue_body is None:
        return None
    kiosk = KioskRecord.model_validate(kiosk_body)
    release = None if release_body is None else KioskReleaseRecord.model_validate(release_body)
    orders = None if orders_body is None else OpenCommandsRecord.model_validate(orders_body)
    return RegisteredKiosk(
        kiosk_id=kiosk_id,
        kiosk_code=kiosk.kiosk_code,
        venue_id=kiosk.venue_id,
        venue_name=VenueRecord.model_validate(venue_body).name,
        instance_id=kiosk.instance_id,
        standing=kiosk.standing,
        leaving=kiosk.leaving_since is not None,
        leaving_since=kiosk.leaving_since,
        former_instances=frozenset(
            one.instance_id for one in kiosk.former if one.instance_id is not None
        ),
        former_journals=frozenset(
            one.journal_id for one in kiosk.former if one.journal_id is not None
        ),
        images_wanted=() if release is None else release.images,
        watched=release is not None and bool(release.move_id),
        commanded=orders is not None and bool(orders.commands),
    )


class AllKiosks:
    """Adapter of KnownKiosks over two others: the kiosks file, and behind it the store.

    What operators have a kiosk of the file do is in the store, too.
    """

    def __init__(
        self,
        file: KnownKiosks,
        stored: KnownKiosks,
        store: Store,
        clock: Clock,
        followed: Followed | None = None,
    ) -> None:
        """`followed`: as for StoredKiosks."""
        self._file = file
        self._stored = stored
        self._store = store
        self._commanded = RecentReads(clock, self._is_commanded, followed)

    async def find(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as the file has it, or else as the store has it, now."""
        found = await self._file.find(kiosk_id)
        if found is None:
            return await self._stored.find(kiosk_id)
        return found.model_copy(update={"commanded": await self._commanded.find(kiosk_id)})

    async def recall(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as the file, or else the store, had it at most a second ago."""
        found = await self._file.recall(kiosk_id)
        if found is None:
            return await self._stored.recall(kiosk_id)
        return found.model_copy(update={"commanded": await self._recall_commanded(kiosk_id)})

    async def _recall_commanded(self, kiosk_id: str) -> bool:
        try:
            return await self._commanded.recall_or_last(kiosk_id)
        except StoreError:
            # What operators want of it waits for the store; who it is, the file says.
            return False

    async def _is_commanded(self, kiosk_id: str) -> bool:
        orders = await Workspace(self._store).fetch(OpenCommandsRecord, kiosk_id)
        return orders is not None and bool(orders.commands)


async def say_twins(store: Store, listed: Collection[RegisteredKiosk]) -> None:
    """Say in the log which kiosks of the file the store has, too, by id or by code."""
    workspace = Workspace(store)
    await workspace.load(
        key
        for kiosk in listed
        for key in (key_of(KioskRecord, kiosk.kiosk_id), key_of(CodeRecord, kiosk.kiosk_code))
    )
    for kiosk in listed:
        twin = workspace.get(KioskRecord, kiosk.kiosk_id)
        owner = workspace.get(CodeRecord, kiosk.kiosk_code)
        if twin is not None:
            log.error(
                "kiosk_registered_twice",
                kiosk_id=kiosk.kiosk_id,
                counts=f"the kiosks file's, at {kiosk.venue_id}; the plan's, at {twin.venue_id}, "
                "does not",
                hint="Remove it from the kiosks file, or drop it from its venue's plan.",
            )
        elif owner is not None:
            log.error(
                "kiosk_code_given_twice",
                kiosk_code=kiosk.kiosk_code,
                kiosks=f"{kiosk.kiosk_id} in the kiosks file, {owner.kiosk_id} in the plan",
                hint="Give one of them another code: receipts begin with it.",
            )
