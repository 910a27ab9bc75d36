"""Fetches what selling and admitting need while there is a line: catalogue, keys, gate feed."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from kiosk_agent.ports.journal import JournalWriter
from kiosk_agent.services.kiosk import expire_revoked
from kiosk_agent.services.known_staff import KnownStaff
from kiosk_agent.services.periods import jittered
from kiosk_agent.services.sides import Here, There
from kiosk_agent.waiting import first_of
from kiosk_contracts.gates import GateFact, GateFeedEntry

log = structlog.get_logger(__name__)

_NOTED_EVERY: Final = timedelta(minutes=1)
"""Often enough for whoever asks how old the gate's knowledge is; not a commit for each round."""


class Syncer:
    """Rounds of their own, so that one that fails holds up no other."""

    def __init__(
        self, here: Here, there: There, *, every_s: float, staff: KnownStaff | None = None
    ) -> None:
        self._here = here
        self._there = there
        self._staff = staff
        self._every_s = every_s

    async def run_catalogue(self) -> None:
        """Keep the catalogue fresh, for ever."""
        await self._rounds(self._sync_catalogue, "catalogue")

    async def run_keys(self) -> None:
        """Keep the keys fresh, for ever."""
        await self._rounds(self._sync_keys, "keys")

    async def run_roster(self) -> None:
        """Keep the roster fresh, for ever."""
        await self._rounds(self._sync_roster, "roster")

    async def run_gate_feed(self) -> None:
        """Keep the gates' knowledge fresh, for ever."""
        await self._rounds(self._sync_gate_feed, "gate_feed")

    async def _rounds(self, sync: Callable[[], Awaitable[None]], name: str) -> None:
        while True:
            if not self._here.room.is_short():
                await self._there.retrier.until_answered(sync, name=name)
            returns = self._there.line.returns
            await first_of(
                self._here.clock.sleep(jittered(self._every_s)), self._there.line.returned(returns)
            )

    async def _sync_catalogue(self) -> None:
        catalogue = await self._there.fleet.catalogue()
        known = await self._here.journal.read(lambda reader: reader.catalogue())
        if catalogue != known:
            await self._here.journal.write(lambda writer: writer.put_catalogue(catalogue))
            log.info("catalogue_synced", version=catalogue.version, events=len(catalogue.events))
            self._here.changes.notify()

    async def _sync_keys(self) -> None:
        keys = (await self._there.fleet.keys()).keys
        known = await self._here.journal.read(lambda reader: reader.verify_keys())
        if {key.key_id: key for key in keys} != {key.key_id: key for key in known}:
            await self._here.journal.write(lambda writer: writer.put_verify_keys(keys))
            log.info("keys_synced", keys=len(keys))
            self._here.changes.notify()
        await self._note("keys")

    async def _sync_roster(self) -> None:
        roster = await self._there.fleet.roster()
        known = await self._here.journal.read(lambda reader: reader.roster())
        if roster.version == 0 or roster == known:
            return
        await self._here.journal.write(lambda writer: writer.put_roster(roster))
        if self._staff is not None:
            self._staff.learn(roster)
        log.info("roster_synced", version=roster.version, staff=len(roster.members))
        self._here.changes.notify()

    async def _sync_gate_feed(self) -> None:
        after = await self._here.journal.read(lambda reader: reader.gate_cursor())
        more = True
        while more and not self._here.room.is_short():
            feed = await self._there.fleet.gate_feed(after)
            more, after = feed.more, feed.next_cursor
            if feed.entries:
                entries, cursor = self._not_ahead(feed.entries), feed.next_cursor
                await self._here.journal.write(
                    lambda writer, entries=entries, cursor=cursor: _learn(  # type: ignore[misc]
                        writer, entries, cursor
                    )
                )
                log.info("gate_feed_synced", facts=len(entries), cursor=cursor)
                self._here.changes.notify()
        if not more:
            await self._note("gate_feed")

    async def _note(self, what: str) -> None:
        now = self._here.clock.now()
        known = await self._here.journal.read(lambda reader: reader.synced_at(what))
        if known is None or abs(now - known) >= _NOTED_EVERY:
            await self._here.journal.write(lambda writer: writer.note_synced(what, now))

    def _not_ahead(self, entries: Sequence[GateFeedEntry]) -> Sequence[GateFeedEntry]:
        """Let no fact be later than its telling: one clock that runs ahead must not hide others."""
        now = self._here.clock.now()
        return [
            entry if entry.at <= now else entry.model_copy(update={"at": now}) for entry in entries
        ]


def _learn(writer: JournalWriter, entries: Sequence[GateFeedEntry], cursor: int) -> None:
    writer.add_gate_facts(entries, cursor)
    if any(entry.fact == GateFact.REVOKED for entry in entries):
        expire_revoked(writer)
