"""The middle of a screen."""

from textual.containers import VerticalScroll


class Body(VerticalScroll, can_focus=False):
    """What a screen is for, between the lines of the frame."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Body { height: 1fr; padding: 1 1 0 1; background: $background; }
    .-short Body { padding: 0 1; }
    .look-plain Body { scrollbar-size-vertical: 0; }
    """
