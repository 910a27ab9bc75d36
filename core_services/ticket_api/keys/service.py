"""The folder of signing keys: one file a key, never changed once written."""

import json
import os
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Self

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr, ValidationError

from core_services.ticket_api.clock import Clock
from core_services.ticket_api.keys import domain
from kiosk_contracts.gates import KeySet, VerifyKey
from kiosk_contracts.ticket_code import TicketCode, TicketFacts

_log = structlog.get_logger(__name__)


class KeyFolderError(Exception):
    """The folder of keys cannot be used; the message says why."""


class SigningKey(VerifyKey):
    """A key with its private half, which leaves this folder by no other way."""

    private_key: SecretStr
    """32 bytes, hexadecimal."""

    def secret(self) -> bytes:
        """Return the private half; ValueError if that is no hexadecimal."""
        return bytes.fromhex(self.private_key.get_secret_value())

    def public(self) -> VerifyKey:
        """Return what gates may know."""
        return VerifyKey(
            key_id=self.key_id,
            public_key=self.public_key,
            published_at=self.published_at,
            signs_from=self.signs_from,
        )


class KeyFolder:
    """All signing keys. Several processes may share the folder; each sees the others' new keys."""

    def __init__(self, folder: Path, clock: Clock, max_offline: timedelta) -> None:
        self._folder = folder
        self._clock = clock
        self._max_offline = max_offline
        self._known: dict[str, SigningKey] = {}

    def open(self) -> Self:
        """Make the folder and the first key if there is none; raises KeyFolderError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.all():
                self.announce()
        except OSError as error:
            raise KeyFolderError(f"keys_dir {self._folder} cannot be used: {error}") from error
        return self

    def all(self) -> Sequence[SigningKey]:
        """Return every key, oldest first."""
        for path in self._folder.glob("*.json"):
            if path.name not in self._known:
                self._known[path.name] = _read(path)
        return sorted(self._known.values(), key=lambda key: key.key_id)

    def public(self) -> KeySet:
        """Return what gates may know of the keys."""
        return KeySet(keys=tuple(key.public() for key in self.all()))

    def announce(self) -> VerifyKey:
        """Make the next key, published now; it signs later, unless it is the first."""
        while True:
            keys = self.all()
            key = self._make(keys)
            if _write_new(self._folder, key):
                _log.info("key_announced", key_id=key.key_id, signs_from=str(key.signs_from))
                return key.public()

    def signer(self) -> "Signer":
        """Return what signs tickets now."""
        key = domain.signing_key(self.all(), self._clock.now())
        if key is None:
            raise KeyFolderError(
                f"no key in {self._folder} signs yet; put back the files of the keys before"
            )
        return Signer(key)

    def _make(self, keys: Sequence[SigningKey]) -> SigningKey:
        private = Ed25519PrivateKey.generate()
        now = self._clock.now()
        return SigningKey(
            key_id=domain.next_key_id(keys),
            public_key=private.public_key().public_bytes_raw().hex(),
            published_at=now,
            signs_from=domain.signs_from(keys, now, self._max_offline),
            private_key=SecretStr(private.private_bytes_raw().hex()),
        )


class Signer:
    """Signs ticket codes with one key."""

    def __init__(self, key: SigningKey) -> None:
        self.key_id = key.key_id
        self._private = Ed25519PrivateKey.from_private_bytes(key.secret())

    def code(self, *, event_no: int, type_no: int, serial: str) -> str:
        """Return the ticket code of a serial."""
        facts = TicketFacts(self.key_id, event_no, type_no, serial)
        return TicketCode(facts, self.sign(facts.signed_bytes())).encode()

    def sign(self, message: bytes) -> bytes:
        """Return the signature; `message` begins with what tells its kind from all others."""
        return self._private.sign(message)


def _read(path: Path) -> SigningKey:
    try:
        key = SigningKey.model_validate_json(path.read_bytes())
        private = Ed25519PrivateKey.from_private_bytes(key.secret())
    except ValidationError as error:
        raise _unusable(path, error.errors()[0]["msg"]) from error
    except ValueError as error:
        raise _unusable(path, "its private half is not 32 bytes, hexadecimal") from error
    if private.public_key().public_bytes_raw().hex() != key.public_key:
        raise _unusable(path, "its halves do not belong together")
    return key


def _unusable(path: Path, why: str) -> KeyFolderError:
    return KeyFolderError(
        f"{path} is not a signing key: {why}. Put the file back from its backup; "
        "tickets that it signed are only known by it"
    )


def _write_new(folder: Path, key: SigningKey) -> bool:
    """Write the key whole under its number, or return False if another process took the number."""
    body = {**key.to_json(), "private_key": key.private_key.get_secret_value()}
    partial = folder / f".{secrets.token_hex(8)}.partial"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, folder / f"{key.key_id}.json")
        _sync(folder)
    except FileExistsError:
        return False
    finally:
        partial.unlink()
    return True


def _sync(folder: Path) -> None:
    """Put the folder's names on the disk: a key that has signed must outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
