"""A move under all faults at once: what may never happen does not, and it always ends or says why.

Two leaders take turns, die between any two steps, and act on what they read long before.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fleet_service.releases.domain import steps
from fleet_service.releases.domain.moves import UNDER_WAY, Move
from fleet_service.releases.domain.plan import plan, to_ask
from fleet_service.releases.domain.seen import KioskNow
from fleet_service.releases.domain.steps import MoveStep, apply
from kiosk_contracts.releases import KioskMoveState, MoveState
from tests.support.moving_fleet import IMAGES, NEW, OLD, SimulatedVenue, venue_of

INDEX = st.integers(0, 9)
LEADER = st.integers(0, 1)
_CALL_TAKES = timedelta(seconds=60)
_STILL = {KioskMoveState.WAITING, KioskMoveState.LEFT_OUT}


@dataclass
class Leader:
    """A task of the service: what it read, and which calls it has still to make."""

    term: int = 0
    read: tuple[int, Move, dict[str, KioskNow]] | None = None
    calls: list[tuple[datetime, steps.Tell]] = field(default_factory=list)


class MovesByChance(RuleBasedStateMachine):
    """`move` and `version` are what the store has."""

    venue: SimulatedVenue
    move: Move

    @initialize(
        count=st.integers(1, 5),
        single=st.booleans(),
        named=st.booleans(),
        told=st.booleans(),
        rounds=st.sampled_from([0, 0, 8]),
    )
    def begin(self, count: int, rounds: int, *, single: bool, named: bool, told: bool) -> None:
        """Begin a move; `told`: an earlier one was aborted, so that all were told by it already."""
        self.venue = venue_of(count)
        for kiosk in self.venue.kiosks if told else ():
            kiosk.told, kiosk.before, kiosk.told_at = NEW, OLD, self.venue.now
            kiosk.obey()
        self.venue.pass_time(1)
        kiosks = ["a"] if single else []
        canary = "a" if named else None
        self.move = self.venue.move(*kiosks, canary=canary, settle_s=60)
        self.version, self.term = 1, 0
        self.leaders = [Leader(), Leader()]
        self.failed: set[str] = set()
        self.told_at_failure: set[str] = set()
        self.take_over(0)
        self.venue.pass_time(15)
        if rounds:
            self.go_on(15, rounds)

    # Leading

    @rule(which=LEADER)
    def take_over(self, which: int) -> None:
        self.term += 1
        self.leaders[which] = Leader(self.term)

    @rule(which=LEADER)
    def read(self, which: int) -> None:
        asked = set(to_ask(self.move, self.venue.seen(), self.venue.now))
        self.leaders[which].read = (self.version, self.move, self.venue.seen(asked))

    @rule(which=LEADER)
    def act(self, which: int) -> None:
        """Write what follows from what was read, however long ago, and remember what to call."""
        leader = self.leaders[which]
        if leader.read is None:
            return
        (version, move, seen), leader.read = leader.read, None
        found = plan(move, seen, self.venue.now)
        assert found, "a plan says at least why it waits"
        if version != self.version or leader.term < self.move.term:
            return
        for step in found:
            move = self._checked(move, step, seen)
        tells = [step for step in found if isinstance(step, steps.Tell)]
        # That a call may be under way is kept before it is made.
        telling = {step.kiosk_id for step in tells}
        kiosks = tuple(
            one.model_copy(update={"telling_at": self.venue.now} if one.kiosk_id in telling else {})
            for one in move.kiosks
        )
        news = {"term": leader.term, "kiosks": kiosks}
        self.move, self.version = move.model_copy(update=news), version + 1
        leader.calls += [(self.venue.now, step) for step in tells]

    @rule(which=LEADER)
    def call(self, which: int) -> None:
        """Make the next call, unless it has ended by its time limit; write that it was made."""
        leader = self.leaders[which]
        if not leader.calls:
            return
        began, step = leader.calls.pop(0)
        if self.venue.now - began > _CALL_TAKES:
            return
        self.venue.tell(step.kiosk_id, step.release)
        state = self.move.of(step.kiosk_id).state
        back = state is KioskMoveState.MOVING_BACK
        if leader.term == self.move.term and state in UNDER_WAY and back == (step.release == OLD):
            told = steps.Told(step.kiosk_id, "ECS took it")
            self.move = apply(self.move, told, self.venue.now)
            self.version += 1

    @rule(which=LEADER)
    def round(self, which: int) -> None:
        for _ in range(3):
            self.read(which)
            self.act(which)
            while self.leaders[which].calls:
                self.call(which)

    def _checked(self, move: Move, step: MoveStep, seen: dict[str, KioskNow]) -> Move:
        if isinstance(step, steps.Begin):
            assert move.state is MoveState.RUNNING
            others = [one for one in self.venue.kiosks if one.kiosk_id != step.kiosk_id]
            shown = seen[step.kiosk_id].report
            assert shown is not None
            assert shown.screen is not None
            assert not (shown.screen.holder and shown.screen.busy)
            assert shown.update_lock is None
            if any(not one.leaving for one in others):
                well = [one for one in others if seen[one.kiosk_id].is_well(self.venue.now)]
                assert {one.kiosk_id for one in well} - self._under_way(move)
        if isinstance(step, steps.Fail):
            if not self.failed:
                self.told_at_failure = {one.kiosk_id for one in move.kiosks if one.is_told}
            self.failed.add(step.kiosk_id)
        if isinstance(step, steps.Finish):
            ecs = seen[step.kiosk_id].ecs
            assert ecs is not None
            assert NEW in ecs.runs
            assert ecs.told == NEW
        after = apply(move, step, self.venue.now)
        if isinstance(step, steps.Begin | steps.Fail):
            self._is_to_be_told(after, step.kiosk_id)
        return after

    def _is_to_be_told(self, move: Move, kiosk_id: str) -> None:
        """Keep beside the kiosk what it is to be told from now on, as is kept with such a step."""
        kiosk = next(one for one in self.venue.kiosks if one.kiosk_id == kiosk_id)
        one = move.of(kiosk_id)
        match one.state:
            case KioskMoveState.MOVING:
                kiosk.told_image, kiosk.before = IMAGES[NEW], one.from_release
            case KioskMoveState.MOVING_BACK:
                kiosk.told_image, kiosk.before = IMAGES[one.from_release], ""
            case _:
                return
        kiosk.told_at = self.venue.now

    def _under_way(self, move: Move) -> set[str]:
        return {one.kiosk_id for one in move.kiosks if one.is_under_way}

    # What happens at the venue

    @rule(seconds=st.sampled_from([1, 5, 15, 40, 100, 200, 700]))
    def pass_time(self, seconds: int) -> None:
        self.venue.pass_time(seconds)

    @rule(seconds=st.sampled_from([5, 15, 30]), rounds=st.integers(1, 30))
    def go_on(self, seconds: int, rounds: int) -> None:
        for _ in range(rounds):
            for kiosk in self.venue.kiosks:
                kiosk.obey()
            self.venue.pass_time(seconds)
            self.round(max((0, 1), key=lambda which: self.leaders[which].term))

    @rule(number=INDEX)
    def obey(self, number: int) -> None:
        self._kiosk(number).obey()

    @rule(
        number=INDEX,
        what=st.sampled_from(["line", "busy", "locked", "connected", "lies", "crashes"]),
    )
    def turn(self, number: int, what: str) -> None:
        kiosk = self._kiosk(number)
        setattr(kiosk, what, not getattr(kiosk, what))

    @rule(number=INDEX, image=st.sampled_from(["ready", "pulling", "failed"]))
    def pull(self, number: int, image: str) -> None:
        self._kiosk(number).image = image

    @rule(number=INDEX, screen=st.sampled_from(["ecs", "standby", "none"]))
    def show(self, number: int, screen: str) -> None:
        self._kiosk(number).screen = screen

    @rule(number=INDEX)
    def sell(self, number: int) -> None:
        self._kiosk(number).sold += 1

    @rule(number=INDEX, hours=st.sampled_from([-1000, -1, 0, 1, 1000]))
    def turn_the_clock(self, number: int, hours: int) -> None:
        self._kiosk(number).ahead = timedelta(hours=hours)

    @rule(number=INDEX)
    def leave(self, number: int) -> None:
        self._kiosk(number).leaving = True

    @precondition(lambda self: not self.move.state.ended)
    @rule(state=st.sampled_from([MoveState.RUNNING, MoveState.PAUSED]))
    def pause_or_go_on(self, state: MoveState) -> None:
        if self.move.state in {MoveState.RUNNING, MoveState.PAUSED}:
            self.move = self.move.model_copy(update={"state": state})
            self.version += 1

    def _kiosk(self, number: int):  # noqa: ANN202  a fixture's own
        return self.venue.kiosks[number % len(self.venue.kiosks)]

    # What may never happen

    @invariant()
    def never_more_than_half_are_under_way(self) -> None:
        most = max(1, min(5, len(self.venue.kiosks) // 2))
        assert len(self._under_way(self.move)) <= most

    @invariant()
    def nobody_goes_before_the_canary_has_moved(self) -> None:
        begun = {one.kiosk_id for one in self.move.kiosks if one.is_told}
        first = self.move.canary
        if first is not None and self.move.of(first).state is not KioskMoveState.MOVED:
            others = [self.move.of(one) for one in begun - {first}]
            # Who began before it had been the canary, and was left out.
            assert all(one.state is KioskMoveState.LEFT_OUT for one in others)

    @invariant()
    def ecs_is_told_of_nobody_who_was_not_begun(self) -> None:
        begun = {one.kiosk_id for one in self.move.kiosks if one.is_told}
        assert {kiosk_id for kiosk_id, _ in self.venue.calls} <= begun

    @invariant()
    def no_two_calls_of_one_kiosk_are_under_way(self) -> None:
        calls = [
            step.kiosk_id
            for leader in self.leaders
            for began, step in leader.calls
            if self.venue.now - began <= _CALL_TAKES
        ]
        assert len(calls) == len(set(calls))

    @invariant()
    def after_a_failure_nobody_else_is_moved(self) -> None:
        if self.failed:
            begun = {one.kiosk_id for one in self.move.kiosks if one.is_told}
            assert begun == self.told_at_failure
            assert self.move.state in {MoveState.STOPPING, MoveState.STOPPED}

    @invariant()
    def whoever_failed_goes_back_by_itself(self) -> None:
        for one in self.move.kiosks:
            if one.state is KioskMoveState.FAILED:
                assert not one.is_told

    @invariant()
    def who_is_back_is_told_the_old_release(self) -> None:
        for one in self.move.kiosks:
            if one.state is KioskMoveState.MOVED_BACK:
                assert self.venue.seen()[one.kiosk_id].ecs.told == OLD
            if one.state is KioskMoveState.MOVED and one.kiosk_id not in self.failed:
                assert self.venue.seen()[one.kiosk_id].ecs.told == NEW

    def teardown(self) -> None:
        """Once all faults are over it ends: all who are in service moved, or it stopped."""
        if not hasattr(self, "move"):
            return
        for kiosk in self.venue.kiosks:
            kiosk.line = kiosk.connected = True
            kiosk.busy = kiosk.locked = kiosk.lies = kiosk.crashes = kiosk.crashed = False
            kiosk.image = "ready"
            kiosk.screen = "ecs"
        self.pause_or_go_on(MoveState.RUNNING)
        self.take_over(0)
        for _ in range(400):
            if self.move.state.ended:
                break
            for kiosk in self.venue.kiosks:
                kiosk.obey()
            self.venue.pass_time(15)
            self.round(0)
        waits = {one.kiosk_id: (one.state, one.why) for one in self.move.kiosks}
        alone = sum(not kiosk.leaving for kiosk in self.venue.kiosks)
        assert self.move.state.ended, (waits, alone)
        if self.move.state is MoveState.DONE:
            left = {one.state for one in self.move.kiosks}
            assert left <= {KioskMoveState.MOVED, KioskMoveState.LEFT_OUT}
        else:
            assert self.failed


TestMovesByChance = MovesByChance.TestCase
TestMovesByChance.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
