"""Ranges of sequences, both ends included: few numbers say much of a long journal."""

from collections.abc import Iterable, Iterator, Sequence

Ranges = tuple[tuple[int, int], ...]
"""In order, without overlaps."""


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """Return numbers as ranges."""
    return joined((number, number) for number in numbers)


def joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return ranges in order, with those that touch or overlap made one."""
    made: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if made and first <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], last))
        else:
            made.append((first, last))
    return tuple(made)


def missing_from(numbers: Sequence[int], first: int, last: int) -> Ranges:
    """Return what of a range is not among the numbers, which are in order."""
    found: list[tuple[int, int]] = []
    expected = first
    for number in (*numbers, last + 1):
        if number > expected:
            found.append((expected, number - 1))
        expected = number + 1
    return tuple(found)


def parts(ranges: Ranges, first: int, last: int) -> Iterator[tuple[int, int, bool]]:
    """Cut a range where `ranges` begin and end: (first, last, whether it is in them)."""
    for low, high in ranges:
        if high < first:
            continue
        if low > last:
            break
        if low > first:
            yield first, low - 1, False
        yield max(low, first), min(high, last), True
        first = high + 1
    if first <= last:
        yield first, last, False


def without(ranges: Ranges, others: Ranges) -> Ranges:
    """Return what of `ranges` is in none of the others."""
    return tuple(
        (low, high)
        for first, last in ranges
        for low, high, is_in in parts(others, first, last)
        if not is_in
    )


def touches(ranges: Ranges, first: int, last: int) -> bool:
    """Say whether any number of a range is in `ranges`."""
    return any(is_in for _, _, is_in in parts(ranges, first, last))


def count(ranges: Ranges) -> int:
    """Return how many numbers there are."""
    return sum(last - first + 1 for first, last in ranges)
