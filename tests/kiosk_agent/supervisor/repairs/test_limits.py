"""How often a host is mended: soon, then ever more seldom, and never for good given up."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk_agent.supervisor.repairs.acts import Act, RestartUnit
from kiosk_agent.supervisor.repairs.limits import (
    FIRST_MS,
    HELPED_MS,
    PAUSES_MS,
    QUIET_MS,
    RepairMemory,
    looked,
    tried,
    turns,
)
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen, Signs
from kiosk_contracts.repairs import MOST_REPAIRS

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE = 60_000
SEEN = Seen()
STEP = 10_000


def repair(its_name: str, its_limit: str, its_lasts_ms: int = 0) -> type[Repair]:
    """Make a repair that a test needs by saying its name in a set."""

    class Made(Repair):
        name = its_name
        lasts_ms = its_lasts_ms
        limit = its_limit

        def __init__(self, needed: set[str], held: set[str]) -> None:
            self._needed, self._held = needed, held

        def look(self, seen: Seen) -> str:
            del seen
            return "broken" if self.name in self._needed else ""

        def holds_back(self, seen: Seen, lasted_ms: int) -> str:
            del seen, lasted_ms
            return "busy" if self.name in self._held else ""

        def acts(self, seen: Seen) -> Sequence[Act]:
            del seen
            return (RestartUnit(self.limit),)

    return Made


@dataclass
class Bench:
    """Repairs `a` and `b` share a limit, `c` has its own and has to last."""

    needed: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    now_ms: int = FIRST_MS
    memory: RepairMemory = field(default_factory=RepairMemory)
    seen: Seen = SEEN
    outcome: str = "done"
    made: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        kinds = (repair("a", "unit"), repair("b", "unit"), repair("c", "other", 30_000))
        self.repairs = [kind(self.needed, self.held) for kind in kinds]  # type: ignore[call-arg]

    def look(self) -> None:
        """Look once, and make the first repair whose turn it is, as the supervisor does."""
        self.memory = looked(self.memory, self.repairs, self.seen, self.now_ms)
        found = turns(self.memory, self.repairs, self.seen, self.now_ms)
        turn = next((one for one in found if not one.held_back), None)
        if turn is not None:
            self.made.append((turn.repair.name, self.now_ms))
            self.memory = tried(self.memory, turn, AT, self.now_ms, self.outcome)

    def passes(self, ms: int, step: int = STEP) -> None:
        end = self.now_ms + ms
        while self.now_ms < end:
            self.look()
            self.now_ms += step
        self.look()

    @property
    def after_ms(self) -> list[int]:
        return [at - self.made[0][1] for _, at in self.made]

    def outcomes(self) -> list[tuple[str, int]]:
        return [(one.outcome, one.in_a_row) for one in self.memory.tries]


def test_the_pauses_grow_and_the_last_one_goes_on_for_ever() -> None:
    bench = Bench({"a"})
    bench.passes(31 * 60 * MINUTE, 30_000)
    minutes = [ms // MINUTE for ms in bench.after_ms]
    assert minutes == [0, 5, 20, 80, 440, 800, 1160, 1520]
    assert bench.outcomes() == [*[("not_helped", one) for one in range(1, 8)], ("done", 8)]
    bench.passes(120 * 60 * MINUTE, 30 * MINUTE)
    # What is remembered does not grow with it.
    assert len(bench.made) > MOST_REPAIRS == len(bench.memory.tries)
    assert len(bench.memory.tried_ms["unit"]) == len(PAUSES_MS)


def test_nothing_is_mended_in_the_first_minutes_after_boot() -> None:
    bench = Bench({"a", "c"}, now_ms=0)
    bench.passes(FIRST_MS - STEP)
    assert bench.made == []
    bench.passes(60_000)
    # What has to last lasts from then.
    assert bench.made == [("a", FIRST_MS), ("c", FIRST_MS + 30_000)]


def test_nothing_is_mended_while_somebody_makes_the_host_a_kiosk() -> None:
    bench = Bench({"c"})
    bench.passes(20_000)
    bench.seen = replace(SEEN, signs=Signs(bootstraps=True))
    bench.passes(60 * MINUTE)
    assert bench.made == []
    bench.seen = SEEN
    bench.passes(20_000)
    assert bench.made == []
    bench.passes(10_000)
    assert len(bench.made) == 1


def test_what_is_not_judged_meanwhile_has_not_helped_by_then() -> None:
    bench = Bench({"a"})
    bench.look()
    bench.needed.clear()
    bench.look()
    bench.seen = replace(SEEN, signs=Signs(bootstraps=True))
    bench.passes(HELPED_MS)
    bench.seen = SEEN
    bench.passes(STEP)
    assert bench.outcomes() == [("done", 1)]


def test_what_passes_by_itself_is_left_alone() -> None:
    bench = Bench()
    for _ in range(50):
        bench.needed.add("c")
        bench.passes(20_000)
        bench.needed.clear()
        bench.passes(10_000)
    assert bench.made == []


def test_two_that_restart_one_unit_share_its_pause() -> None:
    bench = Bench({"a", "b"})
    bench.passes(PAUSES_MS[0] - STEP)
    assert [name for name, _ in bench.made] == ["a"]
    bench.needed.remove("a")
    bench.passes(STEP)
    assert [name for name, _ in bench.made] == ["a", "b"]
    # Whichever it is, the next pause is the third.
    bench.needed.add("a")
    bench.passes(PAUSES_MS[1] - STEP)
    assert len(bench.made) == 2
    bench.passes(STEP)
    assert [name for name, _ in bench.made] == ["a", "b", "a"]


def test_one_is_made_at_a_time_and_what_is_held_back_keeps_nothing_else_waiting() -> None:
    bench = Bench({"a", "c"}, {"a"})
    bench.passes(30_000)
    assert [name for name, _ in bench.made] == ["c"]
    bench.held.clear()
    bench.look()
    assert [name for name, _ in bench.made] == ["c", "a"]
    both = Bench({"a", "c"})
    both.memory = looked(both.memory, both.repairs, SEEN, FIRST_MS)
    both.now_ms += 30_000
    both.look()
    assert len(both.made) == 1


def test_what_helped_is_told_so_and_the_next_begins_its_row_anew() -> None:
    bench = Bench({"a"})
    bench.passes(PAUSES_MS[0])
    assert bench.outcomes() == [("not_helped", 1), ("done", 2)]
    bench.needed.clear()
    bench.look()
    bench.passes(HELPED_MS - 2 * STEP)
    assert bench.outcomes()[-1] == ("done", 2)
    bench.passes(2 * STEP)
    assert bench.outcomes() == [("not_helped", 1), ("helped", 2)]
    bench.needed.add("a")
    bench.passes(PAUSES_MS[1])
    assert bench.outcomes()[-1] == ("done", 1)


def test_what_could_not_be_made_keeps_saying_why() -> None:
    bench = Bench({"a"}, outcome="Unit ecs.service not found.")
    bench.passes(PAUSES_MS[0])
    assert bench.outcomes() == [(bench.outcome, 1), (bench.outcome, 2)]


def test_a_short_cure_does_not_begin_the_pauses_anew_and_a_long_one_does() -> None:
    for quiet_ms, pause_ms in ((QUIET_MS - 2 * MINUTE, PAUSES_MS[2]), (QUIET_MS, PAUSES_MS[0])):
        bench = Bench({"a"})
        bench.passes(PAUSES_MS[0])
        bench.needed.clear()
        bench.look()
        bench.passes(quiet_ms, MINUTE)
        bench.needed.add("a")
        bench.made.clear()
        bench.passes(pause_ms)
        assert bench.after_ms == [0, pause_ms]


FLAPS = st.lists(
    st.tuples(st.sets(st.sampled_from("abc")), st.sampled_from([1, 3, 11, 70, 400])), max_size=30
)


@settings(max_examples=60, deadline=None)
@given(FLAPS)
def test_however_it_flaps_a_unit_is_restarted_by_the_pauses_and_what_lasts_is_tried_again(
    happened: list[tuple[set[str], int]],
) -> None:
    bench = Bench()
    for needed, minutes in happened:
        bench.needed.clear()
        bench.needed.update(needed)
        bench.passes(minutes * MINUTE, MINUTE)
    for limit in ("unit", "other"):
        names = {one.name for one in bench.repairs if one.limit == limit}
        times = [at for name, at in bench.made if name in names]
        gaps = [later - before for before, later in pairwise(times)]
        row = 0
        for gap in gaps:
            # After a long quiet it begins anew; otherwise no pause is shorter than its turn allows.
            row = 0 if gap >= QUIET_MS else row + 1
            assert gap >= PAUSES_MS[min(max(row, 1), len(PAUSES_MS)) - 1]
    assert len(bench.memory.tries) <= MOST_REPAIRS
    # Never for good: what is needed now is tried within the longest pause.
    bench.needed.clear()
    bench.needed.update("ac")
    bench.made.clear()
    bench.passes(PAUSES_MS[-1] + 2 * MINUTE, MINUTE)
    assert {name for name, _ in bench.made} == {"a", "c"}
