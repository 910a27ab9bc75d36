"""A question that must be answered before anything else."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from kiosk_texts import mark, tr
from kiosk_ui.help_page import HELP, HelpPage
from kiosk_ui.hints import Hint
from kiosk_ui.widgets.frame.key_hints import KeyHints


class AskScreen(ModalScreen[bool]):
    """Yes with Enter, no with Esc."""

    finish_first: ClassVar[str] = mark("Answer the question first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", show=False),
        Binding("escape", "answer(False)", show=False),
    ]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    AskScreen { align: center middle; background: transparent; }
    AskScreen KeyHints { background: transparent; }
    AskScreen > Vertical {
        width: 60; max-width: 95%; height: auto; padding: 1 2;
        background: $surface; border: round $warning; overflow-y: auto; max-height: 100%;
    }
    AskScreen .question { text-style: bold; margin-bottom: 1; }
    AskScreen .more { margin-bottom: 1; }
    .look-large AskScreen > Vertical { border: thick $warning; }
    .look-plain AskScreen { align: left top; background: $background; }
    .look-plain AskScreen > Vertical {
        border: none; width: 100%; max-width: 100%; height: 100%; padding: 0 1;
    }
    AskScreen.-short > Vertical { border: none; padding: 0 1; max-width: 100%; }
    """

    def __init__(self, question: str, more: str, *, yes: str, no: str) -> None:
        """Ask; `yes` and `no` are hints, translated where they are shown."""
        super().__init__()
        self._question = question
        self._more = more
        self._hints = (Hint("Enter", yes, "enter"), Hint("Esc", no, "escape"))

    def compose(self) -> ComposeResult:
        """Question, what it means, the two answers."""
        with Vertical():
            yield Static(Text(self._question), classes="question")
            yield Static(Text(self._more), classes="more")
            yield KeyHints((*self._hints, HELP))

    def help_page(self) -> HelpPage:
        """Return what the help says of the question."""
        return HelpPage(tr("a question"), f"{self._question} {self._more}", self.hints())

    def hints(self) -> Sequence[Hint]:
        """Return the two answers."""
        return self._hints

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001  Textual passes it by position
        """Give the answer."""
        self.dismiss(answer)
