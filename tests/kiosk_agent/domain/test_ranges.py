"""Ranges say the same as the numbers in them."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.domain.ranges import (
    Ranges,
    count,
    joined,
    missing_from,
    parts,
    ranges_of,
    touches,
    without,
)

NUMBERS = st.sets(st.integers(1, 30))


def numbers_of(ranges: Ranges) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(NUMBERS, NUMBERS, st.integers(1, 30), st.integers(0, 10))
def test_they_are_the_numbers(some: set[int], others: set[int], first: int, more: int) -> None:
    ranges, there, last = ranges_of(some), ranges_of(others), first + more
    asked = set(range(first, last + 1))
    assert numbers_of(ranges) == some
    assert count(ranges) == len(some)
    assert joined((*ranges, *there)) == ranges_of(some | others)
    assert numbers_of(without(ranges, there)) == some - others
    assert touches(ranges, first, last) == bool(some & asked)
    cut = list(parts(ranges, first, last))
    assert [number for low, high, _ in cut for number in range(low, high + 1)] == sorted(asked)
    assert numbers_of(tuple((low, high) for low, high, is_in in cut if is_in)) == some & asked
    assert numbers_of(missing_from(sorted(some & asked), first, last)) == asked - some
