"""What every service at the kiosk goes by: journal, clocks, line, settings."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kiosk_agent.domain.drawer_limits import DrawerLimits
from kiosk_agent.domain.holds import DEFAULT_HOLD_S, has_expired
from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.printing import PaperRules, SeenPrinter
from kiosk_agent.domain.scanning import SeenScanner
from kiosk_agent.ports.agent_view import AgentView
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.journal import (
    Journal,
    JournalReader,
    JournalWriter,
    StockItem,
    StoredCart,
)
from kiosk_agent.ports.line import LineView
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.host_ui import HostUi
from kiosk_agent.services.image_desk import ImageDesk
from kiosk_agent.services.room import Room
from kiosk_agent.services.scans import Scans
from kiosk_agent.services.screens import ScreenDesk
from kiosk_agent.services.update_locks import UpdateLocks
from kiosk_contracts.selling import CartState
from kiosk_contracts.stamps import Stamp
from kiosk_texts import ENGLISH, Language


@dataclass(frozen=True, slots=True)
class Kiosk:
    """The parts that services share."""

    journal: Journal
    clock: Clock
    line: LineView
    agent: AgentView
    changes: Changes
    currency: str = "EUR"
    hold_s: float = DEFAULT_HOLD_S
    room: Room = field(default_factory=Room)
    paper: PaperRules = field(default_factory=PaperRules)
    printer: SeenPrinter = field(default_factory=SeenPrinter)
    training: bool = False
    """Whether nothing here is sold: people practise."""
    scanner: SeenScanner = field(default_factory=SeenScanner)
    scans: Scans = field(default_factory=Scans)
    limits: DrawerLimits = field(default_factory=DrawerLimits)
    language: Language = ENGLISH
    """What its screens and its paper speak. All else of the agent speaks English."""
    screens: ScreenDesk | None = None
    """None where nobody takes turns, as in training."""
    images: ImageDesk | None = None
    """None where no supervisor tells of any, as in training."""
    ui: HostUi | None = None
    """The same."""
    update_locks: UpdateLocks | None = None
    """None where nothing is ever updated, as in training."""

    def moment(self, reader: JournalReader) -> Moment:
        """Return the clocks now, and the last time that the journal knows."""
        return moment_now(reader, self.clock)

    def stamp(self, reader: JournalReader) -> Stamp:
        """Return when something is recorded, by all clocks."""
        return stamp_now(reader, self.clock, self.line)


def moment_now(reader: JournalReader, clock: Clock) -> Moment:
    """Return the clocks now, and what the journal knows of them."""
    return Moment(
        now=clock.now(),
        boottime_ms=clock.boottime_ms(),
        boot_id=clock.boot_id(),
        last_recorded_at=reader.last_recorded_at(),
        confirmed=reader.clock_confirmation(),
    )


def stamp_now(reader: JournalReader, clock: Clock, line: LineView) -> Stamp:
    """Return the clocks now, and who answers for them where a manager was asked in this boot."""
    confirmed = reader.clock_confirmation()
    in_this_boot = confirmed is not None and confirmed.boot_id == clock.boot_id()
    return Stamp(
        device_time=clock.now(),
        boot_id=clock.boot_id(),
        boottime_ms=clock.boottime_ms(),
        server_offset_ms=line.server_offset_ms(),
        clock_confirmed_by=confirmed.staff_id if confirmed and in_this_boot else None,
    )


def expire(writer: JournalWriter, cart: StoredCart) -> None:
    """Give a cart's serials back; it stays known as expired."""
    writer.release(cart.txn_id, [item.serial for item in writer.cart_items(cart.txn_id)])
    writer.put_cart(replace(cart, state=CartState.EXPIRED, taken=()))


def end_hold(writer: JournalWriter, cart: StoredCart) -> None:
    """Expire a cart, also one that a new epoch froze while it was being paid."""
    if any(item.state != "held" for item in writer.cart_items(cart.txn_id)):
        writer.let_go(cart.txn_id)
        writer.put_cart(replace(cart, state=CartState.EXPIRED, taken=()))
    else:
        expire(writer, cart)


def holds_revoked(reader: JournalReader, items: Sequence[StockItem]) -> bool:
    """Say whether one of these was revoked: no gate would let its holder in."""
    return any(
        reader.gate_knowledge(item.event_id, item.serial).revoked_reason is not None
        for item in items
    )


def expire_revoked(writer: JournalWriter) -> None:
    """Expire every open cart that holds what was revoked, before money is taken for it."""
    for cart in writer.carts():
        is_open = cart.state == CartState.OPEN
        if is_open and holds_revoked(writer, writer.cart_items(cart.txn_id)):
            expire(writer, cart)


def expire_overdue(writer: JournalWriter, moment: Moment) -> int:
    """Expire every open cart whose time is over; return how many."""
    overdue = [cart for cart in writer.carts() if has_expired(cart, moment)]
    for cart in overdue:
        expire(writer, cart)
    return len(overdue)
