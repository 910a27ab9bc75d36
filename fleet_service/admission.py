"""Composes what lets kiosks in: who is known, how they prove it, what they carry."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

import structlog
from aiohttp import web

from cloud_store.port import Store, StoreError
from cloud_store.together import ReadsTogether
from fleet_service.beside import beside
from fleet_service.clock import Clock
from fleet_service.enrolment.routes import EVIDENCE
from fleet_service.kiosks.aws import AwsInstances
from fleet_service.kiosks.evidence import EvidenceDesk
from fleet_service.kiosks.first_release import FirstReleases
from fleet_service.kiosks.known import AllKiosks, StoredKiosks, say_twins
from fleet_service.kiosks.matching import Matching, MatchingRules
from fleet_service.metrics import METRICS
from fleet_service.releases.ports import Completing, Mover
from fleet_service.sessions.caller_identity import (
    CallerIdentityVerifier,
    HostedKiosks,
    InstanceRules,
)
from fleet_service.sessions.enrolment_secret import EnrolmentSecretVerifier
from fleet_service.sessions.ports import IdentityVerifier, KnownKiosks
from fleet_service.sessions.presigned import sts_of
from fleet_service.sessions.registry import FileKiosks, KioskRegistry
from fleet_service.sessions.routes import KIOSKS, NONCES, SESSIONS, TOKENS
from fleet_service.sessions.service import Sessions
from fleet_service.sessions.sts import HttpSts
from fleet_service.sessions.throttle import FailureThrottle
from fleet_service.settings import FleetSettings
from fleet_service.stream.following import FOLLOWING

log = structlog.get_logger()

STORE: web.AppKey[Store] = web.AppKey("store", Store)
READS: web.AppKey[ReadsTogether] = web.AppKey("reads", ReadsTogether)
"""What every report of a kiosk is judged by, read of that store for many kiosks at once."""
FIRST_MOVER: web.AppKey[Mover] = web.AppKey("first_mover", Mover)
"""Who tells hosts their first release, where their attribute alone has nothing run."""
COMPLETING: web.AppKey[Completing] = web.AppKey("completing", Completing)
"""Who makes what releases lack in a cluster that came later."""
_REGISTRY_S: Final = 1.0


class Admission:
    """`open` has it there while an app runs; the store, if there is one, is open before it."""

    def __init__(self, settings: FleetSettings, registry: KioskRegistry, clock: Clock) -> None:
        self._settings = settings
        self._registry = registry
        self._clock = clock

    async def open(self, app: web.Application) -> AsyncIterator[None]:
        """Give the app its kiosks and sessions."""
        store = app.get(STORE)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._kept_fresh(store))
            app[KIOSKS] = self._kiosks(app)
            verifiers = [self._by_secret(app[KIOSKS])]
            if self._settings.instance_account:
                verifiers.append(await self._by_host(app, stack))
            app[SESSIONS] = Sessions(verifiers, app[KIOSKS], app[TOKENS], self._clock, app[METRICS])
            yield

    def _kiosks(self, app: web.Application) -> KnownKiosks:
        store, listed = app.get(STORE), FileKiosks(self._registry)
        if store is None:
            return listed
        following, clock = app.get(FOLLOWING), self._clock
        followed = None if following is None else following.standings
        stored = StoredKiosks(app[READS], clock, followed)
        return AllKiosks(listed, stored, store, clock, followed)

    def _by_secret(self, kiosks: KnownKiosks) -> IdentityVerifier:
        throttle = FailureThrottle(
            self._clock,
            allowed=self._settings.proof_failures_allowed,
            pause_s=self._settings.proof_pause_s,
        )
        return EnrolmentSecretVerifier(kiosks, throttle, self._clock.monotonic)

    async def _by_host(self, app: web.Application, stack: AsyncExitStack) -> IdentityVerifier:
        settings = self._settings
        if settings.sts_connect_to:
            log.warning("sts_is_local", connect_to=str(settings.sts_connect_to))
        sts = HttpSts(str(settings.sts_connect_to) if settings.sts_connect_to else None)
        rules = InstanceRules(
            account=settings.instance_account or "",
            role=settings.instance_role or "",
            audience=settings.identity_audience or "",
            endpoints=[sts_of(region) for region in settings.instance_regions],
        )
        store, instances = app.get(STORE), await self._instances(stack)
        hosts = None
        if store is not None and instances is not None:
            hosts = await self._matching(store, instances, app, stack)
        verifier = CallerIdentityVerifier(
            rules,
            app[NONCES],
            await stack.enter_async_context(sts),
            HostedKiosks(app[KIOSKS], hosts),
            self._clock,
        )
        if instances is not None:
            app[EVIDENCE] = EvidenceDesk(verifier, instances, hosts)
        return verifier

    async def _instances(self, stack: AsyncExitStack) -> AwsInstances | None:
        settings = self._settings
        if settings.instance_cluster is None:
            log.warning(
                "hosts_are_not_matched",
                hint="Hosts that are enrolled stay pending: set instance_cluster.",
            )
            return None
        aws = AwsInstances(settings.instance_regions, settings.instance_cluster)
        return await stack.enter_async_context(aws)

    async def _matching(
        self, store: Store, instances: AwsInstances, app: web.Application, stack: AsyncExitStack
    ) -> Matching:
        releases = FirstReleases(
            store,
            instances,
            app.get(FIRST_MOVER),
            completing=app.get(COMPLETING),
            cluster=self._settings.instance_cluster or "",
        )
        await stack.enter_async_context(releases.working())
        rules = MatchingRules(self._settings.first_release, self._registry.host_of)
        return Matching(store, instances, releases, rules)

    @asynccontextmanager
    async def _kept_fresh(self, store: Store | None) -> AsyncIterator[None]:
        """Have the kiosks file read again soon after it changes: who is revoked is out at once."""

        async def refresh() -> None:
            said = 0
            while True:
                readings = self._registry.readings
                if store is not None and readings != said:
                    with suppress(StoreError):
                        await say_twins(store, self._registry.all())
                        said = readings
                await asyncio.sleep(_REGISTRY_S)
                await asyncio.to_thread(self._registry.refresh)

        async with beside(refresh(), "kiosks file"):
            yield
