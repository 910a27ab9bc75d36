"""Asks the ticket API what it knows of this journal: an older copy can't know it by itself.

Before the answer is in, the journal asks for no stock: a fresh one might give receipt numbers that
the kiosk has given before. Selling what is here does not wait for it.
"""

import asyncio
from datetime import datetime
from uuid import uuid4

import structlog

from kiosk_agent.domain.epochs import (
    EpochReason,
    NewEpoch,
    epoch_to_raise_to,
    what_contradicts,
)
from kiosk_agent.domain.hosts import same_host
from kiosk_agent.domain.reserve import Reserve
from kiosk_agent.ports.journal import JournalReader, JournalWriter
from kiosk_agent.ports.reserve import ReserveStore
from kiosk_agent.services.periods import jittered
from kiosk_agent.services.sides import Here, There
from kiosk_agent.waiting import first_of
from kiosk_contracts.uploads import JournalHead

log = structlog.get_logger(__name__)


class EpochKeeper:
    """Begins a new epoch in the running agent, in one commit, when the journal is contradicted."""

    def __init__(self, here: Here, there: There, reserves: ReserveStore, *, every_s: float) -> None:
        self._here = here
        self._there = there
        self._reserves = reserves
        self._every_s = every_s

    async def run(self) -> None:
        """Ask at the start, whenever the line comes back, and now and then, for ever."""
        while True:
            returns = self._there.line.returns
            await self._there.retrier.until_answered(self._check, name="journal")
            await first_of(
                self._here.clock.sleep(jittered(self._every_s)), self._there.line.returned(returns)
            )

    async def _check(self) -> None:
        """Ask until nothing is contradicted: a new epoch is compared like any other."""
        while await self._begin_if_contradicted():
            self._here.changes.notify()

    async def _begin_if_contradicted(self) -> bool:
        known = await self._here.journal.read(lambda reader: reader.standing())
        head = await self._there.fleet.journal_head(known.journal_id)
        async with self._here.reserve_lock:
            begun = await self._judge(head)
        if begun is None:
            return False
        log.warning("epoch_opened", reason=begun.reason, epoch=begun.epoch, found=begun.found)
        await self._there.fleet.open_session(begun.journal_id)
        return True

    async def _judge(self, head: JournalHead) -> NewEpoch | None:
        """Compare; begin a new epoch if need be, with the reserve put out of reach before it."""
        journal, now = self._here.journal, self._here.clock.now()
        sealed = await asyncio.to_thread(self._reserves.load)
        reserve = await journal.read(lambda reader: _to_take(reader, head, sealed))
        if reserve is not None:
            await asyncio.to_thread(self._reserves.mark_used, reserve.journal_id)
        begun = await journal.write(lambda writer: _judge(writer, head, reserve, now))
        if reserve is not None and begun is None:
            await asyncio.to_thread(self._reserves.seal_again, reserve.journal_id)
        return begun


def _to_take(reader: JournalReader, head: JournalHead, sealed: Reserve | None) -> Reserve | None:
    """Return the reserve if a new epoch is to begin with it."""
    found = what_contradicts(head, reader.standing(), reader.hash_at(head.sequence))
    return None if found is None else _usable(sealed, reader)


def _judge(
    writer: JournalWriter, head: JournalHead, reserve: Reserve | None, now: datetime
) -> NewEpoch | None:
    """Compare within one commit, so that no sale falls between the look and the new epoch."""
    standing = writer.standing()
    found = what_contradicts(head, standing, writer.hash_at(head.sequence))
    if found is None:
        raised = epoch_to_raise_to(head, standing)
        if raised is not None:
            writer.raise_epoch(raised)
            log.warning("epoch_raised", epoch=raised, receipts_given=standing.receipts)
        writer.note_epoch_checked()
        return None
    usable = _usable(reserve, writer)
    new = NewEpoch(
        journal_id=usable.journal_id if usable else uuid4(),
        epoch=max(standing.epoch, head.kiosk_epoch, usable.epoch - 1 if usable else 0) + 1,
        reason=EpochReason.OLDER_COPY,
        found=found,
        at=now,
        host_id=writer.host_id(),
        reserve=usable,
    )
    writer.open_epoch(new)
    return new


def _usable(reserve: Reserve | None, reader: JournalReader) -> Reserve | None:
    """Return the reserve unless a journal in this file has taken it, or it is another host's."""
    if reserve is None or reserve.kiosk_id != reader.identity().kiosk_id:
        return None
    taken = any(one.journal_id == reserve.journal_id for one in reader.epochs())
    return None if taken or not same_host(reserve.host_id, reader.host_id()) else reserve
