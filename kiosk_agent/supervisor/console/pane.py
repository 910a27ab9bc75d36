"""The kiosk's side of the terminal: what it shows and who types, unless a technician is there."""

from collections.abc import Callable

from kiosk_agent.supervisor.console.terminal import Terminal


class Pane:
    """What the kiosk sees of the terminal. While it is covered nothing is painted or typed."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._said: tuple[str, ...] = ()
        """What stands there in place of a UI; empty while one is relayed."""
        self.covered = False
        self.typed: Callable[[bytes], None] = _nobody
        """Takes what is typed; replaced by whoever is on the screen."""
        self.resized: Callable[[], None] = _nothing
        """Called when the UI is to paint anew."""

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._terminal.size

    def write(self, data: bytes) -> None:
        """Paint, unless it is covered: then the UI paints anew when it is seen again."""
        if not self.covered:
            self._terminal.write(data)

    def say(self, *lines: str) -> None:
        """Show nothing but these lines, in the middle."""
        self._said = lines
        if not self.covered:
            self._terminal.say(*lines)

    def clear(self) -> None:
        """Make room for a UI that is to paint all of it."""
        self._said = ()
        if not self.covered:
            self._terminal.clear()

    def take(self, data: bytes) -> None:
        """Hand on what was typed."""
        if not self.covered:
            self.typed(data)

    def repaint(self) -> None:
        """Show again what is to be seen: after a change of size, or when it is uncovered."""
        if self.covered:
            return
        if self._said:
            self._terminal.say(*self._said)
        else:
            self.resized()

    def uncover(self) -> None:
        """Show the kiosk again."""
        self.covered = False
        self._terminal.clear()
        self.repaint()


def _nobody(_: bytes) -> None:
    """Drop what is typed while nobody is there to take it."""


def _nothing() -> None:
    """Paint nothing: no UI is there."""
