"""Where kiosks' last reports are kept, so that every task of the service knows them."""

from datetime import datetime, timedelta
from typing import Any, Final, Protocol, Self

from pydantic import AwareDatetime, model_validator

from kiosk_contracts.heartbeats import Heartbeat
from kiosk_contracts.ids import JournalId
from kiosk_contracts.images import ImageReport
from kiosk_contracts.repairs import HostRepair
from kiosk_contracts.shown_text import shown_json
from kiosk_contracts.ui_report import UiReport
from kiosk_contracts.update_lock import UpdateLock
from kiosk_contracts.wire import WireModel

KEPT_EVERY: Final = timedelta(seconds=60)
"""A report that says what the one before said is kept no oftener."""


class LastSeen(WireModel):
    """What operators go by of a kiosk's last report, and when it came by our clock."""

    kiosk_id: str
    seen_at: AwareDatetime
    leaving_since: AwareDatetime | None = None
    """Since when it was answered that the kiosk is to leave; only then what it says of that stays.
    """
    agent_version: str
    journal_id: JournalId
    queued: int
    parked: int
    quarantined: int
    refunds_to_give: tuple[str, ...] = ()
    left: bool = False
    left_at: int | None = None
    why_not_left: tuple[str, ...] = ()
    images: tuple[ImageReport, ...] = ()
    repairs: tuple[HostRepair, ...] = ()
    ui: UiReport | None = None
    update_lock: UpdateLock | None = None

    @classmethod
    def of(
        cls, heartbeat: Heartbeat, seen_at: datetime, leaving_since: datetime | None = None
    ) -> Self:
        """Return what is kept of a report."""
        told = heartbeat.model_dump(mode="json", include=set(_TOLD))
        return cls.model_validate({**told, "seen_at": seen_at, "leaving_since": leaving_since})

    @model_validator(mode="before")
    @classmethod
    def _made_harmless(cls, told: Any) -> Any:
        # Here, where it is kept and where it is read again, so that nothing of a kiosk's own words
        # reaches operators as it came: not what is stored since before either, nor a field of a
        # newer agent that nobody here knows.
        return shown_json(told)

    def is_news_after(self, known: "LastSeen | None") -> bool:
        """Say whether this is to be kept in place of what is known.

        Tasks hear a kiosk in turns, so one may come to the store after a later one.
        """
        # Of either sign, lest a clock that was ahead keeps all reports out.
        if known is None or abs(self.seen_at - known.seen_at) >= KEPT_EVERY:
            return True
        says_more = any(getattr(self, name) != getattr(known, name) for name in _COMPARED)
        return says_more and self.seen_at >= known.seen_at


_TOLD: Final = frozenset(LastSeen.model_fields) - {"seen_at", "leaving_since"}
_COMPARED: Final = _TOLD | {"leaving_since"}


class HeartbeatStore(Protocol):
    """Keeps the last report of each kiosk. Shared by all tasks that have the same store."""

    async def put(self, seen: LastSeen) -> None:
        """Keep this report in place of the kiosk's one before, if it is news. Idempotent.

        Raises StoreError.
        """
        ...

    async def last(self, kiosk_id: str) -> LastSeen | None:
        """Return a kiosk's last report that was kept, if there was one. Raises StoreError."""
        ...
