"""How much may still be written: selling stops long before the disk is full."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_MEGABYTE: Final = 1_000_000


class RoomState(StrEnum):
    """What the free room lets the kiosk do."""

    PLENTY = "plenty"
    LOW = "low"
    """Everything goes on; people are told while there is time to act."""
    STOP = "stop"
    """Nothing new is begun. What is begun is finished; gates, voids and uploads go on."""


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """Bounds of free room, in bytes."""

    warn_bytes: int = 500 * _MEGABYTE
    """Below this the room is LOW."""
    stop_bytes: int = 64 * _MEGABYTE
    """Below this the room is STOP."""
    reserve_bytes: int = 16 * _MEGABYTE
    """Held back in a file of its own, so that it does not count as free."""


def room_state(free_bytes: int, limits: RoomLimits) -> RoomState:
    """Judge the free room; the reserve is not part of it."""
    if free_bytes < limits.stop_bytes:
        return RoomState.STOP
    return RoomState.LOW if free_bytes < limits.warn_bytes else RoomState.PLENTY


def may_hold_reserve(free_bytes: int, limits: RoomLimits) -> bool:
    """Say whether the reserve can be held again without stopping sales by that."""
    return free_bytes - limits.reserve_bytes >= limits.stop_bytes


def in_megabytes(size: int) -> str:
    """Return e.g. `63 MB`, rounded down: nobody is promised room that is not there."""
    return f"{size // _MEGABYTE} MB"
