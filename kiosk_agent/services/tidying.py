"""Keeps the journal bounded while nobody needs it: archives what settled long ago, forgets lists.

Each step is small and the kiosk's idleness is looked at before each, so that no sale waits for it.
A kill between any two leaves a transaction in the journal or in an archive, at worst in both.
"""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from kiosk_agent.domain.archiving import Forgettable, events_over
from kiosk_agent.domain.holds import has_expired
from kiosk_agent.ports.archives import ArchiveError, Archives
from kiosk_agent.ports.journal import JournalReader
from kiosk_agent.services.kiosk import Kiosk

log = structlog.get_logger(__name__)

ROWS_AT_ONCE: Final = 500
PAGES_AT_ONCE: Final = 64
_EVERY_S: Final = 600.0


class Tidying:
    """A worker."""

    def __init__(self, kiosk: Kiosk, archives: Archives, *, archive_after_s: float) -> None:
        self._kiosk = kiosk
        self._archives = archives
        self._after = timedelta(seconds=archive_after_s)

    async def run(self) -> None:
        """Tidy up now and then, for ever; at the start, what a kill left half done."""
        await self._clear_left_overs()
        while True:
            try:
                await self._round()
            except ArchiveError as error:
                # The rows stay in the journal; the next round tries again.
                log.error("archiving_failed", detail=str(error))  # noqa: TRY400  not a bug of ours
            await self._kiosk.clock.sleep(_EVERY_S)

    async def _round(self) -> None:
        more = True
        while more and await is_idle(self._kiosk):
            more = await self._archive_some() or await self._forget_some() or await self._shrink()

    async def _archive_some(self) -> bool:
        """Move some rows to an archive; say whether there were any."""
        journal, before = self._kiosk.journal, self._kiosk.clock.now() - self._after
        lines = await journal.read(lambda reader: reader.archivable(before, ROWS_AT_ONCE))
        if not lines:
            return False
        identity = await journal.read(lambda reader: reader.identity())
        facts = await asyncio.to_thread(self._archives.write, identity.journal_id, lines)
        now = self._kiosk.clock.now()
        await journal.write(lambda writer: writer.leave_for_archive(facts, lines, now))
        log.info("transactions_archived", file=facts.name, transactions=facts.transactions)
        return True

    async def _forget_some(self) -> bool:
        what = await self._kiosk.journal.read(self._forgettable)
        gone = await self._kiosk.journal.write(lambda writer: writer.forget(what, ROWS_AT_ONCE))
        return gone > 0

    def _forgettable(self, reader: JournalReader) -> Forgettable:
        now, line = self._kiosk.clock.now(), self._kiosk.line
        offset_ms = line.server_offset_ms()
        if offset_ms is None or line.last_contact_at() is None:
            return Forgettable(before=now - self._after, events=())
        server_now = now + timedelta(milliseconds=offset_ms)
        over = events_over(reader.catalogue(), reader.touched_events(), server_now, self._after)
        return Forgettable(before=now - self._after, events=over)

    async def _shrink(self) -> bool:
        left = await self._kiosk.journal.write(lambda writer: writer.shrink(PAGES_AT_ONCE))
        return left > 0

    async def _clear_left_overs(self) -> None:
        """Remove files that a kill left, if all that they hold is in the journal itself."""
        await asyncio.to_thread(self._archives.clear_half_written)
        kept = {facts.name for facts in await self._kiosk.journal.read(lambda r: r.archives())}
        for name in await asyncio.to_thread(self._archives.names):
            if name not in kept:
                await self._clear(name)

    async def _clear(self, name: str) -> None:
        try:
            facts = await asyncio.to_thread(self._archives.verify, name)
        except ArchiveError as error:
            log.warning("archive_unknown", file=name, detail=str(error))
            return
        known = await self._kiosk.journal.read(
            lambda reader: (
                # It may have been left before a new epoch began in this file.
                any(one.journal_id == facts.journal_id for one in reader.epochs())
                and reader.has_all(facts.first_sequence, facts.last_sequence)
            )
        )
        if known:
            await asyncio.to_thread(self._archives.remove, name)
        log.info("archive_left_over", file=name, removed=known)


async def is_idle(kiosk: Kiosk) -> bool:
    """Say whether nobody is served and nothing is on its way."""

    def work(reader: JournalReader) -> bool:
        moment = kiosk.moment(reader)
        served = any(not has_expired(cart, moment) for cart in reader.carts())
        # While the line is down, for weeks perhaps, what waits for it is not on its way.
        return not served and (kiosk.line.is_offline() or not reader.is_sending())

    return await kiosk.journal.read(work)
