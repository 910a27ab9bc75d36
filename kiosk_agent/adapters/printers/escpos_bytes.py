"""Sheets in ESC/POS, the language of receipt printers; python-escpos knows its words."""

from dataclasses import replace
from typing import Final

from escpos.constants import QR_ECLEVEL_M
from escpos.printer import Dummy

from kiosk_agent.domain.paper import Code, Line, Pair, Piece, Rule, Sheet, laid_out

_UNKNOWN: Final = "?"
_FIRST_IDEOGRAPH: Final = "\u2e80"
"""From here on python-escpos sends GB18030, whatever the printer's code pages are."""
_PREFERRED: Final = ("CP437", "CP1252", "CP858")
"""Code pages that printers have. Left alone the library takes the euro from the Greek one, of which
an older edition has none."""
_SIGNS: Final = {
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "\N{FULLWIDTH YEN SIGN}": "JPY",
    "₹": "INR",
    "₺": "TRY",
    "₪": "ILS",
    "₩": "KRW",
    "₫": "VND",
    "₱": "PHP",
    "₽": "RUB",
    "₴": "UAH",
    "₦": "NGN",
}
"""Of currencies: an amount must not be told with a `?` in place of what it is an amount of."""
_DOT: Final = 6
"""Dots of a module of the QR code: 121 characters make 45 modules, 34 mm at 203 dpi."""


def render(sheet: Sheet, columns: int, profile: str) -> bytes:
    """Return what prints the sheet and cuts it off. What no code page has is printed as `?`."""
    device = Dummy(profile=None if profile == "default" else profile)
    encoder = device.magic.encoder
    encoder.used_encodings.update(page for page in _PREFERRED if page in encoder.codepages)
    device.hw("INIT")
    for piece in laid_out([_spelt(piece, device) for piece in sheet], columns):
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


def _spelt(piece: Piece, device: Dummy) -> Piece:
    """Return a piece with the names of currencies whose signs the printer does not have."""
    match piece:
        case Line():
            return replace(piece, text=_with_names(piece.text, device))
        case Pair():
            left, right = _with_names(piece.left, device), _with_names(piece.right, device)
            return replace(piece, left=left, right=right)
        case Rule() | Code():
            return piece


def _with_names(text: str, device: Dummy) -> str:
    lacking = {sign: name for sign, name in _SIGNS.items() if sign in text}
    for sign, name in lacking.items():
        if sign >= _FIRST_IDEOGRAPH or not _has(device, sign):
            text = text.replace(sign, name)
    return text


def _has(device: Dummy, char: str) -> bool:
    encoder = device.magic.encoder
    return any(encoder.can_encode(page, char) for page in encoder.codepages)


def _writable(text: str) -> str:
    """Return what the library sends as it is meant; lines are laid out, so spaces may be plain."""
    known = (_UNKNOWN if char >= _FIRST_IDEOGRAPH else char for char in text)
    return "".join(known).replace("\N{NO-BREAK SPACE}", " ")
