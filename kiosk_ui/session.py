"""What the UI knows at this moment beside the agent's status; nothing of it outlives the process.

Everything that must survive (carts, sales, sign-in) is the agent's.
"""

from dataclasses import dataclass, field
from typing import Final

from kiosk_contracts.money import Money
from kiosk_contracts.selling import CatalogueEvent, KioskCatalogue, SaleRecorded
from kiosk_contracts.shifts import ShiftReport
from kiosk_contracts.staff import AmountLimits, StaffRole, StaffSession
from kiosk_ui.bounce import KeyTimes
from kiosk_ui.cart_lines import LineKey, price_in
from kiosk_ui.listings import Listing

_SELL_NOTHING: Final = frozenset({StaffRole.TECHNICIAN, StaffRole.GATE})


@dataclass(slots=True)
class Session:
    """Who is signed in, and what the screens have in hand."""

    gate: str
    """The name of this gate, as admissions record it."""
    staff: StaffSession | None = None
    catalogue: KioskCatalogue | None = None
    gate_event: CatalogueEvent | None = None
    """The event that this gate lets in: the one last chosen on Events."""
    handed_gate_event: str = ""
    """The event that the gate of the screen before let in, until it is this gate's. So long nobody
    is let in, and none becomes this gate's but by a person."""
    sale: SaleRecorded | None = None
    """The sale whose tickets are being handed over."""
    standings: dict[str, str] = field(default_factory=dict)
    """What tickets of earlier sales are worth, by serial: a TicketStanding, as last read."""
    z_report: ShiftReport | None = None
    """Of the shift that was closed last here."""
    shift: ShiftReport | None = None
    """Of the shift that was chosen from the list, open or closed."""
    counts_chosen: bool = False
    """Whether the chosen shift's drawer is counted, not one's own."""
    listing: Listing = Listing.ALL
    """The list that Transactions begins with."""
    wanted: str = ""
    """What Find begins with: a ticket that was scanned elsewhere."""
    keys: KeyTimes = field(default_factory=KeyTimes)

    def gate_event_id(self) -> str:
        """Return the event that this gate lets in, also where it is not known yet; empty: none."""
        if self.handed_gate_event:
            return self.handed_gate_event
        return self.gate_event.event_id if self.gate_event is not None else ""

    def hand_gate_event(self, event_id: str) -> None:
        """Let this gate go on with the event of the screen before, whatever was chosen here."""
        self.handed_gate_event, self.gate_event = event_id, None

    def may_sell(self) -> bool:
        """Say whether the person signed in may sell at all."""
        return self.staff is not None and self.staff.role not in _SELL_NOTHING

    def needs_shift(self) -> bool:
        """Say whether a shift has to be opened before this person sells."""
        return self.may_sell() and self.staff is not None and self.staff.shift_id is None

    def is_manager(self) -> bool:
        """Say whether the person signed in approves voids themself."""
        return self.staff is not None and self.staff.role == StaffRole.MANAGER

    def limits(self) -> AmountLimits | None:
        """Return which amounts the agent takes for a slip; None where it does not say."""
        return self.staff.limits if self.staff is not None else None

    def most_change(self) -> Money | None:
        """Return what is given back at most for one sale; None where nobody says."""
        limits = self.limits()
        return limits.change if limits is not None else None

    def event(self, event_id: str) -> CatalogueEvent | None:
        """Return an event of the catalogue last read."""
        if self.catalogue is None:
            return None
        return next((e for e in self.catalogue.events if e.event_id == event_id), None)

    def price_of(self, key: LineKey) -> Money | None:
        """Return what one ticket costs by itself, by the catalogue last read; None if unknown."""
        event = self.event(key.event_id)
        return None if event is None else price_in(event, key)
