"""What is done by one task of several."""

from typing import Protocol

from cloud_store.workspace import Workspace


class LeaseLostError(Exception):
    """Another task has the lease by now: what was learnt under it is not to be written."""


class Lease(Protocol):
    """One task of several has it at a time, as far as clocks can tell; fences do the rest."""

    def held(self) -> int | None:
        """Return the term in which this task has it, by its own clock; None: it has it not."""
        ...

    async def until_held(self) -> int:
        """Return the term once this task has it."""
        ...

    async def fence(self, workspace: Workspace, term: int) -> None:
        """Let the next commit of `workspace` be refused unless `term` still runs.

        To be called before each commit. Raises LeaseLostError where it is known to have ended
        already, and StoreError; a commit that comes too late raises ConditionFailedError.
        """
        ...
