"""A text and, where one is needed, a manager's PIN: what an act takes that is written down."""

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from kiosk_contracts.text import is_plain_text
from kiosk_ui.hints import Hint
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField
from kiosk_ui.widgets.frame.key_hints import KeyHints


@dataclass(frozen=True, slots=True)
class Approval:
    """Why, or what else is to be said; and who approves."""

    text: str
    pin: str | None


class ApprovalScreen(PanelScreen[Approval]):
    """Asks before an act; Esc leaves all as it is."""

    ASKS: ClassVar[str]
    """The label of the text."""
    MISSING: ClassVar[str]
    """What is said where the text is empty."""
    DOES: ClassVar[str]
    """What Enter does at the end."""
    MORE: ClassVar[str] = ""
    """What the act means, where the question does not say it."""
    DEFAULT_CSS = """
    ApprovalScreen .more { margin-bottom: 1; }
    """

    def __init__(
        self, question: str, *, needs_pin: bool, text: str = "", problem: str = ""
    ) -> None:
        """Ask; `text` was typed before, and `problem` says why it is asked again."""
        super().__init__()
        self._question = question
        self._typed = text
        self._refusal = problem
        self._text = Field(self.ASKS, max_length=200)
        self._pin = PinField() if needs_pin else None

    def compose(self) -> ComposeResult:
        """Question, text, PIN, keys."""
        with Vertical():
            yield Static(Text(self._question), classes="question")
            if self.MORE:
                yield Static(Text(self.MORE), classes="more")
            yield self._text
            if self._pin is not None:
                yield self._pin
            yield Static(Text(self._refusal), classes="problem")
            yield KeyHints((Hint("Enter", self.DOES, "enter"), Hint("Esc", "leave it", "escape")))

    def on_mount(self) -> None:
        """Go on where the answers were refused: at the PIN."""
        if self._typed:
            self._text.line.value = self._typed
            if self._pin is not None:
                self._pin.line.focus()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Go to the next question, or be done."""
        event.stop()
        missing = self._missing_text()
        problem = missing or (self._pin.problem() if self._pin is not None else None)
        if problem is None:
            pin = self._pin.value if self._pin is not None else None
            self.dismiss(Approval(self._text.value.strip(), pin))
        elif event.input is self._text.line and missing is None and self._pin is not None:
            self._pin.line.focus()
        else:
            self.query_one(".problem", Static).update(Text(problem))

    def _missing_text(self) -> str | None:
        text = self._text.value.strip()
        return None if text and is_plain_text(text) else self.MISSING
