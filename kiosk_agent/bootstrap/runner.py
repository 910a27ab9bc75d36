"""Does what the plan says, one step after the other, and looks again after each.

A step that was done and is still needed stops the run: doing it once more would not help.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from kiosk_agent.bootstrap.checks import cloned
from kiosk_agent.bootstrap.domain.checking import Level
from kiosk_agent.bootstrap.domain.observed import Observed
from kiosk_agent.bootstrap.domain.plan import ElsewhereError, PlannedStep, plan
from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.host import not_written
from kiosk_agent.bootstrap.job import Job, Says
from kiosk_agent.bootstrap.lock import one_at_a_time
from kiosk_agent.bootstrap.places import DONE, ISSUE
from kiosk_agent.bootstrap.record import Outcome
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.steps import (
    configure,
    confirm,
    installer,
    naming,
    packages,
    preflight,
    register,
    units,
    waiting,
)
from kiosk_agent.bootstrap.web import NotReachedError
from kiosk_contracts.problem import ProblemError
from kiosk_texts.block_letters import small_rows

_PUBLIC: Final = 0o644

log = structlog.get_logger(__name__)

_DOING: Final[Mapping[Step, Callable[[Job], None]]] = {
    Step.PREFLIGHT: preflight.run,
    Step.NAME: naming.run,
    Step.PACKAGES: packages.run,
    Step.FETCH: installer.fetch_installer,
    Step.VERIFY: installer.verify,
    Step.CONFIGURE: configure.run,
    Step.REGISTER: register.run,
    Step.CONFIRM: confirm.run,
    Step.UNITS: units.run,
    Step.HEARTBEAT: waiting.first_heartbeat,
    Step.STOCK: waiting.stock,
    Step.SELLING: waiting.selling,
}


_BEFORE_REGISTERING: Final = frozenset({Step.NAME, Step.PACKAGES, Step.VERIFY, Step.CONFIGURE})
"""What was fetched is needed until it is verified."""
_WAITS_FOR_OTHERS: Final = frozenset(
    {Step.CONFIRM, Step.UNITS, Step.HEARTBEAT, Step.STOCK, Step.SELLING}
)
_GO_ON: Final = "The same again goes on from here. If it says so again: "


class Shows(Says, Protocol):
    """The run, shown to whoever stands there."""

    def planned(self, steps: Sequence[PlannedStep]) -> None:
        """Show what is to be done, before it is."""
        ...

    def began(self, step: Step, number: int, of: int) -> None:
        """Show that a step begins."""
        ...

    def done(self, step: Step, seconds: float) -> None:
        """Show that a step is done."""
        ...

    def failed(self, step: Step, stopped: StoppedError) -> None:
        """Show why a step could not be done, and the next act."""
        ...

    def kiosk(self, kiosk_id: str, kiosk_code: str) -> None:
        """Show large which kiosk this host is."""
        ...


def look_and_plan(job: Job) -> tuple[Observed, tuple[PlannedStep, ...]]:
    """Return what is seen and which steps that needs; raises StoppedError."""
    observed = job.looker.look()
    try:
        return observed, plan(job.wanted, observed)
    except ElsewhereError as error:
        copied = cloned.check(job.host)
        if copied.level is Level.BAD:
            raise StoppedError(copied.text, copied.what_to_do) from error
        raise StoppedError(
            str(error),
            "If that is not meant, remove the registration: kiosk-agent doctor --fix identity. "
            "Nothing was changed.",
        ) from error


def run(job: Job, shows: Shows) -> None:
    """Make this host the kiosk that it is to be; raises StoppedError at the first step that fails.

    Whatever stops it, also a power cut: the same again goes on from there.
    """
    with one_at_a_time(job.host) as lock:
        # The job was prepared before the lock was held.
        if job.remembered.is_stale:
            raise StoppedError(
                "another run changed this host meanwhile",
                "Run the same command again; it goes on from what is there now.",
                again=True,
            )
        _run(replace(job, lock=lock), shows)


def _run(job: Job, shows: Shows) -> None:
    _, steps = look_and_plan(job)
    shows.planned(steps)
    tried: set[Step] = set()
    while steps:
        following = next((one for one in steps if one.step not in tried), None)
        if following is None:
            raise _still_needed(steps[-1])
        tried.add(following.step)
        _do(job, shows, following, len(tried), len(tried) + _left(steps, tried))
        _, steps = look_and_plan(job)
        # What is seen after the preflight is the same as before.
        steps = tuple(one for one in steps if one.step is not Step.PREFLIGHT)
        again = next((one for one in steps if one.step is following.step), None)
        if again is not None and again.step in _BEFORE_REGISTERING:
            # Going on would use a registration on a host that is not ready for it.
            raise _still_needed(again)
    _say_done(job, shows)


def _still_needed(planned: PlannedStep) -> StoppedError:
    # From there on a step waits for others, and one answer that is lost at the last look may pass.
    again = planned.step in _WAITS_FOR_OTHERS
    return StoppedError(
        f"{planned.step.value} was done, and is still needed: {planned.why}",
        f"{_GO_ON if again else 'Run: '}kiosk-agent doctor. If it names nothing, tell the "
        "operators.",
        again=again,
    )


def _left(steps: Sequence[PlannedStep], tried: set[Step]) -> int:
    return sum(one.step not in tried for one in steps)


def _do(job: Job, shows: Shows, planned: PlannedStep, number: int, of: int) -> None:
    step, began = planned.step, time.monotonic()
    _remember(job, step, Outcome.BEGAN, planned.why)
    shows.began(step, number, of)
    try:
        _stopping(_DOING[step], job)
    except StoppedError as stopped:
        _remember(job, step, Outcome.FAILED, str(stopped))
        shows.failed(step, stopped)
        raise
    took_s = time.monotonic() - began
    _remember(job, step, Outcome.DONE, f"{took_s:.2f} s")
    log.info("step_done", step=step.value, seconds=round(took_s, 2))
    shows.done(step, took_s)


def _stopping(do: Callable[[Job], None], job: Job) -> None:
    """Do it; whatever keeps it from being done is a StoppedError."""
    try:
        do(job)
    except (NotReachedError, ProblemError) as error:
        raise _stopped_by(error) from error
    except OSError as error:
        raise not_written(str(error.filename or "a file"), error) from error


def _remember(job: Job, step: Step, outcome: Outcome, detail: str) -> None:
    # Before the preflight said that this host may be changed, nothing is written.
    if step is not Step.PREFLIGHT or outcome is Outcome.DONE:
        job.remembered.keep_step(step.value, outcome, datetime.now(UTC), detail)


def _stopped_by(error: NotReachedError | ProblemError) -> StoppedError:
    if isinstance(error, NotReachedError):
        return StoppedError(
            f"the fleet service does not answer: {error}",
            "See that the line is up, then run the same command again; it goes on from here.",
            again=True,
        )
    problem = error.problem
    why = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
    return StoppedError(why, problem.hint, again=problem.retryable)


def _say_done(job: Job, shows: Shows) -> None:
    kiosk = job.granted
    if not job.host.has(DONE):
        # Whoever stands before the login reads it there, too (agetty(8)).
        rows = "\n".join(small_rows(kiosk.kiosk_id))
        told = f"{rows}\n\nThis host is {kiosk.kiosk_id}, kiosk code {kiosk.kiosk_code}.\n\n"
        job.host.write(ISSUE, told, _PUBLIC)
        # Last: once it is there, no run at boot would end what was cut off before.
        job.host.write(DONE, f"{kiosk.kiosk_id}\n", _PUBLIC)
    shows.kiosk(kiosk.kiosk_id, kiosk.kiosk_code)
