"""Ed25519 signatures of ticket codes: verified, and for training made with a key of the day."""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether the holder of the 32-byte public key signed the message (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_of_the_day() -> tuple[bytes, Callable[[bytes], bytes]]:
    """Return a new public key, and what signs with it. It is kept nowhere, and no gate knows it."""
    private = Ed25519PrivateKey.generate()
    return private.public_key().public_bytes_raw(), private.sign
