"""Which terminal the first screen is: the host's own console, or a full-screen one on a display."""

from collections.abc import Mapping, Sequence
from typing import Literal

from kiosk_contracts.screens import ConsoleKind

ConsoleSetting = Literal["auto", "display", "bare"]
_CONNECTED = "connected"


def console_kind(
    setting: ConsoleSetting, connectors: Mapping[str, str], missing: Sequence[str]
) -> tuple[ConsoleKind, str]:
    """Return what the first screen is to be, and why.

    `connectors` are the graphics card's, each with its status as the kernel says it; `missing` is
    what of the full-screen terminal this host lacks.
    """
    if setting == "bare":
        return ConsoleKind.BARE, "the settings say bare"
    lit = sorted(name for name, status in connectors.items() if status == _CONNECTED)
    if not lit and setting == "auto":
        return ConsoleKind.BARE, "no display is connected to a graphics card"
    if missing:
        return ConsoleKind.BARE, f"a display needs {', '.join(missing)}; install what is missing"
    if lit:
        return ConsoleKind.DISPLAY, f"a display is connected at {', '.join(lit)}"
    return ConsoleKind.DISPLAY, "the settings say display"
