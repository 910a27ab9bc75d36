"""The colours, by what they are for. Widgets name these variables, and no colour of their own.

Beyond Textual's variables: `on-chosen` is written on `primary-muted`, the chosen row;
`verdict-…` and `on-verdict-…` are a gate's verdicts; `qr-paper` and `qr-ink` are for scanners.
"""

from typing import Final

from textual.theme import Theme

from kiosk_ui.looks import Look

_QR: Final = {"qr-paper": "#ffffff", "qr-ink": "#000000"}
_VERDICTS: Final = {
    "verdict-green": "#14713f",
    "on-verdict-green": "#ffffff",
    "verdict-amber": "#f4a63a",
    "on-verdict-amber": "#000000",
    "verdict-red": "#a51c2b",
    "on-verdict-red": "#ffffff",
}
DARK: Final = Theme(
    name="eventpro-dark",
    primary="#5aa9e6",
    secondary="#8fb8de",
    accent="#ffd166",
    warning="#f4a63a",
    error="#f0616d",
    success="#4cc38a",
    foreground="#e8edf2",
    background="#0e1621",
    surface="#152130",
    panel="#1d2d40",
    dark=True,
    variables={"on-chosen": "#e8edf2", **_VERDICTS, **_QR},
)
LIGHT: Final = Theme(
    name="eventpro-light",
    primary="#1f5f99",
    secondary="#3c6e9f",
    accent="#8a5a00",
    warning="#9a5b00",
    error="#b3202e",
    success="#14713f",
    foreground="#14202c",
    background="#f5f7fa",
    surface="#e9eef4",
    panel="#dbe4ee",
    dark=False,
    variables={"on-chosen": "#14202c", "foreground-muted": "#485563", **_VERDICTS, **_QR},
)
CONTRAST: Final = Theme(
    name="eventpro-contrast",
    primary="#ffe100",
    secondary="#ffffff",
    accent="#ffe100",
    warning="#ffe100",
    error="#ffb0b0",
    success="#8dff9f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    dark=True,
    variables={
        "foreground-muted": "#ffffff",
        "text-success": "#8dff9f",
        "text-warning": "#ffe100",
        "text-error": "#ffb0b0",
        "primary-muted": "#ffe100",
        "on-chosen": "#000000",
        "scrollbar": "#ffe100",
        "scrollbar-hover": "#ffe100",
        "scrollbar-active": "#ffe100",
        "scrollbar-background": "#000000",
        "success-muted": "#00280f",
        "warning-muted": "#2b2600",
        "error-muted": "#3d0000",
        "verdict-green": "#00521f",
        "on-verdict-green": "#ffffff",
        "verdict-amber": "#ffe100",
        "on-verdict-amber": "#000000",
        "verdict-red": "#8a0012",
        "on-verdict-red": "#ffffff",
        **_QR,
    },
)
PLAIN: Final = Theme(
    name="eventpro-plain",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_default",
    warning="ansi_default",
    error="ansi_bright_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    dark=True,
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        # Text that is shown less is shown whole: nobody knows what half a default colour is.
        "foreground-muted": "ansi_default",
        "text-muted": "ansi_default",
        "text-disabled": "ansi_default",
        "primary-muted": "ansi_default",
        "on-chosen": "ansi_default",
        "success-muted": "ansi_default",
        "warning-muted": "ansi_default",
        "error-muted": "ansi_default",
        "input-selection-background": "ansi_default",
        "verdict-green": "ansi_green",
        "on-verdict-green": "ansi_black",
        "verdict-amber": "ansi_yellow",
        "on-verdict-amber": "ansi_black",
        "verdict-red": "ansi_red",
        "on-verdict-red": "ansi_bright_white",
        "qr-paper": "ansi_bright_white",
        "qr-ink": "ansi_black",
    },
)
THEMES: Final = {theme.name: theme for theme in (DARK, LIGHT, CONTRAST)}
"""What `--theme` may name: the colours of the looks that have none of their own."""
_OF_LOOK: Final = {Look.HIGH_CONTRAST: CONTRAST.name, Look.PLAIN: PLAIN.name}


def theme_of(look: Look, chosen: str) -> str:
    """Return the theme of a look; `chosen` where the look leaves the choice."""
    return _OF_LOOK.get(look, chosen)
