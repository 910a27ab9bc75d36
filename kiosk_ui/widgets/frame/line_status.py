"""The line status: on every screen, always."""

from rich.text import Text

from kiosk_ui.widgets.steady import SteadyText

_CLASSES = ("online", "offline", "away", "asking", "practice")


class LineStatus(SteadyText):
    """Says online or offline since when, how many unsent, how much is left to sell."""

    DEFAULT_CSS = """
    LineStatus { height: auto; min-height: 1; max-height: 2; padding: 0 1; text-style: bold; }
    LineStatus.online { background: $success-muted; color: $text-success; }
    LineStatus.offline { background: $warning-muted; color: $text-warning; }
    LineStatus.practice { background: $accent; color: $background; }
    LineStatus.away { background: $error-muted; color: $text-error; }
    """

    def show(self, text: str, state: str) -> None:
        """Show the line status; `state` is its class."""
        for name in _CLASSES:
            self.set_class(name == state, name)
        self.say(Text(text))
