"""Amounts as a screen shows them in the English form: `€1,285.87`, or `1285.87 EUR`."""

import re
from typing import Final

AMOUNT: Final = r"(?:-?€\d{1,3}(?:,\d{3})*\.\d{2}|\d[\d.]* [A-Z]{3})"
"""A pattern, without groups."""
_EURO: Final = re.compile(r"(?P<sign>-?)€(?P<digits>[\d,]+\.\d{2})")


def spelled(text: str) -> str:
    """Return a text with its amounts as the ledger writes them, e.g. `1285.87 EUR`."""
    return _EURO.sub(lambda found: f"{found['sign']}{found['digits'].replace(',', '')} EUR", text)
