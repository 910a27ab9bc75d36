"""The key that unfolds concessions, where an event has any."""

from kiosk_texts import mark
from kiosk_ui.hints import Hint
from kiosk_ui.widgets.frame.key_hints import KeyHint

_HINT = Hint("F5", mark("concessions of the chosen type"), "f5")


class ConcessionHint(KeyHint):
    """A key hint below the ticket types, since it makes sense for some events only."""

    DEFAULT_CSS = """
    ConcessionHint { display: none; }
    ConcessionHint.offered { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(_HINT)

    def show(self, *, offered: bool) -> None:
        """Show it where there are concessions to choose from."""
        self.set_class(offered, "offered")
