"""Activations told of and revoked; kiosks' names offered to hosts, and granted once each."""

import hashlib
from collections.abc import Sequence
from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.enrolment import refusing
from fleet_service.enrolment.records import (
    ACTIVATIONS,
    ActivationRecord,
    GrantRecord,
    HostRecord,
    TokenRecord,
)
from fleet_service.venues.records import DirectoryRecord, KioskRecord, VenueRecord
from fleet_service.venues.refusing import venue_unknown
from kiosk_contracts.enrolment import (
    ActivationPage,
    ActivationStanding,
    ClaimName,
    EnrolmentOffer,
    GrantedName,
    KioskName,
    NewActivation,
)
from kiosk_contracts.venues import Standing

log = structlog.get_logger()

MOST_LISTED: Final = 50
_TO_BE_CLAIMED: Final = frozenset({Standing.EXPECTED, Standing.PENDING})


class Enrolment:
    """All activations and grants. Every change is one commit, or none."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    # Operators

    async def add(self, told: NewActivation) -> ActivationStanding:
        """Take an activation; the same again changes nothing.

        Raises ProblemError 404 `venue_unknown`; 409 `kiosk_in_service` for a kiosk that is not
        expected, and `kiosk_taken` for another activation under the id or with its token.
        """

        async def work(workspace: Workspace) -> ActivationStanding:
            before = await self._load(workspace, told.activation_id)
            if before is not None:
                if before != ActivationRecord.model_validate(told.to_json()):
                    raise refusing.activation_taken(told.activation_id)
                return _standing(workspace, before)
            await self._check_kiosks(workspace, told)
            kept = ActivationRecord.model_validate(told.to_json())
            await workspace.load(
                [
                    key_of(TokenRecord, told.enrolment_token_sha256),
                    key_of(DirectoryRecord, ACTIVATIONS, told.activation_id),
                    *(key_of(GrantRecord, kiosk_id) for kiosk_id in told.kiosk_ids),
                ]
            )
            if workspace.get(TokenRecord, told.enrolment_token_sha256) is not None:
                raise refusing.token_taken()
            workspace.put(kept, told.activation_id)
            workspace.put(DirectoryRecord(), ACTIVATIONS, told.activation_id)
            token = TokenRecord(activation_id=told.activation_id)
            workspace.put(token, told.enrolment_token_sha256)
            await workspace.commit()
            return _standing(workspace, kept)

        return await with_fresh_reads(self._store, work)

    async def page(self, after: str, limit: int) -> ActivationPage:
        """Return up to `limit` activations whose ids are above `after`, by their ids."""
        items = await self._store.query(
            DirectoryRecord.store_kind, ACTIVATIONS, after=after, limit=min(limit, MOST_LISTED)
        )
        workspace = Workspace(self._store)
        found = [await self._load(workspace, item.key.sk) for item in items]
        return ActivationPage(
            activations=tuple(_standing(workspace, one) for one in found if one is not None),
            next_after=items[-1].key.sk if len(items) == min(limit, MOST_LISTED) else None,
        )

    async def revoke(self, activation_id: str) -> ActivationStanding:
        """Let an activation's bundle enrol nobody more; who was enrolled stays. Idempotent.

        Raises ProblemError 404 `activation_unknown`.
        """

        async def work(workspace: Workspace) -> ActivationStanding:
            known = await self._load(workspace, activation_id)
            if known is None:
                raise refusing.activation_unknown(activation_id)
            if not known.revoked:
                known = known.model_copy(update={"revoked": True})
                workspace.put(known, activation_id)
                await workspace.commit()
            return _standing(workspace, known)

        told = await with_fresh_reads(self._store, work)
        log.info("activation_revoked", activation_id=activation_id)
        return told

    # Hosts

    async def offer(self, token: str, host_id: str) -> EnrolmentOffer:
        """Return what a host may become; raises ProblemError 401 and 403 as `_activation` says."""
        workspace = Workspace(self._store)
        activation = await self._activation(workspace, token)
        await self._load_offer(workspace, activation, host_id)
        mine = workspace.get(HostRecord, host_id)
        return EnrolmentOffer(
            venue_id=activation.venue_id,
            kiosks=tuple(_names(workspace, activation)),
            granted=mine.kiosk_id if mine is not None else None,
        )

    async def claim(self, token: str, claim: ClaimName) -> GrantedName:
        """Grant a host a kiosk's name, once; the same host gets the same answer again.

        Raises ProblemError 409 `kiosk_taken` where another host has it, or this host another; and
        `kiosk_in_service` for a kiosk that has or had a host, also to that host.
        """

        async def work(workspace: Workspace) -> GrantedName:
            activation = await self._activation(workspace, token)
            await self._load_offer(workspace, activation, claim.host_id)
            granted = self._grant(workspace, activation, claim)
            # One that is revoked meanwhile grants nothing.
            workspace.rest_on(ActivationRecord, activation.activation_id)
            await workspace.commit()
            return granted

        granted = await with_fresh_reads(self._store, work)
        log.info("kiosk_granted", kiosk_id=granted.kiosk_id, host_id=claim.host_id[:12])
        return granted

    def _grant(
        self, workspace: Workspace, activation: ActivationRecord, claim: ClaimName
    ) -> GrantedName:
        known = _offered(workspace, activation, claim.kiosk_id)
        if known is None:
            raise refusing.not_offered(claim.kiosk_id, activation.kiosk_ids)
        # First, whoever asks: a host that was granted the name would use up a registration, and
        # then be refused by how the kiosk stands.
        if known.standing not in _TO_BE_CLAIMED:
            raise refusing.not_expected(claim.kiosk_id, known.standing)
        mine = workspace.get(HostRecord, claim.host_id)
        if mine is not None and mine.kiosk_id != claim.kiosk_id:
            raise refusing.host_is_another(mine.kiosk_id)
        owner = workspace.get(GrantRecord, claim.kiosk_id)
        if owner is not None and owner.host_id != claim.host_id:
            raise refusing.name_taken(claim.kiosk_id, owner.granted_at)
        if owner is None and known.standing is not Standing.EXPECTED:
            raise refusing.not_expected(claim.kiosk_id, known.standing)
        if owner is None:
            pending = known.model_copy(update={"standing": Standing.PENDING})
            workspace.put(pending, claim.kiosk_id)
            workspace.put(HostRecord(kiosk_id=claim.kiosk_id), claim.host_id)
        if owner is None or owner.activation_id != activation.activation_id:
            # Also for the same host that comes with another bundle: it registers with that one's.
            grant = GrantRecord(
                activation_id=activation.activation_id,
                host_id=claim.host_id,
                granted_at=self._clock.now(),
            )
            workspace.put(grant, claim.kiosk_id)
        return GrantedName(
            kiosk_id=claim.kiosk_id, kiosk_code=known.kiosk_code, venue_id=known.venue_id
        )

    async def _activation(self, workspace: Workspace, token: str) -> ActivationRecord:
        """Return the activation of a token.

        Raises ProblemError 401 `token_invalid`, and 403 `activation_ended`.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
        found = await workspace.fetch(TokenRecord, digest)
        activation = None
        if found is not None:
            activation = await workspace.fetch(ActivationRecord, found.activation_id)
        if activation is None:
            raise refusing.token_invalid()
        if not activation.counts(self._clock.now()):
            raise refusing.activation_ended(activation.expires_at, revoked=activation.revoked)
        return activation

    async def _load(self, workspace: Workspace, activation_id: str) -> ActivationRecord | None:
        """Read an activation and the grants of its kiosks."""
        found = await workspace.fetch(ActivationRecord, activation_id)
        if found is not None:
            await workspace.load(key_of(GrantRecord, kiosk_id) for kiosk_id in found.kiosk_ids)
        return found

    async def _load_offer(
        self, workspace: Workspace, activation: ActivationRecord, host_id: str
    ) -> None:
        await workspace.load(
            [
                key_of(HostRecord, host_id),
                *(key_of(KioskRecord, kiosk_id) for kiosk_id in activation.kiosk_ids),
                *(key_of(GrantRecord, kiosk_id) for kiosk_id in activation.kiosk_ids),
            ]
        )

    async def _check_kiosks(self, workspace: Workspace, told: NewActivation) -> None:
        venue = await workspace.fetch(VenueRecord, told.venue_id)
        if venue is None:
            raise venue_unknown(told.venue_id)
        await workspace.load(key_of(KioskRecord, kiosk_id) for kiosk_id in told.kiosk_ids)
        planned = {kiosk.kiosk_id for kiosk in venue.kiosks}
        for kiosk_id in told.kiosk_ids:
            known = workspace.get(KioskRecord, kiosk_id)
            if kiosk_id not in planned or known is None:
                raise refusing.not_offered(kiosk_id, sorted(planned))
            if known.standing is not Standing.EXPECTED:
                raise refusing.not_expected(kiosk_id, known.standing)
            workspace.rest_on(KioskRecord, kiosk_id)
        workspace.rest_on(VenueRecord, told.venue_id)


