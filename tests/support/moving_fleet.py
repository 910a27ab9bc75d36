"""A venue that is moved to a release, simulated: its kiosks, ECS, and who leads the move."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.releases.domain.moves import KioskMove, Move
from fleet_service.releases.domain.seen import EcsNow, KioskNow
from kiosk_contracts.venues import Standing
from tests.support.fleet import JOURNAL_ID

BEGAN = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
OLD, NEW = "r-1", "r-2"
IMAGES = {
    OLD: f"registry.example.com/kiosk-ui@sha256:{'1' * 64}",
    NEW: f"registry.example.com/kiosk-ui@sha256:{'2' * 64}",
}


def report_of(kiosk_id: str, at: datetime, **told: Any) -> LastSeen:
    """Return a report of a kiosk that is idle, has the new image, and shows the old one."""
    body = {
        "kiosk_id": kiosk_id,
        "seen_at": at,
        "agent_version": "0.1.0",
        "journal_id": JOURNAL_ID,
        "queued": 0,
        "parked": 0,
        "quarantined": 0,
        "last_sequence": 7,
        "last_settled_sale": 7,
        "images": [{"image": IMAGES[NEW], "state": "ready"}],
        "ui": shown(OLD),
        "screen": {"holder": "a", "busy": False},
    }
    return LastSeen.model_validate({**body, **told})


def shown(release: str, source: str = "ecs", **more: Any) -> dict[str, Any]:
    """Return what a report says where a release has the screen."""
    return {"source": source, "image": IMAGES.get(release, ""), **more}


def crashing(release: str) -> dict[str, Any]:
    """Return what a report says where a release crashes and the standby sells."""
    one = {"image": IMAGES[release], "ends": 3, "last_exit": "status 1", "last_at": BEGAN}
    return shown(OLD, "standby", crashing=[one])


@dataclass
class SimulatedKiosk:
    """One kiosk, as it is; what it says is `report`."""

    kiosk_id: str
    line: bool = True
    busy: bool = False
    locked: bool = False
    image: str = "ready"
    connected: bool = True
    told: str = OLD
    runs: str = OLD
    """Of which release ECS has a task that runs."""
    screen: str = "ecs"
    """Who has it: `ecs` (what runs), `standby` or `none`."""
    crashes: bool = False
    """Whether the new release's tasks end at once here."""
    crashed: bool = False
    lies: bool = False
    """Whether it says that the new release has its screen, whatever has."""
    ahead: timedelta = timedelta()
    """Its clock."""
    leaving: bool = False
    sold: int = 7
    last: LastSeen | None = None
    told_at: datetime | None = None
    told_image: str = ""
    """What it was told by the store; empty: what ECS was told."""
    before: str = ""

    def obey(self) -> None:
        """Let ECS have it run what it is told."""
        if not (self.line and self.connected) or self.runs == self.told:
            return
        if self.told == NEW and self.crashes:
            self.runs, self.screen, self.crashed = "", "standby", True
        else:
            self.runs, self.screen, self.crashed = self.told, "ecs", False

    def report(self, at: datetime) -> None:
        """Say how it is, if anybody can hear it."""
        if not self.line:
            return
        ui = shown(self.runs if self.screen == "ecs" else OLD, self.screen)
        if self.screen == "none":
            ui["image"] = ""
        if self.crashed:
            ui = crashing(NEW) | {"source": self.screen}
        if self.lies:
            ui = shown(NEW)
        lock = {"until": at + self.ahead, "why": "first night", "by": "Max"}
        self.last = report_of(
            self.kiosk_id,
            at,
            ui=ui | {"since": at + self.ahead},
            images=[{"image": IMAGES[NEW], "state": self.image}],
            screen={"holder": "a" if self.screen != "none" else "", "busy": self.busy},
            update_lock=lock if self.locked else None,
            clock_offset_s=round(self.ahead.total_seconds()),
            last_sequence=self.sold,
            last_settled_sale=self.sold,
        )

    def now(self, *, asked: bool) -> KioskNow:
        """Return what the service sees of it."""
        runs = frozenset({self.runs} - {""})
        ecs = EcsNow(self.connected, self.told, runs, live=frozenset({OLD, NEW}))
        return KioskNow(
            self.kiosk_id,
            f"mi-{self.kiosk_id}",
            Standing.ACTIVE,
            leaving=self.leaving,
            report=self.last,
            ecs=ecs if asked else None,
            told_at=self.told_at,
            told_image=self.told_image or IMAGES.get(self.told, ""),
            before=self.before,
        )


@dataclass
class SimulatedVenue:
    """All kiosks of a venue, and the time."""

    kiosks: list[SimulatedKiosk]
    now: datetime = BEGAN
    calls: list[tuple[str, str]] = field(default_factory=list)
    """What ECS was told, of which kiosk."""

    def pass_time(self, seconds: float) -> None:
        """Let time pass; each kiosk reports at its end."""
        self.now += timedelta(seconds=seconds)
        for kiosk in self.kiosks:
            kiosk.report(self.now)

    def seen(self, asked: set[str] | None = None) -> dict[str, KioskNow]:
        """Return what is seen of all; ECS was asked of those named, or of all."""
        return {
            one.kiosk_id: one.now(asked=asked is None or one.kiosk_id in asked)
            for one in self.kiosks
        }

    def tell(self, kiosk_id: str, release: str) -> None:
        """Have ECS take what a kiosk is to run."""
        self.calls.append((kiosk_id, release))
        next(one for one in self.kiosks if one.kiosk_id == kiosk_id).told = release

    def move(self, *kiosk_ids: str, **changes: Any) -> Move:
        """Return a move that has just begun; of all kiosks, if none is named."""
        named = kiosk_ids or tuple(one.kiosk_id for one in self.kiosks)
        body = {
            "move_id": "m",
            "to": NEW,
            "image": IMAGES[NEW],
            "venue_id": "harbour-hall",
            "settle_s": 300,
            "by": "Olga",
            "made_at": self.now,
            "kiosks": tuple(
                KioskMove(kiosk_id=one, instance_id=f"mi-{one}", since=self.now) for one in named
            ),
            **changes,
        }
        return Move(**body)


def venue_of(count: int) -> SimulatedVenue:
    """Return a venue of well kiosks, each named by a letter."""
    return SimulatedVenue([SimulatedKiosk(chr(ord("a") + number)) for number in range(count)])
