"""What AWS says of a venue host, told by the fleet service: the host's own role may not ask."""

from collections.abc import Mapping

from kiosk_contracts.ids import KioskId
from kiosk_contracts.wire import WireModel


class AskForEvidence(WireModel):
    """A host proves which managed instance it is, and asks what AWS says of it."""

    kiosk_id: KioskId
    proof: dict[str, str]
    """A `CallerIdentityProof`."""


class ContainerInstanceEvidence(WireModel):
    """The host as ECS has it in the kiosks' cluster."""

    cluster: str
    """Its name."""
    status: str
    """`ACTIVE`, `DRAINING`, …"""
    connected: bool
    attributes: Mapping[str, str]
    """Those that begin with `kiosk.`."""


class HostEvidence(WireModel):
    """What AWS says of the managed instance that signed the proof."""

    instance_id: str
    """`mi-…`"""
    ping: str
    """SSM's word for its agent: `Online`, `ConnectionLost`; empty where SSM does not know it."""
    container_instance: ContainerInstanceEvidence | None = None
    """None: ECS has no such host in the kiosks' cluster."""
