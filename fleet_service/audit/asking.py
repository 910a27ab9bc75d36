"""What of the audit is asked for. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from fleet_service.audit.order import END, end_of, start_of

LONGEST_SPAN: Final = timedelta(days=366)
USUAL_SPAN: Final = timedelta(days=30)
_FIRST_DAY: Final = date(1970, 1, 1)
"""Of ids that say their time."""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries: of these days (UTC, both included), by whom, about what, before where."""

    first: date
    last: date
    actor: str | None
    """An operator's token, by its id."""
    target: str | None
    after: int
    """The position up to which all newer ones were shown; END: none yet."""
    limit: int

    @property
    def newest(self) -> int:
        """The position before which entries are wanted."""
        return min(self.after, end_of(self.last))

    @property
    def oldest(self) -> int:
        """The position from which on entries are wanted."""
        return start_of(self.first)


def asked(  # noqa: PLR0913  what a query string may say
    today: date,
    *,
    first: date | None,
    last: date | None,
    actor: str | None,
    target: str | None,
    after: int | None,
    limit: int,
) -> AuditQuery:
    """Return a query with what was not said; raises ValueError, which says what does not fit."""
    last = last or max(today, first or today)
    first = first or last - USUAL_SPAN
    if last < _FIRST_DAY:
        msg = f"to: no entry is older than {_FIRST_DAY}."
        raise ValueError(msg)
    first = max(first, _FIRST_DAY)
    if first > last:
        msg = "from: it is later than to."
        raise ValueError(msg)
    if last - first > LONGEST_SPAN:
        msg = f"from, to: at most {LONGEST_SPAN.days} days are asked for at once."
        raise ValueError(msg)
    return AuditQuery(first, last, actor, target, END if after is None else after, limit)
