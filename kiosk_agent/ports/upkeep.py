"""Long work on the journal's file, for idle hours. It delays nobody: a write ends it at once."""

from collections.abc import Sequence
from typing import Protocol


class Upkeep(Protocol):
    """What can be done for the file as a whole. Idempotent."""

    async def check(self) -> Sequence[str] | None:
        """Return what SQLite finds wrong in the whole file, at most a few; None: it gave way."""
        ...

    async def rewrite(self) -> bool:
        """Rewrite the file so that it can shrink from now on; False: it gave way.

        Needs room for the file twice more. Raises ProblemError `storage_full`.
        """
        ...
