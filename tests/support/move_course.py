"""A move step by step, at a venue in memory."""

from dataclasses import replace
from typing import Any

from fleet_service.releases.domain import steps
from fleet_service.releases.domain.plan import plan
from fleet_service.releases.domain.seen import KioskNow
from fleet_service.releases.domain.steps import MoveStep, apply
from kiosk_contracts.releases import KioskMoveState
from tests.support.moving_fleet import (
    SimulatedVenue,
    report_of,
)

Seen = dict[str, KioskNow]


class Course:
    """A move step by step; what is seen of `a` may be said otherwise."""

    def __init__(self, venue: SimulatedVenue, *kiosks: str, **changes: Any) -> None:
        self.venue = venue
        venue.pass_time(0)
        self.move = venue.move(*kiosks, **changes)
        venue.pass_time(15)

    def next(self, *, asked: bool = True, **of_a: Any) -> list[MoveStep]:
        """Plan by reports of now; `of_a`: what a's report says otherwise."""
        seen = self.venue.seen(None if asked else set())
        if of_a:
            told = report_of("a", self.venue.now, **of_a)
            seen["a"] = replace(seen["a"], report=told)
        return self.after(seen)

    def after(self, seen: Seen) -> list[MoveStep]:
        """Plan by what is seen, and carry it out; ECS takes what it is told."""
        found = list(plan(self.move, seen, self.venue.now))
        for step in found:
            self.move = apply(self.move, step, self.venue.now)
            if isinstance(step, steps.Tell):
                self.venue.tell(step.kiosk_id, step.release)
                told = steps.Told(step.kiosk_id, "took it")
                self.move = apply(self.move, told, self.venue.now)
        return found

    def until(self, state: KioskMoveState) -> None:
        """Go on as all goes well, until `a` stands so."""
        for _ in range(20):
            if self.move.of("a").state is state and self.move.of("a").told_at is not None:
                self.venue.pass_time(1)
                return
            self.next()
            for kiosk in self.venue.kiosks:
                kiosk.obey()
            self.venue.pass_time(1)
        raise AssertionError(self.move)


def kinds(found: list[MoveStep]) -> list[str]:
    return [type(one).__name__ for one in found]


def why(found: list[MoveStep]) -> str:
    return found[0].why
