"""What each side says of a kiosk, and how old that is. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fleet_service.heartbeats.last_seen import KEPT_EVERY, LastSeen
from kiosk_contracts.venues import Standing

REPORT_SPEAKS: Final = KEPT_EVERY + timedelta(seconds=30)
"""A report that is older says nothing of now: a kiosk reports every 15 s."""
LOOK_SPEAKS: Final = timedelta(minutes=5)
"""What ECS and Systems Manager said longer ago says nothing of now: they are asked every minute."""
DISCONNECTED_AFTER: Final = timedelta(minutes=10)
"""ECS agents disconnect and connect again several times an hour: only then is one away."""
ONLINE: Final = "Online"
ACTIVE: Final = "ACTIVE"


@dataclass(frozen=True, slots=True)
class EcsView:
    """The kiosk's container instance, as ECS said."""

    looked_at: datetime
    status: str
    """`ACTIVE`, `DRAINING`, …; empty: ECS has none of this host."""
    connected: bool = False
    changed_at: datetime | None = None
    """When `connected` was first seen so; None: not known."""
    release: str = ""
    """The attribute `kiosk.release`: what it was told to run."""


@dataclass(frozen=True, slots=True)
class SsmView:
    """The kiosk's managed instance, as Systems Manager said."""

    looked_at: datetime
    ping: str
    """`Online`, `ConnectionLost`, `Inactive`; empty: not known there."""
    pinged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KioskViews:
    """One kiosk from all sides. None: that side has said nothing yet."""

    kiosk_id: str
    standing: Standing
    leaving: bool = False
    report: LastSeen | None = None
    ecs: EcsView | None = None
    ssm: SsmView | None = None
    refused: str = ""
    """Of a pending one: which host last asked to be it and is not, and why."""

    def is_heard(self, now: datetime) -> bool:
        """Say whether its agent reports."""
        return self.report is not None and now - self.report.seen_at <= REPORT_SPEAKS

    def answers_ssm(self, now: datetime) -> bool | None:
        """Say whether its host answers Systems Manager; None: nobody knows."""
        if self.ssm is None or now - self.ssm.looked_at > LOOK_SPEAKS:
            return None
        return self.ssm.ping == ONLINE

    def is_connected(self, now: datetime) -> bool | None:
        """Say whether its ECS agent is connected, or lately was; None: nobody knows."""
        if self.ecs is None or now - self.ecs.looked_at > LOOK_SPEAKS:
            return None
        if self.ecs.status != ACTIVE:
            return False
        since = self.ecs.changed_at
        return self.ecs.connected or (since is not None and now - since < DISCONNECTED_AFTER)

    def shows_a_line(self, now: datetime) -> bool:
        """Say whether something of it came through its venue's line just now."""
        # Not what ECS has: a connection that was cut stays connected there for a while.
        return self.is_heard(now) or self.answers_ssm(now) is True

    def has_left(self) -> bool:
        """Say whether it said that it has left; it may be off since."""
        return self.report is not None and self.report.left
