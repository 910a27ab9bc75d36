"""A panel over the screen: answered or left before anything else."""

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

T = TypeVar("T")


class PanelScreen(ModalScreen[T | None]):
    """Asks for a T; Esc leaves all as it is, with None."""

    finish_first: ClassVar[str] = ""
    """What a scan is told to finish before it can be taken."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    DEFAULT_CSS = """
    PanelScreen { align: center middle; background: transparent; }
    PanelScreen KeyHints, PanelScreen KeyHintColumn { background: transparent; }
    PanelScreen > Vertical {
        width: 70; max-width: 95%; height: auto; max-height: 100%; padding: 1 2;
        background: $surface; border: round $warning;
    }
    PanelScreen .question { text-style: bold; margin-bottom: 1; }
    PanelScreen .problem { height: auto; min-height: 1; margin: 1 0; color: $text-error; }
    PanelScreen Line, PanelScreen Line:focus { background: $panel; }
    """

    def action_leave(self) -> None:
        """Leave all as it is."""
        self.dismiss(None)
