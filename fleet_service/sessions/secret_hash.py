"""Enrolment secrets as the registry keeps them: scrypt with a salt of its own."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Self

_N, _R, _P = 2**14, 8, 1
_MAX_MEMORY = 64 * 1024 * 1024
_SALT_BYTES = 16
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class SecretHash:
    """Written `scrypt$<n>$<r>$<p>$<salt hex>$<hash hex>`."""

    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, secret: str, *, n: int = _N) -> Self:
        """Hash a secret with a new salt; `n`: what a guess costs, in KiB of memory."""
        salt = secrets.token_bytes(_SALT_BYTES)
        return cls(n, _R, _P, salt, _scrypt(secret, salt, n, _R, _P))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the written form; raises ValueError."""
        scheme, *parts = text.split("$")
        if scheme != "scrypt" or len(parts) != 5:  # noqa: PLR2004  n, r, p, salt, hash
            msg = "a secret hash looks like scrypt$16384$8$1$<salt>$<hash>"
            raise ValueError(msg)
        n, r, p = (int(part) for part in parts[:3])
        made = cls(n, r, p, bytes.fromhex(parts[3]), bytes.fromhex(parts[4]))
        costs_too_much = 128 * n * r * p > _MAX_MEMORY
        if costs_too_much or len(made.salt) < _SALT_BYTES or len(made.digest) != _HASH_BYTES:
            msg = "the secret hash has parameters that are too weak or too costly"
            raise ValueError(msg)
        return made

    def __str__(self) -> str:
        return f"scrypt${self.n}${self.r}${self.p}${self.salt.hex()}${self.digest.hex()}"

    def matches(self, secret: str) -> bool:
        """Say whether this is the secret; the time taken does not tell how close it was."""
        return hmac.compare_digest(_scrypt(secret, self.salt, self.n, self.r, self.p), self.digest)


def _scrypt(secret: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    raw = secret.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(raw, salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY * 2, dklen=_HASH_BYTES)
