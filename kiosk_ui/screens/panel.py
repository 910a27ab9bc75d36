"""A panel over the screen: answered or left before anything else."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from kiosk_texts import tr
from kiosk_ui.help_page import HELP, HelpPage
from kiosk_ui.hints import Hint
from kiosk_ui.screens.touchable import TouchableScreen

T = TypeVar("T")


class PanelScreen(TouchableScreen[T | None], ModalScreen[T | None]):
    """Asks for a T; Esc leaves all as it is, with None."""

    finish_first: ClassVar[str] = ""
    """What a scan is told to finish before it can be taken."""
    HELP_TITLE: ClassVar[str] = ""
    PURPOSE: ClassVar[str] = ""
    """What the panel is for, as its help says it."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    PanelScreen { align: center middle; background: transparent; }
    PanelScreen KeyHints, PanelScreen KeyHintColumn { background: transparent; }
    PanelScreen > Vertical {
        width: 70; max-width: 95%; height: auto; max-height: 100%; padding: 1 2;
        background: $surface; border: round $warning; overflow-y: auto;
    }
    PanelScreen .question { text-style: bold; margin-bottom: 1; }
    PanelScreen .problem { height: auto; min-height: 1; margin: 1 0; color: $text-error; }
    PanelScreen Line, PanelScreen Line:focus { background: $panel; }
    .look-large PanelScreen > Vertical { border: thick $warning; }
    PanelScreen.-short > Vertical { border: none; padding: 0 1; max-width: 100%; }
    PanelScreen.-short .problem { margin: 0; }
    PanelScreen.-short .question { margin: 0; }
    PanelScreen.with-pad > Vertical { padding: 0 2; }
    PanelScreen.with-pad .question, PanelScreen.with-pad .more, PanelScreen.with-pad .problem {
        margin: 0;
    }
    .look-plain PanelScreen { align: left top; background: $background; }
    .look-plain PanelScreen VerticalScroll { scrollbar-size-vertical: 0; }
    .look-plain PanelScreen > Vertical {
        scrollbar-size-vertical: 0;
        border: none; width: 100%; max-width: 100%; height: 100%; padding: 0 1;
    }
    """

    def hints(self) -> Sequence[Hint]:
        """Return all keys of the panel."""
        raise NotImplementedError

    def shown_hints(self) -> Sequence[Hint]:
        """Return the keys as the panel shows them: its own, and the one that helps."""
        return (*self.hints(), HELP)

    def help_page(self) -> HelpPage:
        """Return what the help says of this panel."""
        return HelpPage(tr(self.HELP_TITLE), tr(self.PURPOSE), self.hints())

    def action_leave(self) -> None:
        """Leave all as it is."""
        self.dismiss(None)
