"""A pending host becomes a kiosk: what AWS says of it is held against what was granted."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.enrolment.records import ActivationRecord, GrantRecord
from fleet_service.kiosks import refusing
from fleet_service.kiosks.first_release import FirstReleases
from fleet_service.kiosks.judging import Granted, another_machine, contradiction, lacking
from fleet_service.kiosks.ports import AwsAwayError, InstanceEvidence, ManagedInstances
from fleet_service.kiosks.records import DUE, FirstReleaseRecord, InstanceRecord
from fleet_service.venues.records import KioskRecord
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.venues import Standing

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MatchingRules:
    """What a matched host gets, and who else may be one."""

    first_release: str | None
    """What it is told to run; None: nothing, an operator does that."""
    listed_host: Callable[[str], str | None]
    """The kiosk of the kiosks file that has an instance."""


class Matching:
    """Adapter of MatchesHosts over the store and AWS."""

    def __init__(
        self,
        store: Store,
        instances: ManagedInstances,
        releases: FirstReleases,
        rules: MatchingRules,
    ) -> None:
        self._store = store
        self._instances = instances
        self._releases = releases
        self._rules = rules

    async def match(self, kiosk_id: str, instance_id: str) -> None:
        """Make the host the kiosk, if it is pending and AWS says what was granted.

        Raises ProblemError 403 `host_not_matched`, and `kiosk_pending` (retryable): 403 while AWS
        does not know the host yet, 503 while it can't be asked.
        """
        try:
            evidence = await self._instances.look(instance_id)
        except AwsAwayError as error:
            raise refusing.aws_away(kiosk_id, str(error)) from error

        async def work(workspace: Workspace) -> bool:
            return await self._match(workspace, kiosk_id, evidence)

        try:
            matched = await with_fresh_reads(self._store, work)
        except ProblemError as refusal:
            await self._remember(kiosk_id, refusal)
            raise
        if matched:
            log.info("kiosk_matched", kiosk_id=kiosk_id, instance_id=instance_id)
            self._releases.look()
            if self._rules.first_release is None:
                log.warning(
                    "first_release_not_set",
                    kiosk_id=kiosk_id,
                    hint="It runs nothing until it is moved to a release: set first_release.",
                )

    async def _match(self, workspace: Workspace, kiosk_id: str, evidence: InstanceEvidence) -> bool:
        await workspace.load(
            [
                key_of(KioskRecord, kiosk_id),
                key_of(GrantRecord, kiosk_id),
                key_of(InstanceRecord, evidence.instance_id),
                key_of(FirstReleaseRecord, DUE, kiosk_id),
            ]
        )
        kiosk = workspace.get(KioskRecord, kiosk_id)
        if kiosk is None or kiosk.standing is not Standing.PENDING:
            # Somebody was first. Whoever asked us judges it as it is registered now.
            return False
        activation = await self._refuse(workspace, kiosk_id, kiosk.venue_id, evidence)
        active = {
            "standing": Standing.ACTIVE,
            "instance_id": evidence.instance_id,
            "served": True,
            "refused": "",
            "settings": activation.settings.get(kiosk_id, {}),
        }
        workspace.put(kiosk.model_copy(update=active), kiosk_id)
        workspace.put(InstanceRecord(kiosk_id=kiosk_id), evidence.instance_id)
        if self._rules.first_release is not None:
            due = FirstReleaseRecord(
                instance_id=evidence.instance_id,
                region=evidence.region,
                release=self._rules.first_release,
            )
            workspace.put(due, DUE, kiosk_id)
        await workspace.commit()
        return True

    async def refuse_another(self, kiosk_id: str, evidence: InstanceEvidence) -> None:
        """Raise ProblemError 403 `host_not_matched` where another machine has a pending name.

        Nothing is changed by it: it lets a host be told before it waits for what can't come.
        """
        workspace = Workspace(self._store)
        kiosk = await workspace.fetch(KioskRecord, kiosk_id)
        grant = await workspace.fetch(GrantRecord, kiosk_id)
        if kiosk is None or grant is None or kiosk.standing is not Standing.PENDING:
            return
        wrong = another_machine(evidence, grant.host_id)
        if wrong is not None:
            raise refusing.another_machine(kiosk_id, wrong)

    async def _remember(self, kiosk_id: str, refusal: ProblemError) -> None:
        """Keep for the operators why a host is not the kiosk; written once, however often it asks.

        What passes by waiting is not kept.
        """
        if refusal.code != ProblemCode.HOST_NOT_MATCHED:
            return
        why = refusal.problem.detail

        async def work(workspace: Workspace) -> None:
            kiosk = await workspace.fetch(KioskRecord, kiosk_id)
            if kiosk is None or kiosk.standing is not Standing.PENDING or kiosk.refused == why:
                return
            workspace.put(kiosk.model_copy(update={"refused": why}), kiosk_id)
            await workspace.commit()

        await with_fresh_reads(self._store, work)

    async def _refuse(
        self, workspace: Workspace, kiosk_id: str, venue_id: str, evidence: InstanceEvidence
    ) -> ActivationRecord:
        """Return by which activation the evidence is what was granted; the commit rests on it.

        Raises ProblemError if it is not.
        """
        grant = workspace.get(GrantRecord, kiosk_id)
        if grant is None:
            raise refusing.not_matched(kiosk_id, f"Nobody was granted the name {kiosk_id}.")
        activation = await workspace.fetch(ActivationRecord, grant.activation_id)
        if activation is None or activation.revoked:
            raise refusing.not_matched(
                kiosk_id, f"Operators have revoked the activation {grant.activation_id}."
            )
        wrong = contradiction(evidence, Granted(kiosk_id, venue_id, grant.activation_id))
        if wrong is not None:
            raise refusing.not_matched(kiosk_id, wrong)
        wrong = another_machine(evidence, grant.host_id)
        if wrong is not None:
            raise refusing.another_machine(kiosk_id, wrong)
        missing = lacking(evidence)
        if missing is not None:
            raise refusing.not_there_yet(kiosk_id, missing)
        owner = workspace.get(InstanceRecord, evidence.instance_id)
        other = self._rules.listed_host(evidence.instance_id)
        if owner is not None and owner.kiosk_id != kiosk_id:
            other = owner.kiosk_id
        if other is not None:
            raise refusing.not_matched(
                kiosk_id, f"{evidence.instance_id} is the host of {other} already."
            )
        workspace.rest_on(GrantRecord, kiosk_id)
        workspace.rest_on(ActivationRecord, grant.activation_id)
        return activation
