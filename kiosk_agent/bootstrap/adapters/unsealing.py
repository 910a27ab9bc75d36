"""Opens the sealed part of an enrolment bundle with the passphrase that the technician types."""

from typing import Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from pydantic import ValidationError

from kiosk_contracts.enrolment import BundleSecrets, ReadBundle, read_passphrase, sealed_for
from kiosk_contracts.typed_code import TypedCodeError

_KEY_BYTES: Final = 32


class WrongPassphraseError(Exception):
    """The passphrase opens nothing; the text says why."""


def unseal(bundle: ReadBundle, typed: str) -> BundleSecrets:
    """Return the secrets of a bundle whose signature holds; raises WrongPassphraseError.

    A slip of a key is found by the check character, before the second that trying it takes.
    """
    try:
        passphrase = read_passphrase(typed)
    except TypedCodeError as error:
        raise WrongPassphraseError(str(error)) from None
    sealed = bundle.body.sealed
    key = hash_secret_raw(
        passphrase.encode(),
        bytes.fromhex(sealed.kdf.salt),
        time_cost=sealed.kdf.passes,
        memory_cost=sealed.kdf.memory_kib,
        parallelism=sealed.kdf.lanes,
        hash_len=_KEY_BYTES,
        type=Type.ID,
    )
    nonce, ciphertext = bytes.fromhex(sealed.nonce), bytes.fromhex(sealed.ciphertext)
    try:
        plain = ChaCha20Poly1305(key).decrypt(nonce, ciphertext, sealed_for(bundle.raw))
    except InvalidTag:
        raise WrongPassphraseError("it is not this bundle's passphrase") from None
    try:
        return BundleSecrets.model_validate_json(plain)
    except ValidationError:
        # Not chained: the error quotes what was sealed.
        raise WrongPassphraseError(
            "what is sealed in this bundle can't be read: it was made by another version"
        ) from None
