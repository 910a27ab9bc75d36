"""Names and secrets as AWS makes them, from one source of chance."""

import random
import secrets
import string
from collections.abc import Callable, Container
from typing import Final
from uuid import UUID

_HEX: Final = "0123456789abcdef"
_BASE32: Final = string.ascii_uppercase + "234567"
_BASE64: Final = string.ascii_letters + string.digits + "+/"
_TRIES: Final = 1000


class Ids:
    """Draws ids. With a seed a run repeats itself; without one it is the system's own chance."""

    def __init__(self, seed: int | None = None) -> None:
        self._random: random.Random = (
            secrets.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311  repeatable on request
        )

    def activation_id(self) -> str:
        """Return a UUID in small letters."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def activation_code(self) -> str:
        """Return 20 characters of Base64, as long as the SSM agent demands."""
        return self._of(_BASE64, 20)

    def managed_instance_id(self) -> str:
        """Return `mi-` and 17 hexadecimal digits."""
        return f"mi-{self._of(_HEX, 17)}"

    def hex32(self) -> str:
        """Return 32 hexadecimal digits, as in the ARNs of ECS."""
        return self._of(_HEX, 32)

    def access_key_id(self, prefix: str) -> str:
        """Return an access key id; `prefix` is AKIA (long-lived) or ASIA (with a token)."""
        return prefix + self._of(_BASE32, 16)

    def unique_id(self, prefix: str) -> str:
        """Return a unique id of IAM; `prefix` is AROA (role) or AIDA (user)."""
        return prefix + self._of(_BASE32, 17)

    def secret_key(self) -> str:
        """Return 40 characters of Base64."""
        return self._of(_BASE64, 40)

    def session_token(self) -> str:
        """Return a session token, opaque to everyone but the region."""
        return self._of(_BASE64, 160)

    def _of(self, letters: str, length: int) -> str:
        return "".join(self._random.choice(letters) for _ in range(length))


def unused(draw: Callable[[], str], taken: Container[str]) -> str:
    """Return a draw that is not taken: a seeded region that is started again draws as before."""
    for _ in range(_TRIES):
        drawn = draw()
        if drawn not in taken:
            return drawn
    raise RuntimeError(f"no unused id in {_TRIES} draws")
