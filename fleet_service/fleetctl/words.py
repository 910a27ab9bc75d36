"""States, ages and tables as people read them. What comes from kiosks was made plain before."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.table import Table
from rich.text import Text

from kiosk_contracts.shown_text import shown

GRAVITY: Final = (
    "ui_down",
    "sales_stopped",
    "agent_silent",
    "kiosk_unreachable",
    "venue_unreachable",
    "degraded",
    "pending",
    "draining",
    "well",
    "closed",
    "expected",
    "revoked",
    "retired",
)
"""The states of a kiosk, those that somebody has to see to first."""
_LOOKS: Final = {
    "ui_down": "bold red",
    "sales_stopped": "bold red",
    "agent_silent": "bold red",
    "kiosk_unreachable": "bold red",
    "venue_unreachable": "bold red",
    "degraded": "yellow",
    "pending": "yellow",
    "draining": "cyan",
    "well": "green",
    "moved": "green",
    "done": "green",
    "live": "green",
    "settled": "green",
    "quarantined": "bold red",
    "failed": "bold red",
    "moved_back": "yellow",
    "moving_back": "yellow",
    "stopped": "bold red",
    "stopping": "bold red",
    "running": "cyan",
    "moving": "cyan",
    "settling": "cyan",
}
_LONGEST: Final = 500
_SOON: Final = 120


def state(word: str) -> Text:
    """Return a state as a word, coloured where there are colours."""
    return Text(word.replace("_", " "), _LOOKS.get(word, ""))


def plain(text: object) -> Text:
    """Return what a service said as one line of text that a terminal takes for nothing else."""
    return Text(shown(str(text), _LONGEST))


def gravity(word: str) -> int:
    """Return where a state stands among problems; what nobody knows stands first."""
    return GRAVITY.index(word) if word in GRAVITY else -1


def age(since: datetime | None, now: datetime | None = None) -> str:
    """Return how long ago something was, e.g. `12 s`, `5 min`, `3 h`, `2 d`; `-` if never."""
    if since is None:
        return "-"
    return lasting((now or datetime.now(UTC)) - since)


def lasting(span: timedelta) -> str:
    """Return a time in the largest unit that says it well enough."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < _SOON:
        return f"{seconds} s"
    if seconds < _SOON * 60:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86_400} d"


def when(at: datetime | None) -> str:
    """Return a moment, in UTC as all of the fleet's records."""
    return "-" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def clock_time() -> str:
    """Return what time it is where a person looks."""
    return f"{datetime.now().astimezone():%H:%M:%S}"


def table(titles: Sequence[str], rows: Iterable[Sequence[Text | str]]) -> Table:
    """Return a table without borders."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        made.add_column(title, overflow="fold")
    for row in rows:
        made.add_row(*(one if isinstance(one, Text) else plain(one) for one in row))
    return made


def facts(pairs: Iterable[tuple[str, Text | str]]) -> Table:
    """Return facts below one another, each with its name before it."""
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(Text(name, "dim"), value if isinstance(value, Text) else plain(value))
    return made
