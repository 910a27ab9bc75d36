"""Adapter of HeartbeatStore: this process's memory, so a restart forgets."""

from collections.abc import Sequence

from fleet_service.heartbeats.ports import LastSeen


class MemoryHeartbeats:
    """One entry for each kiosk; only kiosks with a session get here, which bounds it."""

    def __init__(self) -> None:
        self._last: dict[str, LastSeen] = {}

    async def put(self, seen: LastSeen) -> None:
        """Keep this report in place of the one before."""
        self._last[seen.heartbeat.kiosk_id] = seen

    def last(self, kiosk_id: str) -> LastSeen | None:
        """Return a kiosk's last report, if there was one."""
        return self._last.get(kiosk_id)

    def all(self) -> Sequence[LastSeen]:
        """Return the last report of every kiosk, by kiosk id."""
        return [self._last[kiosk_id] for kiosk_id in sorted(self._last)]
