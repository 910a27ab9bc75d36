"""A language that is no language: what is not translated stands out of it in plain letters."""

import gettext
import re
from typing import Final

_OPEN: Final = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}"
_CLOSE: Final = "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
_LETTERS: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "àƀçđéƒĝĥíĵķļɱñöþɋřšţúṽŵẋýžÀƁÇĐÉƑĜĤÎĴĶĻṀÑÖÞɊŘŠŢÛṼŴẊÝŽ",
)
_PLACEHOLDER: Final = re.compile(r"(\{[^{}]*\})")


class PseudoTranslations(gettext.NullTranslations):
    """Translates every text into accented letters between brackets; placeholders stay."""

    def gettext(self, message: str) -> str:
        """Return the text in accents; one that has them already stays as it is."""
        if message.startswith(_OPEN) or not message:
            return message
        parts = _PLACEHOLDER.split(message)
        accented = [
            part.translate(_LETTERS) if number % 2 == 0 else part
            for number, part in enumerate(parts)
        ]
        return f"{_OPEN}{''.join(accented)}{_CLOSE}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return one of the two texts in accents, by the English rule."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """Return the text in accents, in any context."""
        del context
        return self.gettext(message)
