"""Whether what AWS says of a host is what was granted. Pure."""

from dataclasses import dataclass

from fleet_service.kiosks.ports import InstanceEvidence
from kiosk_contracts.enrolment import HOST_ATTRIBUTE, NAME_ATTRIBUTE, VENUE_ATTRIBUTE, short_host


@dataclass(frozen=True, slots=True)
class Granted:
    """What a host was granted."""

    kiosk_id: str
    venue_id: str
    activation_id: str


def lacking(evidence: InstanceEvidence) -> str | None:
    """Return what AWS does not know yet; None if it knows all that is needed."""
    if evidence.activation_id is None:
        return f"Systems Manager does not know {evidence.instance_id}"
    if evidence.attributes is None:
        return f"ECS has no container instance of {evidence.instance_id} in the kiosks' cluster"
    return None


def contradiction(evidence: InstanceEvidence, granted: Granted) -> str | None:
    """Return what of the evidence is not as granted; None if nothing is."""
    host = evidence.instance_id
    if evidence.activation_id not in {None, granted.activation_id}:
        return (
            f"{host} registered with the activation {evidence.activation_id}; the name was "
            f"granted with {granted.activation_id}."
        )
    for name, wanted in ((NAME_ATTRIBUTE, granted.kiosk_id), (VENUE_ATTRIBUTE, granted.venue_id)):
        if evidence.attributes is not None and evidence.attributes.get(name) != wanted:
            found = evidence.attributes.get(name)
            says = f"has no attribute {name}" if found is None else f"has {name} = {found}"
            return f"The container instance of {host} {says}; for this kiosk it is {wanted}."
    return None


def another_machine(evidence: InstanceEvidence, host_id: str) -> str | None:
    """Return that another machine registered than `host_id`, which was granted the name.

    None if it is the same one, or ECS does not know yet which.
    """
    if evidence.attributes is None or evidence.attributes.get(HOST_ATTRIBUTE) == host_id:
        return None
    found = evidence.attributes.get(HOST_ATTRIBUTE)
    machine = f"the machine {short_host(found)}" if found else "a machine that does not say which"
    return (
        f"{evidence.instance_id} was registered by {machine}; the name was granted to the machine "
        f"{short_host(host_id)}."
    )
