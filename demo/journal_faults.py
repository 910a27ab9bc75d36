"""Faults around the agent's Journal port: death between commit and answer, and a lost sale.

Both are armed by a file, so that the story says at which sale they happen, and leave a file that
says they fired.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

from kiosk_agent.ports.journal import Journal, JournalReader, JournalRow, JournalWriter
from kiosk_agent.ports.journal import NewTransaction as New
from kiosk_contracts.selling import CartState

T = TypeVar("T")
_SALE = "sale"


class JournalFault(StrEnum):
    """What goes wrong with the next sale once the fault is armed."""

    DIE_AFTER_COMMIT = "die-after-commit"
    """The sale is on disk; the process ends with SIGKILL before it can answer."""
    LOSE_SALE = "lose-sale"
    """Sabotage: the sale is answered as recorded, and rolled back."""


def arm(folder: Path, fault: JournalFault) -> None:
    """Let `fault` happen to the next sale of the agent that watches `folder`."""
    (folder / f"{fault.value}.armed").touch()


def fired(folder: Path, fault: JournalFault) -> bool:
    """Say whether `fault` has happened."""
    return (folder / f"{fault.value}.fired").exists()


class _RollBackError(Exception):
    """Undoes a piece of work whose result is given out all the same."""


class _Watched:
    """A JournalWriter that remembers whether a sale was recorded through it."""

    def __init__(self, inner: JournalWriter) -> None:
        self._inner = inner
        self.sale: UUID | None = None

    def append(self, new: New) -> JournalRow:
        if new.kind == _SALE:
            self.sale = new.txn_id
        return self._inner.append(new)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class FaultyJournal:
    """The journal, with faults that happen to the next sale once armed."""

    def __init__(self, inner: Journal, folder: Path) -> None:
        self._inner = inner
        self._folder = folder

    async def write(self, work: Callable[[JournalWriter], T]) -> T:
        """Run `work`; then die, or pretend, if that is armed and the work recorded a sale."""
        watch: list[_Watched] = []
        pretended: list[T] = []

        def watched(writer: JournalWriter) -> T:
            watch.append(_Watched(writer))
            value = work(cast("JournalWriter", watch[-1]))
            if watch[-1].sale is not None and self._take(JournalFault.LOSE_SALE):
                pretended.append(value)
                raise _RollBackError
            return value

        try:
            value = await self._inner.write(watched)
        except _RollBackError:
            sale = watch[-1].sale
            await self._inner.write(lambda writer: _close_cart(writer, sale))
            return pretended[0]
        if watch[-1].sale is not None and self._take(JournalFault.DIE_AFTER_COMMIT):
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    async def read(self, work: Callable[[JournalReader], T]) -> T:
        """Read as the journal does."""
        return await self._inner.read(work)

    async def close(self) -> None:
        """Close the journal."""
        await self._inner.close()

    def _take(self, fault: JournalFault) -> bool:
        armed = self._folder / f"{fault.value}.armed"
        if not armed.exists():
            return False
        armed.rename(self._folder / f"{fault.value}.fired")
        return True


def _close_cart(writer: JournalWriter, txn_id: UUID | None) -> None:
    """Close the cart of a lost sale, as if it had been sold: nothing at the till tells of it."""
    cart = writer.cart(txn_id) if txn_id is not None else None
    if cart is not None:
        writer.put_cart(replace(cart, state=CartState.CLOSED.value))
