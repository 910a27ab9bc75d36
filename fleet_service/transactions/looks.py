"""Which operators were shown lately who bought, so that one look is not written down again."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from fleet_service.clock import Clock

LOOK_LASTS: Final = timedelta(minutes=15)
"""Who is shown the same within it looks still."""
MOST_KEPT: Final = 20_000
"""Of this task; an older one is written down again."""


class Looks:
    """In memory: after a restart, or at another task, a look is written down once more."""

    def __init__(self, clock: Clock, most: int = MOST_KEPT) -> None:
        self._clock = clock
        self._most = most
        self._at: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def is_new(self, token_id: str, txn_id: str) -> bool:
        """Say whether a look at a transaction's buyer has to be written down."""
        at = self._at.get((token_id, txn_id))
        return at is None or self._clock.now() - at >= LOOK_LASTS

    def noted(self, token_id: str, txn_ids: Iterable[str]) -> None:
        """Remember that looks were written down now."""
        for txn_id in txn_ids:
            self._at.pop((token_id, txn_id), None)
            self._at[token_id, txn_id] = self._clock.now()
        while len(self._at) > self._most:
            self._at.popitem(last=False)
