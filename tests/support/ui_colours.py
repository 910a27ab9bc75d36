"""What stands on what in the screens, by the names of the theme's colours."""

from dataclasses import dataclass

from textual.app import App
from textual.color import Color
from textual.theme import Theme

from tests.support.ui_judges import contrast


@dataclass(frozen=True, slots=True)
class Pair:
    """What is written, on what; the variables' names."""

    what: str
    ink: str
    paper: str


PAIRS = (
    Pair("text", "foreground", "background"),
    Pair("text in panels", "foreground", "surface"),
    Pair("top bar, totals", "foreground", "panel"),
    Pair("labels, key hints", "foreground-muted", "background"),
    Pair("labels in panels", "foreground-muted", "surface"),
    Pair("the chosen row", "on-chosen", "primary-muted"),
    Pair("recorded", "text-success", "surface"),
    Pair("attention", "text-warning", "surface"),
    Pair("refused", "text-error", "surface"),
    Pair("notes on Events", "text-warning", "background"),
    Pair("online", "text-success", "success-muted"),
    Pair("offline", "text-warning", "warning-muted"),
    Pair("no agent", "text-error", "error-muted"),
    Pair("verdict green", "on-verdict-green", "verdict-green"),
    Pair("verdict amber", "on-verdict-amber", "verdict-amber"),
    Pair("verdict red", "on-verdict-red", "verdict-red"),
    Pair("training", "background", "accent"),
    Pair("tickets soon go back", "text-warning", "panel"),
    Pair("QR code", "qr-ink", "qr-paper"),
)


def ratio_of(theme: Theme, pair: Pair) -> float:
    """Return the contrast of a pair as the theme's colours give it."""
    app: App[None] = App()
    app.register_theme(theme)
    app.theme = theme.name
    variables = app.get_css_variables()
    paper = Color.parse(variables[pair.paper])
    return contrast(paper + Color.parse(variables[pair.ink]), paper)
