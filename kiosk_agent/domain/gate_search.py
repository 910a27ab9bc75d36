"""What somebody at a gate types who has no code to scan: a receipt number, or a name."""

import re
from dataclasses import dataclass
from typing import Final

_RECEIPT: Final = re.compile(r"(?:[A-Z][A-Z0-9]{1,5}-)?(?:[0-9]{1,6}-)?[0-9]{1,12}")
_COUNTER_DIGITS: Final = 6
FEWEST_LETTERS: Final = 3
"""Of a name: fewer would list half the house."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: one of the two, or nothing that could be found."""

    receipt_end: str = ""
    name: str = ""


def understand(text: str) -> Wanted:
    """Return what is meant: `HB1-1-000017`, `1-17` and `17` are receipt numbers."""
    said = " ".join(text.split())
    capitals = said.upper()
    if _RECEIPT.fullmatch(capitals):
        head, _, counter = capitals.rpartition("-")
        return Wanted(receipt_end=f"{head}-{counter.zfill(_COUNTER_DIGITS)}")
    if sum(char.isalpha() for char in said) >= FEWEST_LETTERS:
        return Wanted(name=said)
    return Wanted()
