"""A ticket code as a QR code of half blocks: 41 columns by 21 rows, for any dark-on-light cell."""

from typing import Final

import segno
from segno.encoder import DataOverflowError

VERSION: Final = 5
QUIET_ZONE: Final = 2
COLUMNS: Final = 17 + 4 * VERSION + 2 * QUIET_ZONE
ROWS: Final = (COLUMNS + 1) // 2

_HALF_BLOCKS: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


class QrTooLongError(ValueError):
    """A text has more characters than the code on the screen can hold."""


def qr_rows(text: str) -> list[str]:
    """Return ROWS lines of COLUMNS characters; a filled half is a dark module.

    Version 5, error correction M, alphanumeric: it holds 122 of digits and capitals. Raises
    QrTooLongError for more.
    """
    try:
        code = segno.make(text, version=VERSION, error="m", boost_error=False, micro=False)
    except DataOverflowError as error:
        msg = f"{len(text)} characters do not fit the QR code"
        raise QrTooLongError(msg) from error
    modules = [list(row) for row in code.matrix_iter(border=QUIET_ZONE)]
    modules.append([0] * COLUMNS)
    return [
        "".join(_HALF_BLOCKS[upper & 1, lower & 1] for upper, lower in zip(*pair, strict=True))
        for pair in zip(modules[0::2], modules[1::2], strict=True)
    ]
