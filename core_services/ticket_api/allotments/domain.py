"""How many serials a kiosk gets: real inventory, less what is kept back, by the stock rule."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk_contracts.allotments import LimitedBy
from kiosk_contracts.catalogue import Event, EventState


@dataclass(frozen=True, slots=True)
class Grant:
    """So many serials, for so long."""

    quantity: int
    limited_by: LimitedBy
    lease_s: int


def plan_grant(  # noqa: PLR0913  a grant rests on all of these
    event: Event,
    *,
    asked: int,
    capacity: int,
    taken: int,
    held: int,
    now: datetime,
    margin: timedelta,
) -> Grant:
    """Say how many of `asked` serials a journal gets that holds `held` unsold ones already."""
    lease_s = max(0, int((event.sales_close_at + margin - now).total_seconds()))
    if event.state != EventState.ON_SALE:
        return Grant(0, LimitedBy.CANCELLED, lease_s)
    if event.sales_close_at <= now:
        return Grant(0, LimitedBy.SALES_CLOSED, lease_s)
    free = max(0, capacity - event.stock_rule.keep_back - taken)
    may_hold = max(0, event.stock_rule.per_kiosk - held)
    granted = min(asked, free, may_hold)
    if granted == asked:
        return Grant(granted, LimitedBy.NOTHING, lease_s)
    limit = LimitedBy.INVENTORY if free <= may_hold else LimitedBy.STOCK_RULE
    return Grant(granted, limit, lease_s)
