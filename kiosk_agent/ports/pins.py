"""PINs are kept as hashes that are slow to guess."""

from typing import Protocol


class PinHashes(Protocol):
    """Makes and checks hashes of PINs. Both take tens of milliseconds of a core on purpose."""

    def hash(self, pin: str) -> str:
        """Return the hash to keep in the roster; another one each time."""
        ...

    def fits(self, pin_hash: str, pin: str) -> bool:
        """Say whether the hash was made of this PIN; False for a hash that cannot be read."""
        ...
