"""Which steps are still needed, computed from what is seen alone. Pure.

The plan rests on no record of what was done: a power cut may have come between an act and its
record. So whatever the host shows is what counts, and a second run goes on where things stand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kiosk_agent.bootstrap.domain.observed import Observed, Wanted
from kiosk_agent.bootstrap.domain.steps import Step


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step to be done, and why it is."""

    step: Step
    why: str


class ElsewhereError(Exception):
    """This host is registered as something else; nothing may be done before a person decides."""


def plan(wanted: Wanted, observed: Observed) -> tuple[PlannedStep, ...]:
    """Return the steps that are needed, in their order; none for a kiosk that sells.

    Raises ElsewhereError for a host that is registered in another region, or granted nothing and
    registered all the same: going on could make one host of two kiosks.
    """
    _refuse_elsewhere(wanted, observed)
    steps = tuple(_steps(wanted, observed))
    if not steps:
        return ()
    look = PlannedStep(Step.PREFLIGHT, "whatever is changed here, it must be possible")
    return (look, *steps)


def _refuse_elsewhere(wanted: Wanted, observed: Observed) -> None:
    if observed.instance_id is None:
        return
    if observed.registered_region not in {None, wanted.region}:
        raise ElsewhereError(
            f"this host is {observed.instance_id} in {observed.registered_region}, and the bundle "
            f"is for {wanted.region}"
        )
    if observed.kiosk_id is None:
        raise ElsewhereError(
            f"this host is registered as {observed.instance_id}, and was granted no kiosk's name"
        )


def _steps(wanted: Wanted, observed: Observed) -> Iterator[PlannedStep]:
    if observed.kiosk_id is None:
        yield PlannedStep(Step.NAME, "this host is no kiosk yet")
    yield from _until_registered(wanted, observed)
    yield from _confirming(wanted, observed)
    yield from _becoming_kiosk(observed)


def _until_registered(wanted: Wanted, observed: Observed) -> Iterator[PlannedStep]:
    if observed.half_installed:
        yield PlannedStep(Step.PACKAGES, "a package is half installed")
    elif observed.missing_packages:
        yield PlannedStep(Step.PACKAGES, f"missing: {', '.join(observed.missing_packages)}")
    why_register = _why_register(observed)
    if why_register:
        yield from _fetching(wanted, observed)
    why_configure = _why_configure(wanted, observed)
    if why_configure:
        # Also behind a registration, where it was written for another cluster or name.
        yield PlannedStep(Step.CONFIGURE, why_configure)
    if why_register:
        yield PlannedStep(Step.REGISTER, why_register)


def _why_register(observed: Observed) -> str:
    if observed.instance_id is None:
        return "this host is not registered"
    if observed.container_instance is None:
        # The installer does not register twice what the SSM agent's store says is registered.
        return f"{observed.instance_id} is registered, and ECS does not know it"
    return ""


def _fetching(wanted: Wanted, observed: Observed) -> Iterator[PlannedStep]:
    installer = observed.installer
    if installer is not None and installer.verified_by in wanted.fingerprints:
        return
    # One that no pinned key has signed may have come broken: a script is fetched again in a moment.
    yield PlannedStep(Step.FETCH, "it is not here, or nobody verified it")
    yield PlannedStep(Step.VERIFY, "nothing is run that no pinned key has signed")


def _confirming(wanted: Wanted, observed: Observed) -> Iterator[PlannedStep]:
    nobody = observed.why_no_evidence
    why = f"nobody says what AWS knows: {nobody}" if nobody else _why_confirm(wanted, observed)
    if why:
        yield PlannedStep(Step.CONFIRM, why)


def _why_confirm(wanted: Wanted, observed: Observed) -> str:
    seen = observed.container_instance
    if observed.instance_id is None or seen is None:
        return "an exit code proves nothing"
    if not observed.ssm_online:
        return f"the SSM agent of {observed.instance_id} is not online"
    if seen.cluster != wanted.cluster:
        return f"it is in the cluster {seen.cluster}, not in {wanted.cluster}"
    if seen.status != "ACTIVE" or not seen.connected:
        return f"ECS has it as {seen.status}, {'' if seen.connected else 'not '}connected"
    if observed.kiosk_id is not None:
        lacking = _lacking(wanted.attributes(observed.kiosk_id), seen.attributes)
        if lacking:
            return f"ECS does not know its {', '.join(lacking)}"
    return ""


def _becoming_kiosk(observed: Observed) -> Iterator[PlannedStep]:
    if not observed.units_running or observed.settings_for != observed.kiosk_id:
        yield PlannedStep(Step.UNITS, "its services do not run as this kiosk")
    if not observed.fleet_knows:
        yield PlannedStep(Step.HEARTBEAT, "the fleet service does not know this kiosk yet")
    if not observed.tickets:
        yield PlannedStep(Step.STOCK, "it has no tickets yet")
    if not observed.sells:
        yield PlannedStep(Step.SELLING, "it does not sell yet")


def _why_configure(wanted: Wanted, observed: Observed) -> str:
    if observed.configured_for is None or observed.kiosk_id is None:
        return "the ECS agent's settings are not written"
    want = {"cluster": wanted.cluster, **wanted.attributes(observed.kiosk_id)}
    lacking = _lacking(want, observed.configured_for)
    if lacking:
        return f"the ECS agent's settings say another {', '.join(lacking)}"
    return "" if observed.docker_limits_logs else "Docker does not run with a limit to its logs"


def _lacking(want: Mapping[str, str], seen: Mapping[str, str]) -> list[str]:
    """Return the names of what is wanted and not seen so."""
    return [name for name in want if seen.get(name) != want[name]]
