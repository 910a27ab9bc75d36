"""The top line: venue, kiosk code, who is signed in, the time, and the key that helps."""

from datetime import datetime
from typing import Final

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.visual import VisualType

from kiosk_texts import time, time_to_the_minute
from kiosk_ui.cleaning import clean
from kiosk_ui.help_page import HELP
from kiosk_ui.looks import Look, in_words
from kiosk_ui.widgets.frame.key_hints import KeyHint
from kiosk_ui.widgets.steady import Steady

_LEAST_WIDTH: Final = 50
"""Columns below which nobody's name is shown."""


class Whereabouts(Steady):
    """Where this is, who is here, what time it is."""

    DEFAULT_CSS = """
    Whereabouts { width: 1fr; height: 1; padding: 0 0 0 1; }
    """
    _said: tuple[str, str, str] = ("", "", "")
    _now: datetime | None = None

    def show(self, venue: str, place: str, who: str, now: datetime) -> None:
        """Show these; `now` in the kiosk's zone."""
        self._said = (clean(venue), clean(place), clean(who))
        self._now = now.replace(microsecond=0)
        self.tell((self._said, self._now))

    def written(self, look: Look) -> VisualType:
        """In columns; in the plain look as words, with a time that changes once a minute."""
        (venue, place, who), now = self._said, self._now
        if look is Look.PLAIN:
            # What changes each second would be read aloud each second.
            minute = "" if now is None else time_to_the_minute(now)
            return Text(", ".join(filter(None, (venue, in_words(place), who, minute))))
        at = "" if now is None else time(now)
        if self.size.width < _LEAST_WIDTH:
            who = ""
        taken = sum(cell_len(word) + 1 for word in (place, who, at) if word)
        place = " · ".join(filter(None, (_shortened(venue, self.size.width - 1 - taken), place)))
        line = Table.grid(expand=True, padding=(0, 1))
        line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        line.add_column(justify="right", no_wrap=True, overflow="ellipsis", max_width=30)
        line.add_column(justify="right", no_wrap=True)
        line.add_row(Text(place), Text(who), Text(at))
        return line


def _shortened(venue: str, room: int) -> str:
    """Return the venue's name in `room` columns, a separator included; empty if that is none.

    Who works here knows where they are, and not always on which screen.
    """
    text = Text(venue)
    text.truncate(max(0, room - cell_len(" · ")), overflow="ellipsis")
    return text.plain if cell_len(text.plain) > 1 else ""


class TopBar(HorizontalGroup):
    """One line over every screen."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $panel; color: $foreground; text-style: bold; }
    TopBar KeyHint { color: $foreground; }
    .training TopBar, .training TopBar KeyHint { background: $accent; color: $background; }
    """

    def compose(self) -> ComposeResult:
        """Whereabouts, then the key for help."""
        yield Whereabouts()
        yield KeyHint(HELP)

    def show(self, venue: str, place: str, who: str, now: datetime) -> None:
        """Show where this is, who is here, and what time it is."""
        self.query_one(Whereabouts).show(venue, place, who, now)
