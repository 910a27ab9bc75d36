"""Reports as they come. Most of a kiosk's say what its last one said, at another time."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from fleet_service.heartbeats.ports import LastSeen
from kiosk_contracts.heartbeats import Heartbeat

_DEVICE_TIME: Final = re.compile(rb'"device_time"\s*:\s*"([0-9T:.Z+-]{10,40})"')
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(AwareDatetime)
_LONGEST: Final = 4096
"""Bytes of a report that is remembered: what a kiosk that is well sends is a third of that."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a kiosk reported of itself, and when by its own clock."""

    told: LastSeen
    """As operators see it; its times are none of this report."""
    handed_over: int
    device_time: datetime

    @classmethod
    def of(cls, heartbeat: Heartbeat) -> Self:
        """Return what is taken of a heartbeat."""
        told = LastSeen.of(heartbeat, heartbeat.device_time)
        return cls(told, heartbeat.handed_over, heartbeat.device_time)

    def seen(self, at: datetime, leaving_since: datetime | None) -> LastSeen:
        """Return it as it came at `at`, by our clock."""
        ahead = round((self.device_time - at).total_seconds())
        ours = {"seen_at": at, "leaving_since": leaving_since, "clock_offset_s": ahead}
        return self.told.model_copy(update=ours)


class KnownReports:
    """Remembers of each kiosk what it sent last, so that the same need not be read again.

    A report is the same if all its bytes are but those of `device_time`, whose text has nothing
    that ends it or begins anything else: whatever was found of those bytes is true of them again.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[bytes, bytes, Report]] = {}
        """By kiosk; only those with a session get here, which bounds it."""

    def recall(self, kiosk_id: str, body: bytes) -> Report | None:
        """Return what a body says, if that is known of the last one."""
        known, found = self._known.get(kiosk_id), _DEVICE_TIME.search(body)
        if known is None or found is None:
            return None
        before, after, report = known
        if body[: found.start(1)] != before or body[found.end(1) :] != after:
            return None
        try:
            at = _MOMENT.validate_python(found[1].decode("ascii"))
        except ValidationError:
            # Whoever reads it in full says what is wrong with it.
            return None
        return replace(report, device_time=at)

    def remember(self, kiosk_id: str, body: bytes, report: Report) -> None:
        """Keep what was read of a body in full."""
        self._known.pop(kiosk_id, None)
        found = _DEVICE_TIME.search(body)
        if found is None or len(body) > _LONGEST:
            return
        try:
            at = _MOMENT.validate_python(found[1].decode("ascii"))
        except ValidationError:
            return
        # Another member of that name may stand further in, or count instead of this one.
        if at == report.device_time and body.count(b"device_time") == 1:
            self._known[kiosk_id] = body[: found.start(1)], body[found.end(1) :], report
