"""Adapter of HeartbeatStore: this process's memory, where no store is; a restart forgets."""

from fleet_service.heartbeats.last_seen import Gist, LastSeen
from fleet_service.heartbeats.ports import Look


class MemoryHeartbeats:
    """One entry for each kiosk; only kiosks with a session get here, which bounds it."""

    def __init__(self) -> None:
        self._last: dict[str, LastSeen] = {}

    def look(self, _kiosk_id: str) -> Look | None:
        """Begin nothing: it is here."""
        return None

    async def is_news(
        self, kiosk_id: str, gist: Gist, _look: Look | None = None, *, watched: bool = False
    ) -> bool:
        """Say whether a report is to be kept."""
        known = self._last.get(kiosk_id)
        return gist.is_news_after(None if known is None else known.gist, watched=watched)

    async def put_again(
        self,
        _kiosk_id: str,
        _gist: Gist,
        _mark: bytes,
        *,
        watched: bool = False,  # noqa: ARG002  the port's
    ) -> bool:
        """Keep nothing: all that is kept is here."""
        return False

    async def put(self, seen: LastSeen, _mark: bytes = b"", *, watched: bool = False) -> None:
        """Keep this report in place of the one before, if it is news."""
        known = self._last.get(seen.kiosk_id)
        if seen.is_news_after(known, watched=watched):
            self._last[seen.kiosk_id] = seen.remembering(known)

    async def last(self, kiosk_id: str) -> LastSeen | None:
        """Return a kiosk's last report, if there was one."""
        return self._last.get(kiosk_id)
