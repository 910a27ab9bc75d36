"""The last steps are the kiosk's own; they are waited for, and what keeps them is said."""

from collections.abc import Callable
from typing import Final

from kiosk_agent.bootstrap.adapters.agent_status import agent_status
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.observing import fleet_knows, sells, tickets
from kiosk_agent.bootstrap.places import ADMIN_SOCKET
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.steps.confirm import refuse_not_this_host
from kiosk_contracts.kiosk_status import KioskStatus, LineState

_BY_ITSELF: Final = "The kiosk goes on trying by itself; the same command says how it stands."


def first_heartbeat(job: Job) -> None:
    """Wait until the fleet service took this host for its kiosk; raises StoppedError."""
    _wait(
        job,
        "the fleet service is to know this kiosk",
        job.pace.fleet_s,
        fleet_knows,
        f"Tell the operators: kiosk-provision kiosk list. {_BY_ITSELF}",
    )


def stock(job: Job) -> None:
    """Wait for the first tickets; raises StoppedError."""
    _wait(
        job,
        "the first tickets are to come",
        job.pace.stock_s,
        lambda status: tickets(status) > 0,
        "See that an event of this venue is on sale and has tickets left for another kiosk. "
        + _BY_ITSELF,
    )


def selling(job: Job) -> None:
    """See that the kiosk sells; raises StoppedError."""
    _wait(job, "the kiosk is to sell", job.pace.stock_s, sells, _BY_ITSELF)


def _wait(
    job: Job,
    what: str,
    within_s: float,
    is_so: Callable[[KioskStatus | None], bool],
    what_to_do: str,
) -> None:
    socket = job.host.path(ADMIN_SOCKET)
    if job.wait(what, within_s, lambda: is_so(agent_status(socket))):
        return
    if job.looker.evidence(job.granted.kiosk_id) is None:
        refuse_not_this_host(job)
    status = agent_status(socket)
    if status is not None and status.line == LineState.OFFLINE:
        # Whatever else may be wrong, this comes first.
        what_to_do = f"See that the line is up: kiosk-agent doctor. {_BY_ITSELF}"
    raise StoppedError(f"{what}: {_why(status)}", what_to_do, again=True)


def _why(status: KioskStatus | None) -> str:
    if status is None:
        return "its agent does not answer; see journalctl -u kiosk-agent"
    told = [one.text for one in status.warnings]
    if status.line_detail:
        told.insert(0, status.line_detail)
    return " ".join(told) or f"the line is {status.line}"
