"""Nonces for proofs: made without keeping anything, each counts once and for two minutes.

A nonce is `expiry · random · MAC`, so that any task of the service knows one that another made.
What keeps the used ones is a port: in memory for one task, in the store for several.
"""

import hashlib
import heapq
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
_CLOCKS_APART_S: Final = 5
"""How far the clocks of two tasks may differ."""
_EXPIRY: Final = struct.Struct(">I")
_RANDOM_BYTES: Final = 16
_MAC_BYTES: Final = 16
_LENGTH: Final = _EXPIRY.size + _RANDOM_BYTES + _MAC_BYTES
_PURPOSE: Final = b"eventpro session nonce"


class NonceRefusedError(Exception):
    """The nonce does not count; the text says why."""


class UsedNonces(Protocol):
    """Remembers which nonces were used, until they have expired."""

    @property
    def salt(self) -> bytes:
        """Return what the nonces' key is salted with.

        It is the same for as long as used nonces are remembered, and for all who remember
        together: so what was made in a time that is forgotten is no nonce any more.
        """
        ...

    async def use(self, nonce: str, until: datetime) -> bool:
        """Note that a nonce was used; False if it had been. Atomic, also between tasks."""
        ...


class MemoryUsedNonces:
    """Adapter of UsedNonces for a service of one task."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.salt = secrets.token_bytes(_RANDOM_BYTES)
        self._nonces: set[str] = set()
        self._ends: list[tuple[datetime, str]] = []
        """A heap, so that a nonce more costs little with many that live."""
        self._forgotten = datetime.min.replace(tzinfo=UTC)
        """What expires up to here may have been used and forgotten: the clock can be set back."""

    async def use(self, nonce: str, until: datetime) -> bool:
        """Note that a nonce was used."""
        now = self._clock.now()
        while self._ends and self._ends[0][0] <= now:
            self._forgotten, expired = heapq.heappop(self._ends)
            self._nonces.discard(expired)
        if nonce in self._nonces or until <= self._forgotten:
            return False
        self._nonces.add(nonce)
        heapq.heappush(self._ends, (until, nonce))
        return True


class Nonces:
    """Makes nonces and takes them back, once."""

    def __init__(self, secret: bytes, used: UsedNonces, clock: Clock) -> None:
        """`secret` is shared by all tasks; a key of its own is derived from it and from `used`."""
        self._key = hmac.digest(secret, _PURPOSE + used.salt, hashlib.sha256)
        self._used = used
        self._clock = clock

    def make(self) -> SessionNonce:
        """Return a new nonce."""
        now = self._clock.now()
        body = _EXPIRY.pack(int(now.timestamp()) + LIFE_S) + secrets.token_bytes(_RANDOM_BYTES)
        text = urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()
        return SessionNonce(nonce=text, expires_in_s=LIFE_S, server_time=now)

    async def use(self, nonce: str) -> None:
        """Let a nonce count, once; raises NonceRefusedError."""
        expires_at = self.check(nonce)
        if not await self._used.use(nonce, datetime.fromtimestamp(expires_at, UTC)):
            raise NonceRefusedError("the nonce was used before")

    def check(self, nonce: str) -> int:
        """Return when a nonce expires, in seconds of the epoch; raises NonceRefusedError.

        Whether it was used before is not asked.
        """
        expires_at = self._expiry(nonce)
        now = self._clock.now().timestamp()
        if expires_at <= now:
            raise NonceRefusedError("the nonce has expired")
        if expires_at > now + LIFE_S + _CLOCKS_APART_S:
            raise NonceRefusedError("the nonce was made before the service's clock was set back")
        return expires_at

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
