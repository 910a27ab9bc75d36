"""The store of the cloud services: conditional writes, and reads by key.

Nothing here is more than DynamoDB does: `commit` is one TransactWriteItems (a `Check` is its
ConditionCheck), `get_many` one
BatchGetItem after another, `query` one Query. There is no scan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

MAX_WRITES: Final = 100
"""Writes of one commit, at most (TransactWriteItems has the same bound)."""

NO_SORT_KEY: Final = "-"
"""The sort key of an item that is alone in its partition."""

Body = Mapping[str, Any]
"""JSON: dicts, lists, strings, integers, booleans and None."""


class Key(NamedTuple):
    """Where an item lives. A tuple: thousands are made and looked up for each batch."""

    kind: str
    pk: str
    sk: str = NO_SORT_KEY


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it was read."""

    key: Key
    version: int
    """1 at first; one more with every write."""
    body: Body


@dataclass(frozen=True, slots=True)
class Absent:
    """The condition that no item is at the key."""


@dataclass(frozen=True, slots=True)
class VersionIs:
    """The condition that the item at the key has this version."""

    version: int


Condition = Absent | VersionIs


@dataclass(frozen=True, slots=True)
class Put:
    """Write `body` at `key`, if the condition holds."""

    key: Key
    body: Body
    condition: Condition


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the item at `key`, if the condition holds."""

    key: Key
    condition: VersionIs


@dataclass(frozen=True, slots=True)
class Check:
    """Write nothing at `key`; the commit happens only if the condition holds."""

    key: Key
    condition: Condition


Write = Put | Delete | Check


class StoreError(Exception):
    """The store failed. Whether the writes happened is not known; they may be tried again."""


class ConditionFailedError(Exception):
    """A condition did not hold, so that nothing of the commit was written."""

    def __init__(self, key: Key) -> None:
        super().__init__(f"another writer was first at {key.kind} {key.pk} {key.sk}")
        self.key = key


class TooLargeError(Exception):
    """The store can't keep so much in one item or one commit; nothing of it was written."""

    def __init__(self, key: Key, size: int, most: int) -> None:
        super().__init__(
            f"{key.kind} {key.pk[:80]} {key.sk[:80]} makes {size:,} bytes; the store takes {most:,}"
        )
        self.key = key


class Store(Protocol):
    """Items by key, and conditional writes. Every read sees every commit that has returned."""

    async def get(self, key: Key) -> Item | None:
        """Return the item at `key`, or None. Raises StoreError."""
        ...

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        """Return the items at `keys`, in their order; not one moment's view. Raises StoreError."""
        ...

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        """Return up to `limit` items of a partition whose sort key is above `after`, in order.

        Sort keys compare by code point. Raises StoreError.
        """
        ...

    async def commit(self, writes: Sequence[Write]) -> None:
        """Do all of `writes`, durably, or none.

        At most MAX_WRITES, each of another key, no sort key empty, keys of whole characters
        (else ValueError). Not idempotent: conditions make a repetition fail. Raises
        ConditionFailedError, naming one key whose condition failed, TooLargeError (an adapter may
        have bounds), and StoreError.
        """
        ...


def check_commit(writes: Sequence[Write]) -> None:
    """Raise ValueError for a commit that no store takes."""
    keys = {write.key for write in writes}
    if len(writes) > MAX_WRITES or len(keys) != len(writes):
        msg = f"a commit has at most {MAX_WRITES} writes, each of another key"
        raise ValueError(msg)
    for key in keys:
        if not key.sk:
            msg = "a sort key is not empty"
            raise ValueError(msg)
        for part in key:
            if not part.isascii():
                # Half of a surrogate pair is no text; UnicodeEncodeError is a ValueError.
                part.encode()
