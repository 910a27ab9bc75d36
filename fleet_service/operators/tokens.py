"""How an operator's token is written, and what is kept of it. Pure, but for the dice."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

_ID_BYTES: Final = 8
_SECRET_BYTES: Final = 32
_FORM: Final = re.compile(r"eop_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class OperatorToken:
    """`eop_<id>_<secret>`: the id is no secret; the rest is shown once and kept by nobody."""

    token_id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> "OperatorToken":
        """Return a token that nobody has."""
        return cls(secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> "OperatorToken | None":
        """Return the token that a text is, or None."""
        found = _FORM.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    def text(self) -> str:
        """Return what the operator gets."""
        return f"eop_{self.token_id}_{self.secret}"

    def sha256(self) -> str:
        """Return what is kept of the secret.

        One round of a fast hash is enough: of 256 random bits nobody can try a share worth
        speaking of. A slow one is for words that people choose, and would cost each request.
        """
        return digest(self.secret)


def digest(text: str) -> str:
    """Return the SHA-256 of a text as it came in a header, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
