"""The keys that session tokens are signed and verified with, and the files they live in.

Private: `{"kid", "private_key_hex"}`, mode 0600. Public, as the ticket API reads it:
`{"keys": [{"kid", "public_key_hex"}]}`.
"""

import json
import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_KID_DIGITS = 16


class KeyFileError(Exception):
    """A key file can't be read or written; the text says why and what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """The private key of this service, and its id."""

    kid: str
    private: Ed25519PrivateKey


def make_keys(private_file: Path, public_file: Path) -> str:
    """Make a signing key, add its public half to the public file, and return its id.

    Keys already in the public file stay, so that tokens signed before a change still count.
    Raises KeyFileError, also if the private file exists: a key is never overwritten.
    """
    private = Ed25519PrivateKey.generate()
    public_hex = private.public_key().public_bytes_raw().hex()
    kid = _kid(private.public_key())
    known = _read_public(public_file) if public_file.exists() else {}
    entries = [{"kid": each, "public_key_hex": known[each]} for each in known]
    entries.append({"kid": kid, "public_key_hex": public_hex})
    secret = {"kid": kid, "private_key_hex": private.private_bytes_raw().hex()}
    _write_new(private_file, json.dumps(secret, indent=2) + "\n")
    _replace(public_file, json.dumps({"keys": entries}, indent=2) + "\n")
    return kid


def load_signing_key(path: Path) -> SigningKey:
    """Read the private key; raises KeyFileError, also if others may read the file."""
    raw = _read_json(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"{path} can be read by others; run: chmod 600 {path}")
    try:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(raw["private_key_hex"]))
        kid = str(raw["kid"])
    except (KeyError, TypeError, ValueError):
        # Not chained: the error's text could hold a part of the key.
        raise KeyFileError(
            f"{path} is no signing key; make one with fleet-service keygen"
        ) from None
    return SigningKey(kid, private)


def load_public_keys(path: Path) -> dict[str, Ed25519PublicKey]:
    """Read the public keys by their ids; raises KeyFileError."""
    try:
        return {
            kid: Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
            for kid, key in _read_public(path).items()
        }
    except ValueError as error:
        raise KeyFileError(f"{path} has a key that is none: {error}") from error


def _kid(public: Ed25519PublicKey) -> str:
    return sha256(public.public_bytes_raw()).hexdigest()[:_KID_DIGITS]


def _read_public(path: Path) -> dict[str, str]:
    raw = _read_json(path)
    try:
        return {str(each["kid"]): str(each["public_key_hex"]) for each in raw["keys"]}
    except (KeyError, TypeError) as error:
        raise KeyFileError(f"{path} has no list of public keys") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_bytes())
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise KeyFileError(f"{path} is not JSON") from error
    if not isinstance(raw, dict):
        raise KeyFileError(f"{path} is no key file")
    return raw


def _write_new(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, text: str) -> None:
    """Write a whole file at once, so that a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(path)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
