"""What is seen of a kiosk while it is moved, and what that proves. Pure.

A kiosk's own times are never used: its clock may be anything.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.instances.views import REPORT_SPEAKS
from fleet_service.releases.domain.moves import CALL_ENDS
from kiosk_contracts.images import MOST_WHY, ImageReport
from kiosk_contracts.plain_text import made_plain
from kiosk_contracts.ui_report import CrashingImage, UiSource
from kiosk_contracts.venues import Standing

IDLE_SPEAKS: Final = timedelta(seconds=45)
"""A report that is older does not say whether somebody is busy: a watched kiosk's come every 15 s.
"""
JUST_TOLD: Final = timedelta(minutes=10)
"""A kiosk that was told a release since may be changing screens, unless it shows that release."""
DISTURBED_FOR: Final = timedelta(minutes=1)
"""By then a reboot, or a restart of the screen, that a kiosk said it did has begun: what it reports
after that is of afterwards, or says that its kiosk UI was told to end and has not."""


@dataclass(frozen=True, slots=True)
class EcsNow:
    """What ECS says of a kiosk's host just now."""

    connected: bool
    told: str
    """The attribute `kiosk.release`; empty: none."""
    runs: frozenset[str] = frozenset()
    """The releases of which it has a task that runs there."""
    live: frozenset[str] = frozenset()
    """Of those that one which waits was told: which it could be told again."""
    lacks: str = ""
    """Why one that waits can't be told the move's release there; empty: it can."""


@dataclass(frozen=True, slots=True)
class KioskNow:
    """One kiosk of the venue."""

    kiosk_id: str
    instance_id: str
    standing: Standing
    leaving: bool = False
    report: LastSeen | None = None
    ecs: EcsNow | None = None
    """None: ECS was not asked, or did not answer."""
    ecs_away: str = ""
    """Why ECS did not answer; empty if it was not asked."""
    told_at: datetime | None = None
    """When it was told a release last, in whatever move."""
    told_image: str = ""
    """That release's image."""
    before: str = ""
    """Which one it was told before that; empty: nobody knows."""
    former: str = ""
    """The same of what was kept before that: whether ECS was told the last, nobody may know."""

    disturbed_at: datetime | None = None
    """When a command that takes its screen ends or ended last, at the latest; None: none did."""

    def with_ecs(self, ecs: EcsNow | None, away: str = "") -> "KioskNow":
        """Return the same with what ECS said, or why it did not answer."""
        return replace(self, ecs=ecs, ecs_away=away)

    def heard(self, now: datetime) -> LastSeen | None:
        """Return its report, if it is not too old to say something of now."""
        if self.report is None or now - self.report.seen_at > REPORT_SPEAKS:
            return None
        return self.report

    def is_in_service(self) -> bool:
        """Say whether it is to sell at all."""
        left = self.report is not None and self.report.left
        return self.standing is Standing.ACTIVE and not self.leaving and not left

    def is_well(self, now: datetime) -> bool:
        """Say whether it sells, so far as its report tells."""
        report = self.heard(now)
        if report is None or report.ui is None or not self.is_in_service() or report.draining:
            return False
        return report.ui.source != UiSource.NONE and report.room != "stop"

    def is_changing(self, now: datetime) -> bool:
        """Say whether it was told a release just now, by whomever, and may not show it yet."""
        if self.told_at is None or now - self.told_at >= JUST_TOLD:
            return False
        report = self.heard(now)
        if report is None or not self.is_well(now) or not has_the_screen(report, self.told_image):
            return True
        # One that was told to go back may show the old release before it showed the new one.
        spoke = self.told_at if self.before else self.told_at + CALL_ENDS
        return report.seen_at <= spoke

    def is_disturbed(self, now: datetime) -> bool:
        """Say whether it is to reboot or to restart its screen, or may have done so just now."""
        if self.disturbed_at is None or now - self.disturbed_at >= JUST_TOLD:
            return False
        report = self.heard(now)
        if report is None or not self.is_well(now) or not keeps_the_screen(report):
            return True
        return report.seen_at - self.disturbed_at <= DISTURBED_FOR


def quoted(text: str) -> str:
    """Return what a kiosk says in words, fit for whoever reads it: it may say anything."""
    return made_plain(text[:MOST_WHY])


def is_image(name: str, image: str) -> bool:
    """Say whether two names are of one digest; a name without one is nobody's."""
    digest = image.partition("@")[2]
    return bool(digest) and name.partition("@")[2] == digest


def image_of(report: LastSeen, image: str) -> ImageReport | None:
    """Return how an image stands at a kiosk, if its report names it."""
    return next((one for one in report.images if is_image(one.image, image)), None)


def crash_of(report: LastSeen, image: str) -> CrashingImage | None:
    """Return that an image crashes at a kiosk, if its report says so."""
    crashing = () if report.ui is None else report.ui.crashing
    return next((one for one in crashing if is_image(one.image, image)), None)


def has_the_screen(report: LastSeen, image: str) -> bool:
    """Say whether a kiosk reports that ECS's task of an image answers keys."""
    return (
        report.ui is not None
        and report.ui.source == UiSource.ECS
        and is_image(report.ui.image, image)
    )


def keeps_the_screen(report: LastSeen) -> bool:
    """Say whether a kiosk reports that a kiosk UI answers keys, and was not told to end.

    One that was finishes the sale at hand, for two minutes, and answers keys as before meanwhile.
    """
    screen = report.screen
    return screen is not None and bool(screen.holder) and not screen.stopping


def is_down(report: LastSeen) -> bool:
    """Say whether a kiosk reports that no kiosk UI answers keys."""
    return report.ui is not None and report.ui.source == UiSource.NONE
