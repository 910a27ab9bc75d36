"""What a container said when it ended: of a terminal's output, what is no picture. No I/O.

What stands on the screen is a customer's and a cashier's, and goes nowhere: only what was written
before the UI took the screen, or after it gave it back.
"""

import re
from typing import Final

from kiosk_agent.supervisor.domain.memory import LAST_WORDS

_TAKES: Final = b"\x1b[?1049h"
_GIVES_BACK: Final = b"\x1b[?1049l"
_KEPT: Final = 16_384
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")


class SaidOnTerminal:
    """Hears an output piece by piece, in bounded memory."""

    def __init__(self) -> None:
        self._kept = b""
        self._paints = False

    def heard(self, piece: bytes) -> None:
        """Hear what comes next."""
        text = self._kept + piece
        takes, gives_back = text.rfind(_TAKES), text.rfind(_GIVES_BACK)
        if max(takes, gives_back) >= 0:
            self._paints = takes > gives_back
        if not self._paints and gives_back >= 0:
            text = text[gives_back + len(_GIVES_BACK) :]
        # Of a picture only so much as may be half of what ends it.
        self._kept = text[-len(_GIVES_BACK) :] if self._paints else text[-_KEPT:]

    def last_line(self) -> str:
        """Return the last line that says something; empty if it painted to the end."""
        if self._paints:
            return ""
        text = _ESCAPES.sub("", self._kept.decode(errors="replace"))
        lines = [line for line in re.split(r"[\r\n]+", text) if any(map(str.isalnum, line))]
        return lines[-1] if lines else ""


def plain(text: str) -> str:
    """Return it on one line, without what moves a terminal, and no longer than is remembered."""
    seen = "".join(one if one.isprintable() else " " for one in _ESCAPES.sub("", text))
    return " ".join(seen.split())[:LAST_WORDS]
