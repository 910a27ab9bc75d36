"""The void's questions: why, and a manager's PIN where one is needed."""

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from kiosk_contracts.text import is_plain_text
from kiosk_ui.hints import Hint
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.frame.key_hints import KeyHints


@dataclass(frozen=True, slots=True)
class VoidAnswers:
    """Why a sale is undone, and who approves it."""

    reason: str
    pin: str | None


class VoidScreen(ModalScreen[VoidAnswers | None]):
    """Asks before a sale is undone; Esc leaves the sale as it is."""

    finish_first: ClassVar[str] = "Finish or leave the void first"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    DEFAULT_CSS = """
    VoidScreen { align: center middle; background: transparent; }
    VoidScreen KeyHints { background: transparent; }
    VoidScreen > Vertical {
        width: 70; max-width: 95%; height: auto; padding: 1 2;
        background: $surface; border: round $warning;
    }
    VoidScreen .question { text-style: bold; margin-bottom: 1; }
    VoidScreen .problem { height: auto; min-height: 1; margin: 1 0; color: $text-error; }
    VoidScreen Line, VoidScreen Line:focus { background: $panel; }
    """

    def __init__(self, sale: str, *, needs_pin: bool, reason: str = "", problem: str = "") -> None:
        """Ask about a sale; `reason` was typed before, and `problem` says why it is asked again."""
        super().__init__()
        self._typed = reason
        self._refusal = problem
        self._sale = sale
        self._reason = Field("Reason", max_length=200)
        self._pin = Field("Manager's PIN", restrict=r"[0-9]*", max_length=12, password=True)
        self._needs_pin = needs_pin

    def compose(self) -> ComposeResult:
        """Sale, reason, PIN, keys."""
        with Vertical():
            yield Static(Text(f"Void {self._sale}?"), classes="question")
            yield self._reason
            if self._needs_pin:
                yield self._pin
            yield Static(Text(self._refusal), classes="problem")
            yield KeyHints((Hint("Enter", "void", "enter"), Hint("Esc", "leave it", "escape")))

    def on_mount(self) -> None:
        """Go on where the answers were refused: at the PIN."""
        if self._typed:
            self._reason.line.value = self._typed
            self._pin.line.focus()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Go to the next question, or be done."""
        event.stop()
        problem = self._problem()
        if problem is None:
            pin = self._pin.value if self._needs_pin else None
            self.dismiss(VoidAnswers(self._reason.value.strip(), pin))
        elif event.input is self._reason.line and self._reason_problem() is None:
            self._pin.line.focus()
        else:
            self.query_one(".problem", Static).update(Text(problem))

    def action_leave(self) -> None:
        """Leave the sale as it is."""
        self.dismiss(None)

    def _reason_problem(self) -> str | None:
        reason = self._reason.value.strip()
        return None if reason and is_plain_text(reason) else "Type why this sale is undone."

    def _problem(self) -> str | None:
        problem = self._reason_problem()
        if problem is not None:
            return problem
        if self._needs_pin and len(self._pin.value) < 4:  # noqa: PLR2004  the shortest PIN
            return "A manager types their PIN to approve."
        return None
