"""Nonces for proofs: made without keeping anything, each counts once and for two minutes.

A nonce is `expiry · random · MAC`, so that any task of the service knows one that another made.
What keeps the used ones is a port: in memory for one task.
"""

import hashlib
import hmac
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Final, Protocol

from fleet_service.clock import Clock
from kiosk_contracts.sessions import SessionNonce

LIFE_S: Final = 120
"""Long enough for a slow line, short enough that what was used is soon forgotten."""
_EXPIRY: Final = struct.Struct(">I")
_RANDOM_BYTES: Final = 16
_MAC_BYTES: Final = 16
_LENGTH: Final = _EXPIRY.size + _RANDOM_BYTES + _MAC_BYTES
_PURPOSE: Final = b"eventpro session nonce"


class NonceRefusedError(Exception):
    """The nonce does not count; the text says why."""


class UsedNonces(Protocol):
    """Remembers which nonces were used, until they have expired."""

    async def use(self, nonce: str, until: datetime) -> bool:
        """Note that a nonce was used; False if it had been. Atomic, also between tasks."""
        ...


class MemoryUsedNonces:
    """Adapter of UsedNonces for a service of one task."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, datetime] = {}

    async def use(self, nonce: str, until: datetime) -> bool:
        """Note that a nonce was used."""
        now = self._clock.now()
        self._until = {each: end for each, end in self._until.items() if end > now}
        if nonce in self._until:
            return False
        self._until[nonce] = until
        return True


class Nonces:
    """Makes nonces and takes them back, once."""

    def __init__(self, secret: bytes, used: UsedNonces, clock: Clock) -> None:
        """`secret` is shared by all tasks; a key of its own is derived from it.

        What this process did not make may have been used before it began, where the used ones are
        kept in memory: so nonces from before its start do not count.
        """
        self._key = hmac.digest(secret, _PURPOSE, hashlib.sha256)
        self._used = used
        self._clock = clock
        self._began = int(clock.now().timestamp())

    def make(self) -> SessionNonce:
        """Return a new nonce."""
        now = self._clock.now()
        body = _EXPIRY.pack(int(now.timestamp()) + LIFE_S) + secrets.token_bytes(_RANDOM_BYTES)
        text = urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()
        return SessionNonce(nonce=text, expires_in_s=LIFE_S, server_time=now)

    async def use(self, nonce: str) -> None:
        """Let a nonce count, once; raises NonceRefusedError."""
        expires_at = self._expiry(nonce)
        now = self._clock.now().timestamp()
        if expires_at <= now or expires_at < self._began + LIFE_S:
            raise NonceRefusedError("the nonce has expired")
        if not await self._used.use(nonce, datetime.fromtimestamp(expires_at, UTC)):
            raise NonceRefusedError("the nonce was used before")

    def _expiry(self, nonce: str) -> int:
        """Return when a nonce of ours expires, in seconds of the epoch."""
        try:
            raw = urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
        except ValueError:
            raise NonceRefusedError("the nonce is none of ours") from None
        # One nonce has one text: a second spelling of the same bytes would count once more.
        spelt = urlsafe_b64encode(raw).rstrip(b"=").decode()
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(raw) != _LENGTH or spelt != nonce or not hmac.compare_digest(mac, self._mac(body)):
            raise NonceRefusedError("the nonce is none of ours")
        return int(_EXPIRY.unpack_from(body)[0])

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)[:_MAC_BYTES]
