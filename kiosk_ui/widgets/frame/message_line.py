"""The message line: the answer to the last act, details below it."""

from rich.text import Text

from kiosk_ui.hints import Hint
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.widgets.steady import SteadyText


class MessageLine(SteadyText):
    """Shows one notice. `headline_only` where another widget has room for the details.

    Where the notice offers a key, a click does what the key does.
    """

    DEFAULT_CSS = """
    MessageLine { height: auto; min-height: 1; max-height: 8; padding: 0 1; background: $surface; }
    MessageLine.recorded { color: $text-success; }
    MessageLine.refused { color: $text-error; }
    MessageLine.amber { color: $text-warning; }
    MessageLine.waiting { color: $foreground-muted; }
    """

    def __init__(self, *, headline_only: bool = False) -> None:
        super().__init__()
        self._headline_only = headline_only
        self._offer: Hint | None = None

    def show(self, notice: Notice | None) -> None:
        """Show a notice, or an empty line."""
        for tone in Tone:
            self.set_class(notice is not None and notice.tone is tone, tone.value)
        self._offer = None
        if notice is None:
            self.say(Text(""))
            return
        text = Text(notice.headline, style="bold")
        if not self._headline_only:
            for detail in notice.details:
                text.append(f"\n  {detail}", style="not bold")
            self._offer = notice.offer
        if self._offer is not None:
            text.append("\n  ").append(self._offer.key, style="reverse")
            text.append(f" {self._offer.does}")
        self.say(text)

    def on_click(self) -> None:
        """Do what the offered key does."""
        if self._offer is not None and self._offer.press is not None:
            self.app.simulate_key(self._offer.press)
