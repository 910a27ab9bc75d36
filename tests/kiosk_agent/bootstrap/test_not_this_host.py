"""A host that registered, and whose name is another machine's by now, is told so and what to do."""

from dataclasses import replace
from typing import Any

import pytest

from kiosk_agent.bootstrap import runner
from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.preparing import Choices, prepare
from kiosk_agent.bootstrap.refusing import StoppedError
from tests.support.bootstrap_venue import QUICK, PowerCutError, Shown, Venue
from tests.support.enrolment_desk import problem

AGAIN = "On this host: kiosk-agent bootstrap --again."


def refuse(venue: Venue, code: str, *, retryable: bool = False, after: int = 0) -> list[int]:
    """Have the fleet service refuse to tell of this host; return how often it did."""
    asked: list[int] = []
    tells = venue.desk.evidence

    def evidence(wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        asked.append(1)
        if len(asked) <= after:
            return tells(wanted)
        told = problem(403, code, "Not this host", "The name is another machine's.")
        return 403, {**told, "retryable": retryable, "hint": AGAIN}

    venue.desk.evidence = evidence  # type: ignore[method-assign]
    return asked


@pytest.mark.parametrize("code", ["host_not_matched", "kiosk_pending"])
def test_a_host_that_is_not_the_kiosk_for_good_waits_for_nothing(venue: Venue, code: str) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.REGISTER))
    asked = refuse(venue, code)
    stopped = venue.stopped()
    assert "Not this host. The name is another machine's." in str(stopped)
    assert stopped.what_to_do == AGAIN
    assert not stopped.again
    # For the plan, and once to confirm: not for as long as that waits.
    assert len(asked) <= 3
    assert venue.registrations() == 1


def test_what_passes_by_waiting_is_waited_for(venue: Venue) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.REGISTER))
    tells = venue.desk.evidence
    asked = refuse(venue, "kiosk_pending", retryable=True)
    shown = Shown()
    noted = shown.waiting

    def waiting(text: str) -> None:
        noted(text)
        if len(asked) > 3:
            venue.desk.evidence = tells  # type: ignore[method-assign]

    shown.waiting = waiting  # type: ignore[method-assign]
    assert venue.run(shown=shown).names == ["till-1 HB1"]
    assert len(asked) > 3


def test_an_answer_that_is_lost_at_the_last_look_is_worth_another_try(venue: Venue) -> None:
    tells = venue.desk.evidence
    busy = problem(503, "upstream_busy", "Not now", "AWS asks for a pause.")
    shown = Shown()

    def evidence(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        venue.desk.evidence = tells  # type: ignore[method-assign]
        return 503, busy

    def done(step: Step, _: float) -> None:
        # The first is why it is confirmed, the second comes once that is done.
        if step in {Step.REGISTER, Step.UNITS}:
            venue.desk.evidence = evidence  # type: ignore[method-assign]

    shown.done = done  # type: ignore[method-assign]
    with pytest.raises(StoppedError) as stopped:
        venue.run(venue.bundle(), shown)
    assert str(stopped.value) == (
        "confirm was done, and is still needed: "
        "nobody says what AWS knows: Not now. AWS asks for a pause."
    )
    assert stopped.value.again
    assert "goes on from here" in stopped.value.what_to_do
    assert venue.run().names == ["till-1 HB1"]
    assert venue.registrations() == 1


@pytest.mark.parametrize("status", [403, 503])
def test_a_wait_that_ends_with_a_refusal_that_may_pass_is_worth_another_try(
    venue: Venue, status: int
) -> None:
    """As by `kiosk_pending` of a fleet service that has not asked AWS since it started."""
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.REGISTER))
    told = {**problem(status, "kiosk_pending", "Not yet", "Ask again."), "retryable": True}
    venue.desk.evidence = lambda _: (status, told)  # type: ignore[method-assign]
    stopped = hasty(venue)
    assert "nobody says what AWS knows: Not yet. Ask again." in str(stopped)
    assert stopped.again
    assert "goes on from here" in stopped.what_to_do


def test_a_wait_that_ends_with_another_refusal_is_for_a_person(venue: Venue) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.REGISTER))
    refuse(venue, "proof_refused")
    stopped = hasty(venue)
    assert "Not this host" in str(stopped)
    assert not stopped.again


def hasty(venue: Venue) -> StoppedError:
    """Return why a run stops that waits for a moment only."""
    shown, pace = Shown(), replace(QUICK, confirm_s=1.0)
    choices = Choices(None, [venue.key_file])
    with pytest.raises(StoppedError) as stopped:
        runner.run(prepare(venue.host, choices, venue.technician, shown, pace), shown)
    return stopped.value


def test_the_host_tells_ecs_which_machine_it_is(venue: Venue) -> None:
    venue.run(venue.bundle())
    [instance] = venue.instances()
    told = {one["name"]: one.get("value") for one in instance["attributes"]}
    assert told["kiosk.host"] == venue.desk.granted["till-1"]
