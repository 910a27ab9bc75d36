"""What an agent reports of itself, and what it learns by that."""

from typing import Final

from pydantic import AwareDatetime, Field, JsonValue

from kiosk_contracts.ids import EventId, JournalId, KioskId, TicketTypeId
from kiosk_contracts.images import MOST_IMAGES, ImageReport
from kiosk_contracts.repairs import MOST_REPAIRS, HostRepair
from kiosk_contracts.screens import ScreenState
from kiosk_contracts.ui_report import UiReport
from kiosk_contracts.update_lock import UpdateLock
from kiosk_contracts.wire import Count, WireModel

MOST_STOCK: Final = 200


class StockLeft(WireModel):
    """What is left to sell of a ticket type at a kiosk."""

    event_id: EventId
    ticket_type_id: TicketTypeId
    left: Count
    """That may be sold now."""
    held: Count = 0
    """In open carts."""


class Heartbeat(WireModel):
    """The agent's state at one moment."""

    kiosk_id: KioskId
    journal_id: JournalId
    epoch: Count
    agent_version: str
    device_time: AwareDatetime
    last_sequence: Count
    queued: Count
    parked: Count
    quarantined: Count
    last_settled_sale: Count | None = None
    """The sequence of the newest sale that settled; None if none of the last 500 transactions is
    one, or from an agent that does not tell."""
    handed_over: Count = 0
    """Of the quarantined ones: how many were handed over."""
    oldest_queued_at: AwareDatetime | None = None
    epoch_reason: str = ""
    """Why the epoch began, if that is not the first: `damaged`, `lost`, `other_host`,
    `older_copy`."""
    epoch_acknowledged: bool = True
    """Whether a person at the kiosk has said that they know."""
    frozen: Count = 0
    """Unsold tickets of earlier journals, which only a write-off sets free."""
    offline_since: AwareDatetime | None = None
    """When the line was last lost, if this report is the first after an outage."""
    free_bytes: Count | None = None
    """What may still be written to the disk that the journal is on; in whole 16 MiB."""
    room: str = ""
    """`plenty`, `low` or `stop` (no new sales); empty from an agent that does not tell."""
    refunds_to_give: tuple[str, ...] = Field(default=(), max_length=20)
    """Refunds that settled and whose money nobody has given back, the newest of them, in words:
    receipt number and sum."""
    draining: bool = False
    """It opens no new carts, and gives unsold tickets back: it was asked to drain, at the kiosk or
    by a command, or it is to leave."""
    left: bool = False
    """It was asked to, and is drained: its tickets went back, nothing would be lost with its disk,
    and it refuses to record anything until an answer says that it is to stay."""
    left_at: Count | None = None
    """The sequence of its last transaction, if it has left: it records nothing above that."""
    why_not_left: tuple[str, ...] = ()
    """What keeps a kiosk that drains from that, in words."""
    images: tuple[ImageReport, ...] = Field(default=(), max_length=MOST_IMAGES)
    """How the wanted images stand; none until the supervisor has told the agent."""
    repairs: tuple[HostRepair, ...] = Field(default=(), max_length=MOST_REPAIRS)
    """What was mended on the host lately, the oldest first; none where its supervisor is silent."""
    ui: UiReport | None = None
    """Which kiosk UI is on the screen, and which images crash; None where its supervisor is silent.
    """
    supervisor: str = Field(default="", max_length=40)
    """A SupervisorHeard; empty where the host has none, as far as the agent knows, and from an
    agent that does not tell."""
    screen: ScreenState | None = None
    """Which of the kiosk's screens answers keys, and whether somebody is busy there; None from an
    agent that does not tell."""
    stock: tuple[StockLeft, ...] = Field(default=(), max_length=MOST_STOCK)
    """Of the events on sale, the soonest first, as far as there is room; none from an agent that
    does not tell."""
    update_lock: UpdateLock | None = None
    """Until its end the kiosk's screen moves to no other image; None if none is in force."""


class HeartbeatAnswer(WireModel):
    """The server's time, and what operators want of the kiosk."""

    server_time: AwareDatetime
    leave: bool = False
    """Drain, for good: the kiosk is taken out of service. False to one that has left: go on."""
    images_wanted: tuple[str, ...] = ()
    """Images that the kiosk is to have before it is told to run one of them, the most urgent first:
    `REGISTRY/REPOSITORY@sha256:…`. A kiosk heeds four. Unbounded here: whatever they are, the rest
    of the answer counts."""
    commands: tuple[JsonValue, ...] = ()
    """What the kiosk is to do, each a `CommandToRun`, until it tells what came of it. Each is read
    by itself: one that an agent does not know spoils neither the others nor the answer."""
