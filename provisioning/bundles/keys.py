"""The key that signs bundles (Ed25519, PEM), and its public half, which hosts verify with.

https://www.rfc-editor.org/rfc/rfc8410
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from kiosk_contracts.enrolment import key_id_of
from operator_cli.refusing import RefusedError


@dataclass(frozen=True, slots=True, repr=False)
class BundleKey:
    """The private key and its id."""

    key_id: str
    private: Ed25519PrivateKey


def make_bundle_key(private_file: Path, public_file: Path) -> str:
    """Make a key and write both halves to new files; return its id. Raises RefusedError."""
    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if public_file.exists():
        raise RefusedError(f"{public_file} is there already", "Name a new file.")
    _write_new(private_file, secret, 0o600)
    try:
        _write_new(public_file, public, 0o644)
    except RefusedError:
        # Whoever keeps half a key would take it for a whole one.
        private_file.unlink()
        raise
    return key_id(private.public_key())


def load_bundle_key(path: Path) -> BundleKey:
    """Read the private key; raises RefusedError, also if others may read the file."""
    raw = _read(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise RefusedError(f"{path} can be read by others", f"Run: chmod 600 {path}")
    try:
        private = load_pem_private_key(raw, None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise RefusedError(
            f"{path} is no key that signs bundles", "Make one: kiosk-provision bundle keygen."
        )
    return BundleKey(key_id(private.public_key()), private)


def load_verifying_keys(paths: list[Path]) -> dict[str, bytes]:
    """Read public keys by their ids; raises RefusedError."""
    keys = {}
    for path in paths:
        try:
            public = load_pem_public_key(_read(path))
        except ValueError:
            public = None
        if not isinstance(public, Ed25519PublicKey):
            raise RefusedError(
                f"{path} is no key that verifies bundles", "Name the public file of keygen."
            )
        keys[key_id(public)] = public.public_bytes_raw()
    return keys


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether the holder of the 32-byte public key signed the message (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def key_id(public: Ed25519PublicKey) -> str:
    """Return the id of a key: the beginning of its SHA-256."""
    return key_id_of(public.public_bytes_raw())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}", "Check the path.") from error


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}", "Name a new file.") from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
