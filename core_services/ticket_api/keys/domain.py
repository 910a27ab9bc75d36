"""When keys sign. A key is published at least the longest offline time before it signs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from kiosk_contracts.gates import VerifyKey

_K = TypeVar("_K", bound=VerifyKey)


def signing_key(keys: Sequence[_K], now: datetime) -> _K | None:
    """Return the newest of the keys that may sign by now; None if there is none."""
    ready = [key for key in keys if key.signs_from <= now]
    return max(ready, key=lambda key: (key.signs_from, key.key_id), default=None)


def signs_from(keys: Sequence[VerifyKey], now: datetime, max_offline: timedelta) -> datetime:
    """Return when a key that is announced now may sign: the first at once, others later."""
    return now + max_offline if keys else now


def next_key_id(keys: Sequence[VerifyKey]) -> int:
    """Return the number of the next key."""
    return max((key.key_id for key in keys), default=0) + 1
