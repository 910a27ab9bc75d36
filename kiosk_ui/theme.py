"""The looks to choose from. Signs and words carry every meaning; colours only help."""

from typing import Final

from textual.theme import Theme

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
)
THEMES: Final = {theme.name: theme for theme in (DARK, LIGHT)}
