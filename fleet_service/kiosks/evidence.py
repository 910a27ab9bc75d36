"""Tells a host what AWS says of it: its own role may ask neither SSM nor ECS."""

from collections.abc import Mapping
from typing import Protocol

from fleet_service.api.senders import Sender
from fleet_service.kiosks.ports import AwsAwayError, InstanceEvidence, ManagedInstances
from fleet_service.kiosks.refusing import aws_away
from kiosk_contracts.host_evidence import ContainerInstanceEvidence, HostEvidence

_OURS = "kiosk."


class ProvesInstances(Protocol):
    """Lets STS say which managed instance signed a proof."""

    async def instance_of(self, kiosk_id: str, proof: Mapping[str, str], sender: Sender) -> str:
        """Return its id; raises ProblemError as a session's proof does."""
        ...


class RefusesOthers(Protocol):
    """Sees that a name is another machine's."""

    async def refuse_another(self, kiosk_id: str, evidence: InstanceEvidence) -> None:
        """Raise ProblemError 403 `host_not_matched` where it is."""
        ...


class EvidenceDesk:
    """Tells each host of itself, and of no other."""

    def __init__(
        self, proofs: ProvesInstances, instances: ManagedInstances, names: RefusesOthers | None
    ) -> None:
        """`names`: None where nobody is matched."""
        self._proofs = proofs
        self._instances = instances
        self._names = names

    async def tell(self, kiosk_id: str, proof: Mapping[str, str], sender: Sender) -> HostEvidence:
        """Return what AWS says of whoever signed; nothing is changed by it.

        Raises ProblemError as a session's proof does, 403 `host_not_matched` where the name is
        another machine's, and 503 `kiosk_pending` (retryable) while AWS can't be asked.
        """
        instance_id = await self._proofs.instance_of(kiosk_id, proof, sender)
        try:
            seen = await self._instances.look(instance_id)
        except AwsAwayError as error:
            raise aws_away(kiosk_id, str(error)) from error
        if self._names is not None:
            await self._names.refuse_another(kiosk_id, seen)
        return HostEvidence(
            instance_id=instance_id, ping=seen.ping, container_instance=_container(seen)
        )


def _container(seen: InstanceEvidence) -> ContainerInstanceEvidence | None:
    if seen.attributes is None:
        return None
    return ContainerInstanceEvidence(
        cluster=seen.cluster,
        status=seen.status,
        connected=seen.connected,
        attributes={
            name: value for name, value in seen.attributes.items() if name.startswith(_OURS)
        },
    )
