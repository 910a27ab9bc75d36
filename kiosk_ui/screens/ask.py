"""A question that must be answered before anything else."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from kiosk_ui.hints import Hint
from kiosk_ui.widgets.frame.key_hints import KeyHints


class AskScreen(ModalScreen[bool]):
    """Yes with Enter, no with Esc."""

    finish_first: ClassVar[str] = "Answer the question first"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", show=False),
        Binding("escape", "answer(False)", show=False),
    ]
    DEFAULT_CSS = """
    AskScreen { align: center middle; background: transparent; }
    AskScreen KeyHints { background: transparent; }
    AskScreen > Vertical {
        width: 60; max-width: 95%; height: auto; padding: 1 2;
        background: $surface; border: round $warning;
    }
    AskScreen .question { text-style: bold; margin-bottom: 1; }
    AskScreen .more { margin-bottom: 1; }
    """

    def __init__(self, question: str, more: str, *, yes: str, no: str) -> None:
        super().__init__()
        self._question = question
        self._more = more
        self._hints = (Hint("Enter", yes, "enter"), Hint("Esc", no, "escape"))

    def compose(self) -> ComposeResult:
        """Question, what it means, the two answers."""
        with Vertical():
            yield Static(Text(self._question), classes="question")
            yield Static(Text(self._more), classes="more")
            yield KeyHints(self._hints)

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001  Textual passes it by position
        """Give the answer."""
        self.dismiss(answer)
