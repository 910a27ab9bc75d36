"""Reads the QR code that a terminal shows in half blocks, as a scanner reads it off the glass."""

from collections.abc import Sequence
from typing import Final

import zxingcpp

_SCALE: Final = 4
_MARGIN: Final = 4
_DARK, _LIGHT = 0, 255
_HALVES: Final = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1)}
"""For each block character, whether its upper and lower half are inked."""
_FEWEST_BLOCKS: Final = 60
"""No QR code has fewer; so screens without one cost nothing."""


def read_qr(lines: Sequence[str]) -> str | None:
    """Return the text of the QR code in `lines`, or None if they show none.

    Whether ink is dark or light depends on the theme; the reader tries both.
    """
    if sum(line.count("▀") + line.count("▄") + line.count("█") for line in lines) < _FEWEST_BLOCKS:
        return None
    modules = _modules(lines)
    for ink in (_DARK, _LIGHT):
        for barcode in zxingcpp.read_barcodes(
            _picture(modules, ink),
            formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
            try_rotate=False,
        ):
            return str(barcode.text)
    return None


def _modules(lines: Sequence[str]) -> list[list[int]]:
    """Return rows of inked (1) and bare (0) modules, two rows for each line of text."""
    width = max(len(line) for line in lines)
    rows: list[list[int]] = []
    for line in lines:
        halves = [_HALVES.get(char, (0, 0)) for char in line.ljust(width)]
        rows += [[upper for upper, _ in halves], [lower for _, lower in halves]]
    return rows


def _picture(modules: list[list[int]], ink: int) -> memoryview:
    """Return a greyscale picture of the modules, several pixels to each, with a margin."""
    bare = _LIGHT - ink
    width = (len(modules[0]) + 2 * _MARGIN) * _SCALE
    edge = bytes([bare]) * (width * _MARGIN * _SCALE)
    body = bytearray(edge)
    side = bytes([bare]) * (_MARGIN * _SCALE)
    for row in modules:
        line = side + b"".join(bytes([ink if bit else bare]) * _SCALE for bit in row) + side
        body += line * _SCALE
    body += edge
    return memoryview(bytes(body)).cast("B", (len(body) // width, width))
