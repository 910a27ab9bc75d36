"""Watches the room on the disk: tells people early, stops selling in time, keeps the reserve."""

import asyncio
from typing import Final

import structlog

from kiosk_agent.domain.refusals import no_room
from kiosk_agent.domain.room import RoomLimits, RoomState, may_hold_reserve, room_state
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.disk_room import DiskRoom, EndlessRoom
from kiosk_agent.services.changes import Changes

log = structlog.get_logger(__name__)

_EVERY_S: Final = 5.0


class Room:
    """What the disk's room lets the kiosk do, judged whenever it is asked."""

    def __init__(self, disk: DiskRoom | None = None, limits: RoomLimits | None = None) -> None:
        self.disk: DiskRoom = disk or EndlessRoom()
        self.limits = limits or RoomLimits()

    def free_bytes(self) -> int:
        """Return what may still be written."""
        return self.disk.free_bytes()

    def state(self) -> RoomState:
        """Return what may be begun now."""
        return room_state(self.free_bytes(), self.limits)

    def is_short(self) -> bool:
        """Say whether whatever can wait shall wait."""
        return self.state() is RoomState.STOP

    def check_new(self) -> None:
        """Raise ProblemError `storage_full` if nothing new may be begun."""
        free = self.free_bytes()
        if room_state(free, self.limits) is RoomState.STOP:
            raise no_room(free, self.limits)


class RoomKeeper:
    """A worker. Selling does not depend on it: every new cart looks for itself."""

    def __init__(self, room: Room, clock: Clock, changes: Changes) -> None:
        self._room = room
        self._clock = clock
        self._changes = changes
        self._told: tuple[RoomState, bool] | None = None

    async def run(self) -> None:
        """Look every few seconds, for ever; hold the reserve again as soon as there is room."""
        while True:
            await self._look()
            await self._clock.sleep(_EVERY_S)

    async def _look(self) -> None:
        free, state = self._room.free_bytes(), self._room.state()
        disk = self._room.disk
        held = disk.holds_reserve()
        if not held and may_hold_reserve(free, self._room.limits):
            held = await asyncio.to_thread(disk.hold_reserve)
        if (state, held) != self._told:
            self._told = state, held
            log.info("disk_room_changed", state=state, free_bytes=free, reserve_held=held)
            self._changes.notify()
