"""The message line: the answer to the last act, details below it."""

from rich.text import Text
from textual.visual import VisualType

from kiosk_texts import tr
from kiosk_ui.hints import Hint
from kiosk_ui.looks import Look, in_words
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.widgets.steady import Steady


class MessageLine(Steady):
    """Shows one notice. `headline_only` where another widget has room for the details.

    Where the notice offers a key, a click does what the key does.
    """

    SCOPED_CSS = False
    DEFAULT_CSS = """
    MessageLine { height: auto; min-height: 1; max-height: 8; padding: 0 1; background: $surface; }
    MessageLine.recorded { color: $text-success; }
    MessageLine.refused { color: $text-error; }
    MessageLine.amber { color: $text-warning; }
    MessageLine.waiting { color: $foreground-muted; }
    .-short MessageLine { max-height: 4; }
    """

    def __init__(self, *, headline_only: bool = False) -> None:
        super().__init__()
        self._headline_only = headline_only
        self._notice: Notice | None = None

    def show(self, notice: Notice | None) -> None:
        """Show a notice, or an empty line."""
        for tone in Tone:
            self.set_class(notice is not None and notice.tone is tone, tone.value)
        self._notice = notice
        self.tell(notice)

    def written(self, look: Look) -> VisualType:
        """Write headline, details and offer; a word stands for the sign in the plain look."""
        notice = self._notice
        if notice is None:
            return Text("")
        plain = look is Look.PLAIN
        text = Text(in_words(notice.headline) if plain else notice.headline, style="bold")
        if not self._headline_only:
            for detail in notice.details:
                text.append(f"\n  {in_words(detail) if plain else detail}", style="not bold")
        if (offer := self._offer) is not None:
            text.append("\n  ").append(offer.key, style="bold" if plain else "reverse")
            text.append(f" {tr(offer.does)}")
        return text

    @property
    def _offer(self) -> Hint | None:
        notice = self._notice
        return None if notice is None or self._headline_only else notice.offer

    def on_click(self) -> None:
        """Do what the offered key does."""
        if self._offer is not None and self._offer.press is not None:
            self.app.simulate_key(self._offer.press)
