"""A field that people type into, with its label."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.message import Message
from textual.widgets import Input, Static

from kiosk_ui.takes import Takes
from kiosk_ui.taking_back import TakeBack


class TakesOther(Message):
    """What has the focus takes something else from now on."""


class Line(Input):
    """One typed line. The cursor stands still: nothing moves but what a person does."""

    DEFAULT_CSS = """
    Line, Line:focus { border: none; height: 1; padding: 0 1; background: $surface; width: 1fr; }
    Line:focus { background: $panel; }
    """

    pad_when_asked = False

    def __init__(
        self, takes: Takes, *, restrict: str | None, max_length: int, password: bool
    ) -> None:
        super().__init__(
            restrict=restrict, max_length=max_length, password=password, select_on_focus=False
        )
        self.takes = takes
        self.cursor_blink = False

    def take(self, takes: Takes) -> None:
        """Take something else from now on."""
        if takes is not self.takes:
            self.takes = takes
            self.post_message(TakesOther())

    def remember(self) -> TakeBack:
        """Return what puts the line back as it is now."""
        value, cursor = self.value, self.cursor_position

        def put_back() -> None:
            if self.is_attached:
                self.value = value
                self.cursor_position = cursor

        return put_back


class Field(HorizontalGroup):
    """A label and its line; Enter posts Input.Submitted."""

    DEFAULT_CSS = """
    Field { height: 1; width: 100%; max-width: 64; }
    Field > .label { width: 22; height: 1; color: $foreground-muted; }
    .look-high-contrast Field > Line { background: $panel; }
    .look-large Field { height: 3; }
    .look-large Field > .label { height: 3; padding: 1 0; }
    .look-large Field > Line { height: 3; padding: 1 1; text-style: bold; }
    .-short Field, .-short Field > .label { height: 1; padding: 0; }
    .-short Field > Line { height: 1; padding: 0 1; }
    .-narrow Field > .label { width: auto; padding: 0 1 0 0; }
    """
    SCOPED_CSS = False

    def __init__(
        self,
        label: str,
        *,
        takes: Takes = Takes.TEXT,
        restrict: str | None = None,
        max_length: int = 120,
        password: bool = False,
    ) -> None:
        super().__init__()
        self._label = Static(Text(label), classes="label")
        self.line = Line(takes, restrict=restrict, max_length=max_length, password=password)

    def compose(self) -> ComposeResult:
        """Label, then line."""
        yield self._label
        yield self.line

    def on_click(self) -> None:
        """Type into the line, whatever of the field was touched."""
        self.line.focus()

    @property
    def value(self) -> str:
        """What is typed."""
        return self.line.value

    def relabel(self, label: str, takes: Takes) -> None:
        """Ask for something else; what was typed is cleared."""
        self.line.take(takes)
        self._label.update(Text(label))
        self.clear()

    def clear(self) -> None:
        """Empty the line."""
        self.line.value = ""
