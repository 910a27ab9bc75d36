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
PING_COMES: Final = timedelta(minutes=9)
"""After the last report of an agent that is silent: by then a host that still answers Systems
Manager has pinged it since, and that is known. SSM agents ping every 5 minutes, and until the next
ping is due Systems Manager says `Online` of a host that is away."""
_LONGEST_ONLINE: Final = timedelta(minutes=7)
"""After its last ping Systems Manager calls no host `Online` for so long: there was a later one."""
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
    """When `connected` was first seen so, or that ECS has it, or has not; None: not known."""
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
        """Say whether its host answers Systems Manager; None: nobody knows.

        Of one that is silent a ping counts that came since: one of before went through a line
        that may be cut.
        """
        if self.ssm is None or now - self.ssm.looked_at > LOOK_SPEAKS:
            return None
        if self.ssm.ping != ONLINE:
            return False
        if self.report is None or self.is_heard(now):
            return True
        return True if self._pinged_after(self.report.seen_at) else None

    def may_answer_yet(self, now: datetime) -> bool:
        """Say whether the next ping may yet tell that the host of a silent one answers."""
        if self.report is None or self.is_heard(now) or now - self.report.seen_at >= PING_COMES:
            return False
        fresh = self.ssm is not None and now - self.ssm.looked_at <= LOOK_SPEAKS
        return fresh and self.answers_ssm(now) is None

    def _pinged_after(self, last_report: datetime) -> bool:
        # A report is kept once a minute, so there may have been later ones, and pings with them.
        at = self.pinged_at
        return at is not None and at - last_report > REPORT_SPEAKS

    @property
    def pinged_at(self) -> datetime | None:
        """When its host last pinged Systems Manager; None: that is not kept.

        Of a host that is `Online` each ping is kept only while its agent is silent.
        """
        if self.ssm is None or self.ssm.pinged_at is None or self.ssm.ping != ONLINE:
            return None if self.ssm is None else self.ssm.pinged_at
        looked_at, report = self.ssm.looked_at, self.report
        heard = report is not None and looked_at - report.seen_at <= REPORT_SPEAKS
        outdated = looked_at - self.ssm.pinged_at > _LONGEST_ONLINE
        return None if heard or outdated else self.ssm.pinged_at

    def is_connected(self, now: datetime) -> bool | None:
        """Say whether its ECS agent is connected, or lately was; None: nobody knows."""
        if self.ecs is None or now - self.ecs.looked_at > LOOK_SPEAKS:
            return None
        if not self.ecs.status:
            # That ECS knows it no more passes by no connection that comes back.
            return False
        since = self.ecs.changed_at
        return self.ecs.connected or (since is not None and now - since < DISCONNECTED_AFTER)

    def out_of_ecs(self, now: datetime) -> str | None:
        """Return ECS's status of its host where ECS starts nothing; None: it does, or who knows."""
        if self.ecs is None or now - self.ecs.looked_at > LOOK_SPEAKS:
            return None
        return self.ecs.status if self.ecs.status not in {"", ACTIVE} else None

    def shows_a_line(self, now: datetime, since: datetime | None) -> bool:
        """Say whether something of it came through its venue's line.

        `since`: when a neighbour that is silent reported last, before the line may have been cut;
        None: it never did.
        """
        # Not what ECS has: a connection that was cut stays connected there for a while. And not
        # what the host of one that is out of service does: it may be anywhere.
        if self.is_heard(now):
            return True
        if self.standing is not Standing.ACTIVE or self.has_left():
            return False
        return self.answers_ssm(now) is True and (since is None or self._pinged_after(since))

    def is_supervised(self) -> bool:
        """Say whether its last report has what a supervisor tells of it."""
        return self.report is not None and self.report.ui is not None

    def has_told_screen(self) -> bool:
        """Say whether its last report says who has its screen, or that nobody has."""
        screen = None if self.report is None else self.report.screen
        return self.is_supervised() or (screen is not None and bool(screen.holder))

    def has_left(self) -> bool:
        """Say whether it said that it has left; it may be off since."""
        return self.report is not None and self.report.left
