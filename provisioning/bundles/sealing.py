"""Seals what registers a host with a passphrase, and signs the bundle around it."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kiosk_contracts.enrolment import (
    PASSPHRASE_LENGTH,
    Argon2id,
    BundleSecrets,
    EnrolmentBundle,
    Sealed,
    sealed_for,
    signed_bytes,
)
from kiosk_contracts.typed_code import with_check
from provisioning.bundles.keys import BundleKey

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class SealingCost:
    """What each try at a passphrase costs whoever has the bundle.

    As it is: the first choice of RFC 9106 for hosts without a gigabyte to spare.
    """

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


AS_ISSUED: Final = SealingCost()
"""What every bundle of a venue has."""


def make_passphrase() -> str:
    """Return a new passphrase of 75 bits and a check character, in canonical characters."""
    return with_check([secrets.randbelow(32) for _ in range(PASSPHRASE_LENGTH - 1)])


def seal(
    contents: BundleSecrets,
    passphrase: str,
    body: Mapping[str, Any],
    cost: SealingCost = AS_ISSUED,
) -> Sealed:
    """Return the secrets sealed with a canonical passphrase, for this body alone."""
    kdf = Argon2id(
        memory_kib=cost.memory_kib,
        passes=cost.passes,
        lanes=cost.lanes,
        salt=secrets.token_bytes(_SALT_BYTES).hex(),
    )
    key = hash_secret_raw(
        passphrase.encode(),
        bytes.fromhex(kdf.salt),
        time_cost=kdf.passes,
        memory_cost=kdf.memory_kib,
        parallelism=kdf.lanes,
        hash_len=_KEY_BYTES,
        type=Type.ID,
    )
    nonce = secrets.token_bytes(_NONCE_BYTES)
    plain = json.dumps(contents.revealed()).encode()
    return Sealed(
        cipher="chacha20-poly1305",
        kdf=kdf,
        nonce=nonce.hex(),
        ciphertext=ChaCha20Poly1305(key).encrypt(nonce, plain, sealed_for(body)).hex(),
    )


def sign(body: Mapping[str, Any], key: BundleKey) -> EnrolmentBundle:
    """Return the bundle, signed."""
    signature = key.private.sign(signed_bytes(body))
    return EnrolmentBundle(body=dict(body), key_id=key.key_id, signature=signature.hex())
