"""A Textual app that has a look: what all its screens wear, changed by a key at any moment."""

from typing import ClassVar, Final

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.filter import Monochrome, NoColor
from textual.reactive import Reactive

from kiosk_ui.begun_work import BeginsWork
from kiosk_ui.looks import Look
from kiosk_ui.theme import CONTRAST, DARK, LIGHT, PLAIN, theme_of

BARE: Final = "bare"
"""As `kiosk_contracts.screens.ConsoleKind`, which reads pydantic: too slow for a first picture."""


class LookingApp(BeginsWork, App[str]):
    """Wears a look: a class on the app, and a theme."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "next_look", show=False, priority=True)
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-wide")]  # noqa: RUF012  as Textual has it
    VERTICAL_BREAKPOINTS = [(0, "-short"), (16, "-high")]  # noqa: RUF012
    look: Reactive[Look] = Reactive(Look.STANDARD, init=False)
    """How all screens look."""

    def __init__(self, look: Look, theme: str, *, named: bool = False, console: str = "") -> None:
        """Begin with a look; `theme` has the colours of the looks without their own.

        `named`: somebody chose that look, whatever the terminal is. `console`: what the terminal
        is, as far as that was told before.
        """
        super().__init__()
        self._is_named = named
        self._before_plain = Look.STANDARD if look is Look.PLAIN else look
        """What is worn again where a display takes the bare console's place."""
        self.host_console = console
        """What the host shows this on, as the agent says it; empty: not known."""
        for one in (DARK, LIGHT, CONTRAST, PLAIN):
            self.register_theme(one)
        self._chosen_theme = theme
        self.set_reactive(LookingApp.look, look)
        self._wear(look)

    def pop_screen(self) -> AwaitComplete:
        """Take the topmost screen away."""
        # Its workers go first: they must not show anything on half a screen.
        self.workers.cancel_node(self.screen)
        return super().pop_screen()

    def action_next_look(self) -> None:
        """Change to the next look."""
        self.look = self.look.next

    def shown_on(self, console: str) -> None:
        """Wear the plain look on the host's bare console, and its own again on a display.

        Once for each change: Ctrl-L counts after it. What is not known changes nothing.
        """
        if not console or console == self.host_console:
            return
        self.host_console = console
        if self._is_named:
            return
        if console == BARE:
            self._before_plain = self.look if self.look is not Look.PLAIN else self._before_plain
            self.look = Look.PLAIN
        elif self.look is Look.PLAIN:
            self.look = self._before_plain

    def watch_look(self, look: Look) -> None:
        """Change colours and layout; what is typed and chosen stays."""
        self._wear(look)

    def _wear(self, look: Look) -> None:
        for one in Look:
            self.set_class(one is look, one.css_class)
        self.animation_level = "none"
        self.theme = theme_of(look, self._chosen_theme)
        if self.no_color:
            # Textual's filter for true colours would paint a terminal's own colours all black.
            kept = [one for one in self._filters if not isinstance(one, Monochrome | NoColor)]
            self._filters = [*kept, NoColor() if self.native_ansi_color else Monochrome()]
