"""The top line: venue, kiosk code, who is signed in, the time, and the key that helps."""

from datetime import datetime
from typing import Final

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.visual import VisualType

from kiosk_texts import mark, time, time_to_the_minute, tr
from kiosk_ui.cleaning import clean
from kiosk_ui.help_page import HELP
from kiosk_ui.looks import Look, in_words
from kiosk_ui.widgets.frame.key_hints import KeyHint
from kiosk_ui.widgets.steady import Steady

TRAINING: Final = mark("TRAINING: nothing is sold")
_LEAST_WIDTH: Final = 50
"""Columns below which nobody's name is shown."""


class Whereabouts(Steady):
    """Where this is, who is here, what time it is."""

    DEFAULT_CSS = """
    Whereabouts { width: 1fr; height: 1; padding: 0 0 0 1; }
    """
    _said: tuple[str, str, str] = ("", "", "")
    _training = False
    _now: datetime | None = None

    def show(
        self, venue: str, place: str, who: str, now: datetime, *, training: bool = False
    ) -> None:
        """Show these; `now` in the kiosk's zone. In `training` say so before all else."""
        self._said = (clean(venue), clean(place), clean(who))
        self._training = training
        self._now = now.replace(microsecond=0)
        self.tell((self._said, training, self._now))

    def written(self, look: Look) -> VisualType:
        """In columns; in the plain look as words, with a time that changes once a minute."""
        (venue, place, who), now = self._said, self._now
        if self._training:
            place = f"{tr(TRAINING)} · {place}"
        if look is Look.PLAIN:
            # What changes each second would be read aloud each second.
            minute = "" if now is None else time_to_the_minute(now)
            return Text(", ".join(filter(None, (venue, in_words(place), who, minute))))
        at = "" if now is None else time(now)
        if self.size.width < _LEAST_WIDTH:
            who = ""
        taken = _width(place, who, at)
        if self._training and taken > self.size.width - 1:
            # The screen's name is not cut: the line below says in full that nothing is sold.
            place = f"{tr('TRAINING')} · {self._said[1]}"
            taken = _width(place, who, at)
        shortened = _shortened(venue, self.size.width - 1 - taken)
        if self._training and shortened != venue:
            # Half a name beside the word that matters most is only in its way.
            shortened = ""
        place = " · ".join(filter(None, (shortened, place)))
        line = Table.grid(expand=True, padding=(0, 1))
        line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        line.add_column(justify="right", no_wrap=True, overflow="ellipsis", max_width=30)
        line.add_column(justify="right", no_wrap=True)
        line.add_row(Text(place), Text(who), Text(at))
        return line


def _width(*words: str) -> int:
    """Return the columns that words side by side take, each with one after it."""
    return sum(cell_len(word) + 1 for word in words if word)


def _shortened(venue: str, room: int) -> str:
    """Return the venue's name in `room` columns, a separator included; empty if that is none.

    Who works here knows where they are, and not always on which screen.
    """
    room -= cell_len(" · ")
    if room <= 0:
        # Rich would leave all of a name but its last letter in no room at all.
        return ""
    text = Text(venue)
    text.truncate(room, overflow="ellipsis")
    return text.plain if cell_len(text.plain) > 1 else ""


class TopBar(HorizontalGroup):
    """One line over every screen."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    TopBar { height: 1; background: $panel; color: $foreground; text-style: bold; }
    TopBar KeyHint { color: $foreground; }
    .training TopBar, .training TopBar KeyHint { background: $accent; color: $background; }
    """

    def compose(self) -> ComposeResult:
        """Whereabouts, then the key for help."""
        yield Whereabouts()
        yield KeyHint(HELP)

    def show(
        self, venue: str, place: str, who: str, now: datetime, *, training: bool = False
    ) -> None:
        """Show where this is, who is here, what time it is, and whether nothing is sold."""
        self.query_one(Whereabouts).show(venue, place, who, now, training=training)
