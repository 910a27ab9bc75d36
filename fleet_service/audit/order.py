"""How audit entries are ordered: ids that grow with time, and sort keys that shrink. Pure.

The store reads a partition upwards alone, and the newest entry is wanted first: so the sort key is
the id taken from the largest one there can be.
"""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

_ALL: Final = (1 << 128) - 1
END: Final = _ALL
"""A position after every entry."""
_MS_SHIFT: Final = 80
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def new_id(now: datetime) -> UUID:
    """Return a UUIDv7 (RFC 9562) of this moment; what stands behind the millisecond is in rand_a.

    So two of one process sort as they were made, as far as its clock can tell them apart.
    """
    ms, rest = divmod(now - _EPOCH, _MS)
    fraction = rest.microseconds * 4096 // 1000
    value = ms << _MS_SHIFT | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return UUID(int=value)


def day_of(position: int) -> date:
    """Return on which day (UTC) an id of this value was made; the last there is for later ones."""
    try:
        return (_EPOCH + (position >> _MS_SHIFT) * _MS).date()
    except OverflowError:
        return date.max


def start_of(day: date) -> int:
    """Return the position before every id of a day: the smallest that could be of it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (midnight - _EPOCH) // _MS << _MS_SHIFT


def end_of(day: date) -> int:
    """Return the position after every id of a day."""
    return END if day == date.max else start_of(day + timedelta(days=1))


def sort_key(position: int) -> str:
    """Return the key that sorts a position behind every later one."""
    return f"{_ALL - position:032x}"


def position_of(sk: str) -> int:
    """Return the position that a sort key is of."""
    return _ALL - int(sk, 16)


def as_cursor(position: int) -> str:
    """Return a position as callers carry it: entries before it are wanted next."""
    return f"{position:032x}"
