"""Help: what a screen is for, its keys, the signs, and how scans work."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll

from kiosk_ui.help_page import EVERYWHERE, HELP, LINE_STATUS, LOOK, SCANS, SIGNS, HelpPage
from kiosk_ui.hints import Hint
from kiosk_ui.looks import NAMES, look_of
from kiosk_ui.notices import Notice
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.frame.key_hints import KeyHints
from kiosk_ui.widgets.help.term_list import Term, TermList
from kiosk_ui.widgets.help.words import HelpWords


class HelpScreen(PanelScreen[None]):
    """Explains the screen below it; nothing can be done here but read and close it."""

    finish_first: ClassVar[str] = "Close the help first (Esc)"
    DEFAULT_CSS = """
    HelpScreen > Vertical { width: 100%; max-width: 96; height: 100%; padding: 0 1; }
    HelpScreen VerticalScroll { height: 1fr; }
    """

    def __init__(self, page: HelpPage, notice: Notice | None) -> None:
        """Explain `page`; `notice` is repeated in full, for a message line that was too short."""
        super().__init__()
        self._page = page
        self._notice = notice

    def compose(self) -> ComposeResult:
        """From what one needs first to what is the same everywhere."""
        page = self._page
        with Vertical():
            with VerticalScroll():
                yield HelpWords(f"Help: {page.title}", page.purpose)
                if self._notice is not None:
                    said = (self._notice.headline, *self._notice.details)
                    yield HelpWords("What the message line says", *said)
                yield TermList("Keys of this screen", _terms(page.keys))
                yield TermList("Keys everywhere", _terms(EVERYWHERE))
                yield HelpWords("How it looks", f"Now: {NAMES[look_of(self)]}. Ctrl-L changes it.")
                yield HelpWords("Scans", SCANS)
                yield HelpWords("The line", LINE_STATUS)
                yield TermList(
                    "Signs", [Term(sign, f"{word}. {what}") for sign, word, what in SIGNS]
                )
            yield KeyHints(self.hints())

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.query_one(VerticalScroll).focus()

    def hints(self) -> Sequence[Hint]:
        """Return the keys that scroll, change the look, close."""
        close = Hint("Esc", "close", "escape")
        return (Hint("↑ ↓", "scroll"), LOOK, Hint(HELP.key, "close", HELP.press), close)


def _terms(hints: Iterable[Hint]) -> list[Term]:
    return [
        Term(hint.key, hint.more or f"{hint.does[:1].upper()}{hint.does[1:]}.") for hint in hints
    ]
