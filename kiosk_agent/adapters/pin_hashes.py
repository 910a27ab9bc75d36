"""PIN hashes by Argon2id."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class ArgonPinHashes:
    """Argon2id in 16 MiB: a kiosk tries every PIN of its roster, so one try must stay cheap."""

    def __init__(self, *, memory_kib: int = 16 * 1024, passes: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)

    def hash(self, pin: str) -> str:
        """Return the hash to keep in the roster."""
        return self._hasher.hash(pin)

    def fits(self, pin_hash: str, pin: str) -> bool:
        """Say whether the hash was made of this PIN."""
        try:
            return self._hasher.verify(pin_hash, pin)
        except (VerificationError, InvalidHashError):
            return False
