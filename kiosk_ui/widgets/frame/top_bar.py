"""The top line: venue, kiosk code, who is signed in, the time."""

from rich.table import Table
from rich.text import Text

from kiosk_ui.widgets.steady import Steady
from kiosk_ui.words import clean


class TopBar(Steady):
    """One line over every screen."""

    DEFAULT_CSS = """
    .training TopBar { background: $accent; color: $background; }
    TopBar { height: 1; padding: 0 1; background: $panel; color: $foreground; text-style: bold; }
    """

    def show(self, place: str, who: str, time: str) -> None:
        """Show where this is, who is here, and what time it is."""
        if not self.is_new((place, who, time)):
            return
        line = Table.grid(expand=True, padding=(0, 1))
        line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        line.add_column(justify="right", no_wrap=True, overflow="ellipsis", max_width=30)
        line.add_column(justify="right", no_wrap=True)
        line.add_row(Text(clean(place)), Text(clean(who)), Text(time))
        self.update(line, layout=False)
