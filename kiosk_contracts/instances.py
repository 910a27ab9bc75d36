"""Kiosks and venues as those who run them look at them, all day."""

from collections.abc import Mapping

from pydantic import AwareDatetime, Field

from kiosk_contracts.heartbeats import StockLeft
from kiosk_contracts.ids import KioskCode, KioskId, VenueId
from kiosk_contracts.images import ImageReport
from kiosk_contracts.repairs import HostRepair
from kiosk_contracts.screens import ScreenState
from kiosk_contracts.ui_report import UiReport
from kiosk_contracts.update_lock import UpdateLock
from kiosk_contracts.venues import OpeningTimes, Standing
from kiosk_contracts.wire import WireModel


class SourceSeen(WireModel):
    """Somebody who is asked about all hosts, and when that last went well."""

    source: str
    """E.g. `ecs eu-central-1/kiosks` or `ssm eu-central-1`."""
    words: str
    looked_at: AwareDatetime | None = None
    """When all hosts were last seen there; None: never yet."""
    fresh: bool
    """Whether that says something of now: 5 minutes."""
    hosts: int = 0
    failure: str = ""
    """Why asking fails since then; empty: it does not."""


class EcsSeen(WireModel):
    """The kiosk's container instance, as ECS said."""

    looked_at: AwareDatetime
    status: str
    """`ACTIVE`, `DRAINING`, …; empty: ECS has none of this host."""
    connected: bool
    """Whether its agent is, as ECS said; agents come and go several times an hour."""
    changed_at: AwareDatetime | None = None
    """When that was first seen so; None: it was connected when it was first seen."""
    release: str = ""
    """What it was told to run."""


class SsmSeen(WireModel):
    """The kiosk's managed instance, as Systems Manager said."""

    looked_at: AwareDatetime
    ping: str
    """`Online`, `ConnectionLost`, `Inactive`; empty: not known there."""
    pinged_at: AwareDatetime | None = None
    """When it last pinged; None: not kept, as of one that is `Online` and whose kiosk reports."""


class ReportSeen(WireModel):
    """The kiosk's last report, kept once a minute and when something in it changed."""

    seen_at: AwareDatetime
    agent_version: str
    queued: int
    parked: int
    quarantined: int
    oldest_queued_at: AwareDatetime | None = None
    refunds_to_give: tuple[str, ...] = ()
    was_offline_since: AwareDatetime | None = None
    """When its last outage began, as it told afterwards; it recorded on meanwhile."""
    was_offline_until: AwareDatetime | None = None
    clock_offset_s: int = 0
    """How far its clock is ahead of ours."""
    room: str = ""
    free_bytes: int | None = None
    frozen: int = 0
    epoch_reason: str = ""
    epoch_acknowledged: bool = True
    draining: bool = False
    """It opens no new carts."""
    left: bool = False
    why_not_left: tuple[str, ...] = ()
    images: tuple[ImageReport, ...] = ()
    repairs: tuple[HostRepair, ...] = ()
    ui: UiReport | None = None
    supervisor: str = ""
    """`heard`, `awaited` or `silent`; empty where the host has none, or nothing tells of it."""
    screen: ScreenState | None = None
    update_lock: UpdateLock | None = None
    stock: tuple[StockLeft, ...] = ()
    """What was left to sell, at most a minute ago; half as much may be left by now."""


class FindingTold(WireModel):
    """One thing that is wrong with a kiosk."""

    cause: str
    """Its runbook is `docs/runbooks/<cause>.md`."""
    words: str


class Instance(WireModel):
    """A kiosk, what may honestly be said of it, and what that rests on."""

    kiosk_id: KioskId
    kiosk_code: KioskCode
    venue_id: VenueId
    venue_name: str
    standing: Standing
    instance_id: str | None = None
    state: str
    """`well`, `degraded`, `sales_stopped`, `ui_down`, `agent_silent`, `kiosk_unreachable`,
    `venue_unreachable`, `closed`, `draining`, `expected`, `pending`, `revoked`, `retired`."""
    why: str
    findings: tuple[FindingTold, ...] = ()
    """What is wrong by its last report, whatever its state; the gravest first."""
    unknown: tuple[str, ...] = ()
    """What nobody knows, of a source that has not been asked lately."""
    report: ReportSeen | None = None
    """None: it has never reported."""
    ecs: EcsSeen | None = None
    ssm: SsmSeen | None = None


class InstancePage(WireModel):
    """Kiosks by venue and id, in order."""

    instances: tuple[Instance, ...]
    sources: tuple[SourceSeen, ...]
    total: int
    """How many fit the filters, on all pages."""
    next_after: str | None
    """What to ask behind for the next page; None at the end."""


class StateChange(WireModel):
    """A kiosk came into a state."""

    at: AwareDatetime
    """When that was noticed."""
    state: str
    why: str


class InstanceDetail(WireModel):
    """One kiosk, and how it came there."""

    instance: Instance
    venue_open: bool
    """Whether people are expected there now."""
    history: tuple[StateChange, ...] = ()
    """The newest first; the oldest are forgotten."""
    sold_offline: tuple["OfflineSpan", ...] = ()
    """When it was without a line and recorded on, as it told afterwards; the newest first."""


class OfflineSpan(WireModel):
    """A time without a line, told by the first report after it."""

    since: AwareDatetime
    until: AwareDatetime


class VenueSeen(WireModel):
    """A venue, and how its kiosks are."""

    venue_id: VenueId
    name: str
    address: str = ""
    contact: str = ""
    time_zone: str
    opening_hours: tuple[OpeningTimes, ...] = ()
    is_open: bool
    """Whether people are expected there now."""
    states: Mapping[str, int] = Field(default_factory=dict)
    """How many kiosks are in each state; states that none is in are left out."""


class VenueSeenPage(WireModel):
    """Venues by id, in order."""

    venues: tuple[VenueSeen, ...]
    total: int
    next_after: str | None
