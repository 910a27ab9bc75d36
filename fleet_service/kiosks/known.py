"""The store's kiosks count as the kiosks file's do."""

from collections.abc import Collection

import structlog

from cloud_store.port import Store
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.kiosks.records import KioskReleaseRecord, OpenCommandsRecord
from fleet_service.recent import RecentReads
from fleet_service.sessions.ports import KnownKiosks, RegisteredKiosk
from fleet_service.venues.records import CodeRecord, KioskRecord, VenueRecord

log = structlog.get_logger()


class StoredKiosks:
    """Adapter of KnownKiosks over the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._recent = RecentReads(clock, self._look)

    async def find(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as the store has it now."""
        return await self._recent.find(kiosk_id)

    async def recall(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as the store had it at most a second ago."""
        return await self._recent.recall(kiosk_id)

    async def _look(self, kiosk_id: str) -> RegisteredKiosk | None:
        workspace = Workspace(self._store)
        kinds = (KioskRecord, KioskReleaseRecord, OpenCommandsRecord)
        await workspace.load(key_of(kind, kiosk_id) for kind in kinds)
        kiosk = workspace.get(KioskRecord, kiosk_id)
        venue = None if kiosk is None else await workspace.fetch(VenueRecord, kiosk.venue_id)
        release = workspace.get(KioskReleaseRecord, kiosk_id)
        orders = workspace.get(OpenCommandsRecord, kiosk_id)
        if kiosk is None or venue is None:
            return None
        return RegisteredKiosk(
            kiosk_id=kiosk_id,
            kiosk_code=kiosk.kiosk_code,
            venue_id=kiosk.venue_id,
            venue_name=venue.name,
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

    def __init__(self, file: KnownKiosks, stored: KnownKiosks, store: Store, clock: Clock) -> None:
        self._file = file
        self._stored = stored
        self._store = store
        self._commanded = RecentReads(clock, self._is_commanded)

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
        return found.model_copy(update={"commanded": await self._commanded.recall(kiosk_id)})

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
