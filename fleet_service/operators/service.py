"""Operators' tokens made, listed, revoked, and recognised."""

import hmac
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog
from pydantic import SecretStr

from cloud_store.port import ConditionFailedError, Store, StoreError
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.operators import refusing
from fleet_service.operators.ports import SETTINGS, Operator
from fleet_service.operators.records import OPERATOR_TOKENS, OperatorTokenRecord
from fleet_service.operators.tokens import OperatorToken, digest
from fleet_service.recent import RecentReads
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.operators import (
    LONGEST_TOKEN_LIFE_DAYS,
    MadeOperatorToken,
    NewOperatorToken,
    OperatorRole,
    OperatorTokenPage,
    OperatorTokenStanding,
)

log = structlog.get_logger()

MOST_LISTED: Final = 50


class Operators:
    """All operators. A token that is revoked counts nowhere within a second."""

    def __init__(self, store: Store, clock: Clock, settings_sha256: str | None) -> None:
        """`settings_sha256`: of the one token that is no record; None: there is none."""
        self._store = store
        self._clock = clock
        self._settings_sha256 = settings_sha256
        self._recent = RecentReads(clock, self._look)
        self._used: tuple[object, set[str]] = (None, set())
        """Whose use was noted on which day by this process."""

    # What administrators do

    async def make(self, wanted: NewOperatorToken, by: Operator) -> MadeOperatorToken:
        """Make a token and return it, this once. Not idempotent: each call makes another.

        Raises ProblemError 422 for one that would end too soon or too late.
        """
        now = self._clock.now()
        if wanted.expires_at <= now:
            raise refusing.expiry_refused("it is past; give a time that is to come.")
        if wanted.expires_at > now + timedelta(days=LONGEST_TOKEN_LIFE_DAYS):
            raise refusing.expiry_refused(
                f"a token counts {LONGEST_TOKEN_LIFE_DAYS} days at most; make another one then."
            )
        token = OperatorToken.new()
        made = OperatorTokenRecord(
            name=wanted.name,
            role=wanted.role,
            expires_at=wanted.expires_at,
            made_at=now,
            made_by=by.name,
            made_by_id=by.token_id,
            secret_sha256=token.sha256(),
        )
        workspace = Workspace(self._store)
        workspace.is_new(OperatorTokenRecord, token.token_id, "-")
        workspace.is_new(DirectoryRecord, OPERATOR_TOKENS, token.token_id)
        workspace.put(made, token.token_id)
        workspace.put(DirectoryRecord(), OPERATOR_TOKENS, token.token_id)
        await workspace.commit()
        log.info("operator_token_made", token_id=token.token_id, role=made.role)
        told = _standing(token.token_id, made)
        return MadeOperatorToken(**dict(told), token=SecretStr(token.text()))

    async def page(self, after: str, limit: int) -> OperatorTokenPage:
        """Return up to `limit` tokens whose ids are above `after`, by their ids."""
        most = min(limit, MOST_LISTED)
        items = await self._store.query(
            DirectoryRecord.store_kind, OPERATOR_TOKENS, after=after, limit=most
        )
        ids = [item.key.sk for item in items]
        workspace = Workspace(self._store)
        await workspace.load(key_of(OperatorTokenRecord, token_id) for token_id in ids)
        found = [(one, workspace.get(OperatorTokenRecord, one)) for one in ids]
        return OperatorTokenPage(
            tokens=tuple(_standing(one, known) for one, known in found if known is not None),
            next_after=ids[-1] if len(ids) == most else None,
        )

    async def revoke(self, token_id: str, by: Operator) -> OperatorTokenStanding:
        """Let a token count no more, nor any session that rests on it. Idempotent.

        Raises ProblemError 404 `operator_token_unknown`, and 409 for the settings' token.
        """
        if token_id == SETTINGS:
            raise refusing.settings_token_stays()

        async def work(workspace: Workspace) -> OperatorTokenRecord:
            known = await workspace.fetch(OperatorTokenRecord, token_id)
            if known is None:
                raise refusing.token_unknown(token_id)
            if known.revoked_at is None:
                ended = {"revoked_at": self._clock.now(), "revoked_by": by.name}
                known = known.model_copy(update=ended)
                workspace.put(known, token_id)
                await workspace.commit()
            return known

        revoked = await with_fresh_reads(self._store, work)
        self._recent.forget(token_id)
        log.info("operator_token_revoked", token_id=token_id)
        return _standing(token_id, revoked)

    # Who asks

    async def authenticate(self, text: str, *, outlasting: bool = False) -> Operator:
        """Return whose token this is.

        `outlasting`: where the store is away, by what it said last. Raises ProblemError 401
        `token_invalid`, and of a token that was right `token_revoked` and `token_expired`;
        StoreError.
        """
        token = OperatorToken.parse(text)
        if token is None:
            return self._by_settings(digest(text))
        recall = self._recent.recall_or_last if outlasting else self._recent.recall
        known = await recall(token.token_id)
        if known is None or not hmac.compare_digest(known.secret_sha256, token.sha256()):
            # Its hash may be the settings' too: whoever set it may have taken a token of this form.
            return self._by_settings(digest(text))
        operator = self._judged(token.token_id, known)
        await self._note_use(token.token_id, known)
        return operator

    async def still(self, token_id: str, proof: str) -> Operator:
        """Return whose token it is that was authenticated before, if it still counts.

        Raises ProblemError 401 as `authenticate` does; StoreError.
        """
        if token_id == SETTINGS:
            return self._by_settings(proof)
        known = await self._recent.recall(token_id)
        if known is None or not hmac.compare_digest(known.secret_sha256, proof):
            raise refusing.token_invalid()
        operator = self._judged(token_id, known)
        await self._note_use(token_id, known)
        return operator

    def _by_settings(self, sha256: str) -> Operator:
        expected = self._settings_sha256
        if expected is None or not hmac.compare_digest(sha256, expected):
            raise refusing.token_invalid()
        return Operator(SETTINGS, SETTINGS, OperatorRole.ADMIN, None, expected)

    def _judged(self, token_id: str, known: OperatorTokenRecord) -> Operator:
        if known.revoked_at is not None:
            raise refusing.token_revoked(known.revoked_at)
        if known.has_ended(self._clock.now()):
            raise refusing.token_expired(known.expires_at)
        return Operator(token_id, known.name, known.role, known.expires_at, known.secret_sha256)

    async def _look(self, token_id: str) -> OperatorTokenRecord | None:
        return await Workspace(self._store).fetch(OperatorTokenRecord, token_id)

    async def _note_use(self, token_id: str, known: OperatorTokenRecord) -> None:
        """Keep that it was used today. A hint for administrators, which holds up nobody."""
        today = self._clock.now().date()
        day, noted = self._used
        if day != today:
            self._used = (today, noted := set())
        if token_id in noted or (known.last_used_on is not None and known.last_used_on >= today):
            return
        noted.add(token_id)
        workspace = Workspace(self._store)
        # Whoever was first has noted it, too, or has revoked the token, which counts more.
        with suppress(ConditionFailedError):
            try:
                now = await workspace.fetch(OperatorTokenRecord, token_id)
                if now is not None:
                    used = now.model_copy(update={"last_used_on": today})
                    workspace.put(used, token_id)
                    await workspace.commit()
            except StoreError as error:
                log.warning("operator_token_use_not_noted", token_id=token_id, why=str(error))


def _standing(token_id: str, known: OperatorTokenRecord) -> OperatorTokenStanding:
    told = {
        name: getattr(known, name)
        for name in OperatorTokenStanding.model_fields
        if name != "token_id"
    }
    return OperatorTokenStanding(token_id=token_id, **told)
