"""What is kept of kiosks' last reports, and when one is news. Pure."""

from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final, NamedTuple, Self

from pydantic import AwareDatetime, model_validator

from kiosk_contracts.heartbeats import Heartbeat, StockLeft
from kiosk_contracts.ids import JournalId
from kiosk_contracts.images import ImageReport
from kiosk_contracts.repairs import HostRepair
from kiosk_contracts.screens import ScreenState
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
    last_sequence: int = 0
    last_settled_sale: int | None = None
    refunds_to_give: tuple[str, ...] = ()
    draining: bool = False
    left: bool = False
    left_at: int | None = None
    why_not_left: tuple[str, ...] = ()
    images: tuple[ImageReport, ...] = ()
    repairs: tuple[HostRepair, ...] = ()
    ui: UiReport | None = None
    supervisor: str = ""
    update_lock: UpdateLock | None = None
    stock: tuple[StockLeft, ...] = ()
    room: str = ""
    free_bytes: int | None = None
    oldest_queued_at: AwareDatetime | None = None
    offline_since: AwareDatetime | None = None
    epoch_reason: str = ""
    epoch_acknowledged: bool = True
    frozen: int = 0
    screen: ScreenState | None = None
    clock_offset_s: int = 0
    """How far its clock was ahead of ours; the time on the line is in it."""
    was_offline_since: AwareDatetime | None = None
    """When its last outage began, by the first report after it; None: it had none."""
    was_offline_until: AwareDatetime | None = None
    """When that report came."""

    @classmethod
    def of(
        cls, heartbeat: Heartbeat, seen_at: datetime, leaving_since: datetime | None = None
    ) -> Self:
        """Return what is kept of a report."""
        told = heartbeat.model_dump(mode="json", include=set(_TOLD))
        ahead = round((heartbeat.device_time - seen_at).total_seconds())
        ours = {"seen_at": seen_at, "leaving_since": leaving_since, "clock_offset_s": ahead}
        return cls.model_validate({**told, **ours})

    @model_validator(mode="before")
    @classmethod
    def _made_harmless(cls, told: Any) -> Any:
        # Here, where it is kept and where it is read again, so that nothing of a kiosk's own words
        # reaches operators as it came: not what is stored since before either, nor a field of a
        # newer agent that nobody here knows.
        return shown_json(told)

    def told_at(self, at: datetime, ahead_s: int, leaving_since: datetime | None) -> Self:
        """Return this report as it came at `at` by our clock, the kiosk's own so far ahead."""
        ours = {"seen_at": at, "clock_offset_s": ahead_s, "leaving_since": leaving_since}
        return self.model_copy(update=ours)

    def remembering(self, known: "LastSeen | None") -> Self:
        """Return this report with the last outage, which only the first one after it tells."""
        if self.offline_since is not None:
            since, until = self.offline_since, self.seen_at
        elif known is not None and known.was_offline_since and known.was_offline_until:
            since, until = known.was_offline_since, known.was_offline_until
        else:
            return self
        told = {"was_offline_since": since, "was_offline_until": until}
        return self.model_copy(update=told)

    def is_news_after(self, known: "LastSeen | None", *, watched: bool = False) -> bool:
        """Say whether this is to be kept in place of what is known, as `Gist` says."""
        return self.gist.is_news_after(None if known is None else known.gist, watched=watched)

    @property
    def gist(self) -> "Gist":
        """What tells whether this is news."""
        return Gist(self.seen_at, self.leaving_since, self.clock_offset_s, self.in_buckets)

    @cached_property
    def in_buckets(self) -> bytes:
        """Digest of what a person would call a state, with what each sale changes in buckets.

        A kiosk that sells would be written with every report otherwise. Nothing of ours is in it,
        so that it stays true of a copy with other times. A digest, for there are thousands.
        """
        told = (
            *(getattr(self, name) for name in _COMPARED),
            (self.queued // _QUEUED_STEP).bit_length(),
            (self.free_bytes or 0).bit_length(),
            *((one.event_id, one.ticket_type_id, one.left.bit_length()) for one in self.stock),
            None if self.screen is None else (self.screen.holder, self.screen.stopping),
        )
        return blake2b(repr(told).encode(), digest_size=_DIGEST_BYTES).digest()


class Gist(NamedTuple):
    """What tells whether a report is news after another."""

    seen_at: datetime
    leaving_since: datetime | None
    clock_offset_s: int
    in_buckets: bytes

    def is_news_after(self, known: "Gist | None", *, watched: bool = False) -> bool:
        """Say whether the report is to be kept in place of what is known.

        Of one that is `watched` each report is: who moves it goes by whether somebody is busy.
        Tasks hear a kiosk in turns, so one may come to the store after a later one.
        """
        # Of either sign, lest a clock that was ahead keeps all reports out.
        if known is None or abs(self.seen_at - known.seen_at) >= KEPT_EVERY:
            return True
        return self.seen_at >= known.seen_at and (
            watched
            or self.leaving_since != known.leaving_since
            or self.in_buckets != known.in_buckets
            or abs(self.clock_offset_s - known.clock_offset_s) >= _OFFSET_STEP_S
        )


_DIGEST_BYTES: Final = 16
_OFFSET_STEP_S: Final = 10
_QUEUED_STEP: Final = 10
_OURS: Final = frozenset(
    {"seen_at", "leaving_since", "clock_offset_s", "was_offline_since", "was_offline_until"}
)
_TOLD: Final = frozenset(LastSeen.model_fields) - _OURS
_WITH_EACH_SALE: Final = frozenset({"last_sequence", "last_settled_sale"})
_IN_BUCKETS: Final = frozenset({"queued", "free_bytes", "oldest_queued_at", "screen", "stock"})
_COMPARED: Final = sorted(_TOLD - _IN_BUCKETS - _WITH_EACH_SALE)
