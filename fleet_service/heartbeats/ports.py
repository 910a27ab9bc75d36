"""Where heartbeats are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kiosk_contracts.heartbeats import Heartbeat


@dataclass(frozen=True, slots=True)
class LastSeen:
    """A kiosk's last report, and when it came by our clock."""

    heartbeat: Heartbeat
    seen_at: datetime
    leave: bool = False
    """Whether it was answered that the kiosk is to leave; only then what it says of that stays."""


class HeartbeatStore(Protocol):
    """Keeps the last report of each kiosk. A store shared by several tasks comes later."""

    async def put(self, seen: LastSeen) -> None:
        """Keep this report in place of the kiosk's one before. Idempotent."""
        ...

    def last(self, kiosk_id: str) -> LastSeen | None:
        """Return a kiosk's last report, if there was one."""
        ...

    def all(self) -> Sequence[LastSeen]:
        """Return the last report of every kiosk, by kiosk id."""
        ...
