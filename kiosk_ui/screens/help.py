"""Help: what a screen is for, its keys, the signs, and how scans work."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll

from kiosk_texts import mark, tr
from kiosk_ui.help_page import EVERYWHERE, HELP, LINE_STATUS, LOOK, SCANS, SIGNS, HelpPage
from kiosk_ui.hints import PAD, Hint
from kiosk_ui.looks import NAMES, look_of
from kiosk_ui.notices import Notice
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.frame.key_hints import KeyHints
from kiosk_ui.widgets.help.term_list import Term, TermList
from kiosk_ui.widgets.help.words import HelpWords

_SCROLLS: Final = frozenset({"pageup", "pagedown"})


class HelpScreen(PanelScreen[str]):
    """Explains the screen below it; answers with the key that was touched, to be pressed there."""

    finish_first: ClassVar[str] = mark("Close the help first (Esc)")
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
                yield HelpWords(tr("Help: {title}", title=page.title), page.purpose)
                if self._notice is not None:
                    said = (self._notice.headline, *self._notice.details)
                    yield HelpWords(tr("What the message line says"), *said)
                yield TermList(tr("Keys of this screen"), _terms(page.keys))
                yield TermList(tr("Keys everywhere"), _terms(EVERYWHERE))
                look = tr(NAMES[look_of(self)])
                changes = tr("Now: {look}. Ctrl-L changes it.", look=look)
                yield HelpWords(tr("How it looks"), changes)
                yield HelpWords(tr("Scans"), tr(SCANS))
                yield HelpWords(tr("The line"), tr(LINE_STATUS))
                yield TermList(tr("Signs"), [Term(sign, tr(what)) for sign, what in SIGNS])
            yield KeyHints(self.hints())

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.query_one(VerticalScroll).focus()

    @on(TermList.Touched)
    def press(self, message: TermList.Touched) -> None:
        """Do what the key does on the screen that is explained; what scrolls scrolls here."""
        message.stop()
        if message.press in _SCROLLS:
            self.app.simulate_key(message.press)
        else:
            # Digits have a pad there, once the screen was touched.
            self.dismiss(None if message.press in {PAD, HELP.press} else message.press)

    def hints(self) -> Sequence[Hint]:
        """Return the keys that scroll, change the look, close."""
        close = Hint("Esc", mark("close"), "escape")
        return (
            Hint("↑ ↓", mark("scroll"), "pageup pagedown"),
            LOOK,
            Hint(HELP.key, mark("close"), HELP.press),
            close,
        )


def _terms(hints: Iterable[Hint]) -> list[Term]:
    return [Term(hint.key, tr(hint.more or hint.does), hint) for hint in hints]
