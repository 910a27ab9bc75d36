"""Sheets in ESC/POS, the language of receipt printers; python-escpos knows its words."""

from typing import Final

from escpos.constants import QR_ECLEVEL_M
from escpos.printer import Dummy

from kiosk_agent.domain.paper import Code, Line, Sheet, laid_out

_UNKNOWN: Final = "?"
_FIRST_IDEOGRAPH: Final = "\u2e80"
"""From here on python-escpos sends GB18030, whatever the printer's code pages are."""
_DOT: Final = 6
"""Dots of a module of the QR code: 121 characters make 45 modules, 34 mm at 203 dpi."""


def render(sheet: Sheet, columns: int, profile: str) -> bytes:
    """Return what prints the sheet and cuts it off. What no code page has is printed as `?`."""
    device = Dummy(profile=None if profile == "default" else profile)
    device.hw("INIT")
    for piece in laid_out(sheet, columns):
        match piece:
            case Code():
                device.set(align="center", normal_textsize=True, bold=False)
                device.qr(piece.text, ec=QR_ECLEVEL_M, size=_DOT, native=True)
                device.text("\n")
            case Line():
                device.set(
                    align="center" if piece.centred else "left",
                    bold=piece.strong,
                    normal_textsize=not piece.large,
                    double_width=piece.large,
                    double_height=piece.large,
                )
                device.text(_writable(piece.text) + "\n")
    device.cut()
    printed: bytes = device.output
    return printed


def _writable(text: str) -> str:
    return "".join(_UNKNOWN if char >= _FIRST_IDEOGRAPH else char for char in text)
