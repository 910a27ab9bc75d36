"""The message line: the answer to the last act, details below it."""

from rich.text import Text
from textual.widgets import Static

from kiosk_ui.notices import Notice, Tone


class MessageLine(Static):
    """Shows one notice. `headline_only` where another widget has room for the details."""

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

    def show(self, notice: Notice | None) -> None:
        """Show a notice, or an empty line."""
        for tone in Tone:
            self.set_class(notice is not None and notice.tone is tone, tone.value)
        if notice is None:
            self.update(Text(""))
            return
        text = Text(notice.headline, style="bold")
        if not self._headline_only:
            for detail in notice.details:
                text.append(f"\n  {detail}", style="not bold")
        self.update(text)
