"""The dashboard's session: a sealed cookie that rests on a token, and ends with it.

Nothing is kept of a session that lives: the cookie says whose it is, sealed with a key derived from
the service's signing key, so that every task knows what another made. Kept is which were ended.
"""

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.operators.ports import Operator
from fleet_service.operators.records import EndedSessionRecord
from fleet_service.operators.refusing import session_ended
from fleet_service.operators.service import Operators
from fleet_service.recent import RecentReads
from kiosk_contracts.problem import ProblemCode, ProblemError

log = structlog.get_logger()

_PURPOSE: Final = b"eventpro operators' session 1"
_NONCE_BYTES: Final = 12
_LONGEST_COOKIE: Final = 1024
_CLOCKS_APART: Final = timedelta(minutes=5)
"""An ended session is remembered longer by it than it could live by any task's clock."""
_KEPT_TOGETHER: Final = 50
"""Ended sessions of a token that are looked through for what can be forgotten."""


@dataclass(frozen=True, slots=True)
class DashboardSession:
    """What a cookie says."""

    session_id: str
    token_id: str
    proof: str
    csrf_token: str
    expires_at: datetime


class SessionSeal:
    """Seals sessions and opens what it sealed (ChaCha20-Poly1305)."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is shared by all tasks; a key of its own is derived from it."""
        derived = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret)
        self._cipher = ChaCha20Poly1305(derived)

    def seal(self, session: DashboardSession) -> str:
        """Return the cookie's value."""
        told = {**asdict(session), "expires_at": int(session.expires_at.timestamp())}
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, json.dumps(told).encode(), _PURPOSE)
        return urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def open(self, cookie: str) -> DashboardSession | None:
        """Return the session that a cookie carries; None for what was not sealed here."""
        if len(cookie) > _LONGEST_COOKIE:
            return None
        try:
            raw = urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
            told = json.loads(
                self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _PURPOSE)
            )
        except (ValueError, InvalidTag):
            return None
        ends = datetime.fromtimestamp(told.pop("expires_at"), UTC)
        return DashboardSession(**told, expires_at=ends)


class DashboardSessions:
    """Opens sessions, recognises them, and ends them."""

    def __init__(
        self, store: Store, clock: Clock, operators: Operators, seal: SessionSeal, *, life_s: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._operators = operators
        self._seal = seal
        self._life = timedelta(seconds=life_s)
        self._ended = RecentReads(clock, self._look)

    def open(self, operator: Operator) -> tuple[DashboardSession, str]:
        """Return a new session of whoever showed a token, and its cookie's value."""
        ends = self._clock.now().replace(microsecond=0) + self._life
        session = DashboardSession(
            session_id=secrets.token_hex(16),
            token_id=operator.token_id,
            proof=operator.proof,
            csrf_token=secrets.token_urlsafe(32),
            expires_at=ends if operator.expires_at is None else min(ends, operator.expires_at),
        )
        return session, self._seal.seal(session)

    def left_s(self, session: DashboardSession) -> int:
        """Return for how many whole seconds a session still counts."""
        return max(0, int((session.expires_at - self._clock.now()).total_seconds()))

    async def recognise(self, cookie: str) -> tuple[DashboardSession, Operator]:
        """Return whose session a cookie carries.

        Raises ProblemError 401 `token_invalid` for a cookie that this service did not make,
        `session_ended` for one that is over, also by its token; StoreError.
        """
        session = self._seal.open(cookie)
        if session is None:
            raise ProblemError(
                401,
                ProblemCode.TOKEN_INVALID,
                "The dashboard's cookie is not valid",
                hint="Sign in again with your token.",
            )
        if self._clock.now() >= session.expires_at:
            raise session_ended("Its time is over.")
        if await self._ended.recall(_place(session)):
            raise session_ended("It was ended.")
        try:
            return session, await self._operators.still(session.token_id, session.proof)
        except ProblemError as error:
            raise session_ended(f"{error.problem.title}.") from error

    async def end(self, session: DashboardSession) -> None:
        """Let a session count no more, in every task within a second. Idempotent."""
        now = self._clock.now()

        async def work(workspace: Workspace) -> None:
            await self._drop_old(workspace, session.token_id, now)
            known = await workspace.fetch(EndedSessionRecord, session.token_id, session.session_id)
            if known is None:
                ended = EndedSessionRecord(until=session.expires_at + _CLOCKS_APART)
                workspace.put(ended, session.token_id, session.session_id)
            await workspace.commit()

        await with_fresh_reads(self._store, work)
        self._ended.forget(_place(session))
        log.info("operator_session_ended", token_id=session.token_id)

    async def _drop_old(self, workspace: Workspace, token_id: str, now: datetime) -> None:
        """Forget sessions of a token that would be over anyway, so that they do not pile up."""
        items = await self._store.query(
            EndedSessionRecord.store_kind, token_id, limit=_KEPT_TOGETHER
        )
        await workspace.load(item.key for item in items)
        for item in items:
            known = workspace.get(EndedSessionRecord, token_id, item.key.sk)
            if known is not None and known.until <= now:
                workspace.delete(EndedSessionRecord, token_id, item.key.sk)

    async def _look(self, place: str) -> bool:
        token_id, _, session_id = place.partition(" ")
        at = key_of(EndedSessionRecord, token_id, session_id)
        return await self._store.get(at) is not None


def carries(session: DashboardSession, csrf_token: str) -> bool:
    """Say whether a request carries the session's own CSRF token."""
    given = csrf_token.encode("utf-8", "surrogateescape")
    return hmac.compare_digest(given, session.csrf_token.encode())


def _place(session: DashboardSession) -> str:
    return f"{session.token_id} {session.session_id}"
