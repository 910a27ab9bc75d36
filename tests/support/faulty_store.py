"""A store that fails when a test says so, around a real one; it counts what it did."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from cloud_store.port import (
    ConditionFailedError,
    Item,
    Key,
    Store,
    StoreError,
    Write,
)


@dataclass
class FaultyStore:
    """Fails commits: before they happen, after they happened, or because another was first."""

    inner: Store
    failed: int = 0
    """How many faults fired."""
    commits: list[int] = field(default_factory=list)
    """Writes of each commit that happened."""
    fail_reads: int = 0
    """So many reads fail from now on."""
    _until_failure: int | None = None
    _lose_answers: int = 0
    _beaten: int = 0
    _beaten_after: int = 0
    _rival: Callable[[], Awaitable[None]] | None = None

    def fail_commits_after(self, good: int) -> None:
        """Let so many commits happen; every one after that fails, not written."""
        self._until_failure = good

    def lose_answers(self, count: int) -> None:
        """Write the next commits, and then fail."""
        self._lose_answers = count

    def beat(self, times: int, *, after: int = 0) -> None:
        """Let the next commits but the first few fail as if another writer had been first."""
        self._beaten, self._beaten_after = times, after

    def let_rival_in(self, rival: Callable[[], Awaitable[None]]) -> None:
        """Let `rival` write just before the next commit."""
        self._rival = rival

    def heal(self) -> None:
        """Fail no more."""
        self._until_failure = None
        self._lose_answers = self._beaten = 0

    async def get(self, key: Key) -> Item | None:
        self._fail_read()
        return await self.inner.get(key)

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        self._fail_read()
        return await self.inner.get_many(keys)

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        self._fail_read()
        return await self.inner.query(kind, pk, after=after, limit=limit)

    async def commit(self, writes: Sequence[Write]) -> None:
        if self._rival is not None:
            rival, self._rival = self._rival, None
            await rival()
        if self._beaten and self._beaten_after:
            self._beaten_after -= 1
        elif self._beaten:
            self._beaten -= 1
            self.failed += 1
            raise ConditionFailedError(writes[0].key)
        if self._until_failure == 0:
            self.failed += 1
            raise StoreError("the store is away")
        if self._until_failure is not None:
            self._until_failure -= 1
        await self.inner.commit(writes)
        self.commits.append(len(writes))
        if self._lose_answers:
            self._lose_answers -= 1
            self.failed += 1
            raise StoreError("the answer was lost")

    def _fail_read(self) -> None:
        if self.fail_reads:
            self.fail_reads -= 1
            self.failed += 1
            msg = "the store did not answer a read"
            raise StoreError(msg)
