"""Examines a host, whether it is a kiosk already or is to become one; and mends what it can."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from kiosk_agent.bootstrap.checks import clock, cloned, docker, earlier
from kiosk_agent.bootstrap.domain.checking import Checked, Level
from kiosk_agent.bootstrap.health import (
    bootstrapping,
    ecs,
    proof,
    selling,
    services,
    systems_manager,
)
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.lock import one_at_a_time
from kiosk_agent.bootstrap.places import AGENT_SETTINGS
from kiosk_agent.bootstrap.preflight import check_host
from kiosk_agent.bootstrap.record import Remembered
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_contracts.enrolment import BundleBody

_MENDS: Final[Mapping[str, Callable[[Host], str]]] = {
    cloned.NAME: cloned.mend,
    earlier.NAME: earlier.mend,
    clock.NAME: clock.mend,
    docker.NAME: docker.mend,
    services.NAME: services.mend,
    systems_manager.NAME: systems_manager.mend,
    ecs.NAME: ecs.mend,
}
ONLY_BY_NAME: Final = frozenset({cloned.NAME})
"""Repairs that take something away: done only where they are named."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What a repair did."""

    name: str
    text: str


def examine(host: Host) -> list[Checked]:
    """Return all checks: those of the preflight, and where this is a kiosk those of its health."""
    found = check_host(host, _bundle(host))
    found.append(Checked(bootstrapping.NAME, bootstrapping.check(host)))
    if host.has(AGENT_SETTINGS):
        for each in (services, systems_manager, ecs, proof, selling):
            found.append(Checked(each.NAME, each.check(host)))
    return found


def mendable(checked: Checked) -> bool:
    """Say whether there is a repair for what was found."""
    return checked.found.level is not Level.GOOD and checked.name in _MENDS


def mend(host: Host, found: Sequence[Checked], names: Sequence[str]) -> list[Mended]:
    """Do the repairs of these names, or of all that was found wrong; raises StoppedError.

    What takes something away is done only where it is named.
    """
    for name in names:
        if name not in _MENDS:
            raise StoppedError(
                f"there is no repair for {name}", f"There are: {', '.join(sorted(_MENDS))}."
            )
    wrong = [one.name for one in found if mendable(one)]
    for name in names:
        if name in ONLY_BY_NAME and name not in wrong:
            raise StoppedError(
                f"{name} is good, so nothing of it is taken away",
                "To take a kiosk out of service: kiosk-provision kiosk deprovision.",
            )
    chosen = names or [name for name in wrong if name not in ONLY_BY_NAME]
    if not names and not chosen and set(wrong) & ONLY_BY_NAME:
        raise StoppedError(
            f"{', '.join(wrong)} is mended only where it is named: it takes something away",
            f"Run: kiosk-agent doctor --fix {wrong[0]}.",
        )
    # A run of bootstrap would go on with what is taken away, or be stopped in the middle.
    with one_at_a_time(host):
        return [Mended(name, _MENDS[name](host)) for name in chosen]


def _bundle(host: Host) -> BundleBody | None:
    """Return the bundle that this host was made a kiosk by; it says whom a kiosk must reach."""
    file = Remembered(host).now.bundle
    try:
        return BundleBody.model_validate(file["body"]) if file else None
    except (ValidationError, KeyError):
        return None
