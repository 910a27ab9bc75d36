"""An update lock ends: no turn of the clock, no reboot and no power cut makes it longer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.update_lock import begun, left, looked_at
from kiosk_contracts.update_lock import UpdateLock

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOCK = UpdateLock(until=NOW + HOUR, why="doors", by="Mia", by_id="mia")


def moment(
    wall: timedelta = timedelta(),
    boot_ms: int = 0,
    boot: str = "one",
    known: datetime | None = None,
) -> Moment:
    return Moment(NOW + wall, boot_ms, boot, known)


KEPT = begun(LOCK, moment())


def test_it_holds_until_its_end_and_no_longer() -> None:
    second = timedelta(seconds=1)
    assert left(KEPT, moment(HOUR - second, 3_599_000)) == second
    assert left(KEPT, moment(HOUR, 3_600_000)) == timedelta()


def test_whichever_clock_says_so_first_ends_it() -> None:
    assert left(KEPT, moment(-HOUR, 3_600_000)) == timedelta(), "turned back"
    assert left(KEPT, moment(HOUR, 1_000)) == timedelta(), "turned forward"


def test_after_a_reboot_the_wall_clock_counts_and_no_more_is_left_than_was() -> None:
    assert left(KEPT, moment(HOUR / 2, 5_000, "two")) == HOUR / 2
    later = looked_at(KEPT, moment(timedelta(), 2_700_000))
    assert left(later, moment(timedelta(), 5_000, "two")) == HOUR / 4


def test_a_clock_behind_what_is_known_ends_it_after_a_reboot() -> None:
    behind = timedelta(seconds=-1)
    assert left(KEPT, moment(behind, 5_000, "two")) == timedelta()
    recorded = NOW + timedelta(minutes=10)
    assert left(KEPT, moment(5 * timedelta(minutes=1), 0, "two", recorded)) == timedelta()
    assert left(KEPT, moment(10 * timedelta(minutes=1), 0, "two", recorded)) > timedelta()


_STEPS = st.lists(
    st.tuples(
        st.integers(0, 3_600_000),  # passes
        st.integers(-7_200, 7_200),  # the wall clock is turned by, in seconds
        st.booleans(),  # whether the host is started again after that
    ),
    max_size=30,
)


@given(_STEPS)
def test_it_is_in_force_no_longer_than_it_was_meant_to_whatever_happens(
    steps: list[tuple[int, int, bool]],
) -> None:
    kept, at, in_force_ms = KEPT, moment(), 0
    for passes_ms, turned_s, starts_again in steps:
        before = left(kept, at)
        if before <= timedelta():
            # The agent looks now, and at its start: what has ended is removed for good.
            break
        in_force_ms += min(passes_ms, before // timedelta(milliseconds=1))
        passed = timedelta(milliseconds=passes_ms)
        at = replace(at, now=at.now + passed, boottime_ms=at.boottime_ms + passes_ms)
        kept = looked_at(kept, at)
        at = replace(at, now=at.now + timedelta(seconds=turned_s))
        if starts_again:
            at = replace(at, boottime_ms=0, boot_id=f"{at.boot_id}+")
        after = left(kept, at)
        assert after <= max(timedelta(), before - passed)
        assert after <= timedelta() or at.now < LOCK.until
        kept = looked_at(kept, at)
        assert max(timedelta(), left(kept, at)) == max(timedelta(), after)
    assert in_force_ms <= HOUR // timedelta(milliseconds=1)