def _offered(
    workspace: Workspace, activation: ActivationRecord, kiosk_id: str
) -> KioskRecord | None:
    """Return a kiosk that an activation is for, as long as its venue has it.

    A kiosk's id is free again once its venue is closed, and another venue may plan it then.
    """
    known = workspace.get(KioskRecord, kiosk_id) if kiosk_id in activation.kiosk_ids else None
    return known if known is not None and known.venue_id == activation.venue_id else None


def _names(workspace: Workspace, activation: ActivationRecord) -> Sequence[KioskName]:
    names = []
    for kiosk_id in activation.kiosk_ids:
        known = _offered(workspace, activation, kiosk_id)
        if known is not None:
            free = known.standing is Standing.EXPECTED
            free = free and workspace.get(GrantRecord, kiosk_id) is None
            names.append(KioskName(kiosk_id=kiosk_id, kiosk_code=known.kiosk_code, free=free))
    return names


def _standing(workspace: Workspace, activation: ActivationRecord) -> ActivationStanding:
    granted = [one for one in activation.kiosk_ids if workspace.get(GrantRecord, one) is not None]
    return ActivationStanding(
        activation_id=activation.activation_id,
        bundle_id=activation.bundle_id,
        venue_id=activation.venue_id,
        kiosk_ids=activation.kiosk_ids,
        expires_at=activation.expires_at,
        revoked=activation.revoked,
        granted=tuple(granted),
    )
