"""What may be sold of a ticket type now, and how a cart's wish is met from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from kiosk_agent.domain import refusals
from kiosk_agent.domain.leases import LeaseState
from kiosk_agent.domain.records import StockItem
from kiosk_contracts.allotments import LimitedBy
from kiosk_contracts.problem import ProblemError


@dataclass(frozen=True, slots=True)
class Supply:
    """The available serials of one ticket type, by what their leases say."""

    live: tuple[StockItem, ...]
    """May be sold, in this order."""
    ended: int
    clock_behind: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is known when the supply does not suffice."""

    what: str
    """Event and ticket type, in words."""
    offline: bool
    elsewhere: int
    """Held in other carts."""
    limited_by: str = ""
    """What limited the last grant, a LimitedBy."""
    frozen: int = 0
    """Of earlier epochs: never sold; they take places, and beyond a roll they count (ADR 16)."""


@dataclass(frozen=True, slots=True)
class HoldChange:
    """Which serials a cart gives back and which it takes."""

    release: tuple[str, ...]
    hold: tuple[str, ...]


def sort_supply(items: Sequence[StockItem], states: Mapping[UUID, LeaseState]) -> Supply:
    """Divide available items by the state of their lease; an unknown lease counts as ended."""
    live: list[StockItem] = []
    ended = clock_behind = 0
    for item in items:
        match states.get(item.allotment_id, LeaseState.ENDED):
            case LeaseState.LIVE:
                live.append(item)
            case LeaseState.ENDED:
                ended += 1
            case LeaseState.CLOCK_BEHIND:
                clock_behind += 1
    return Supply(tuple(live), ended, clock_behind)


def plan_hold(
    wanted: int, held: Sequence[StockItem], supply: Supply, shortage: Callable[[], Shortage]
) -> HoldChange:
    """Return what to release and hold so that the cart holds `wanted`.

    Serials held already stay, whatever became of their lease. Raises ProblemError where the
    supply does not suffice, then `shortage` is asked and nothing is to be changed.
    """
    if wanted <= len(held):
        return HoldChange(release=tuple(item.serial for item in held[wanted:]), hold=())
    missing = wanted - len(held)
    if missing > len(supply.live):
        raise _refusal(wanted, len(held), supply, shortage())
    return HoldChange(release=(), hold=tuple(item.serial for item in supply.live[:missing]))


def _refusal(wanted: int, held: int, supply: Supply, shortage: Shortage) -> ProblemError:
    left = held + len(supply.live)
    if left == 0 and supply.clock_behind:
        return refusals.clock_behind(shortage.what)
    if left == 0 and supply.ended:
        return refusals.lease_ended(shortage.what, supply.ended)
    house_has_none = shortage.limited_by == LimitedBy.INVENTORY and not shortage.frozen
    if house_has_none and not shortage.offline and not shortage.elsewhere:
        return refusals.sold_out(shortage.what, wanted, left)
    return refusals.stock_used_up(
        shortage.what,
        wanted,
        left,
        offline=shortage.offline,
        elsewhere=shortage.elsewhere,
        frozen=shortage.frozen,
    )
