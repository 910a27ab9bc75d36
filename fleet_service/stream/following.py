"""What changes of kiosks, heard by every task, so that what it read stays known until then."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiohttp import web

from cloud_store.port import StoreError
from fleet_service.beside import beside
from fleet_service.clock import Clock
from fleet_service.stream.keeping import Entries
from fleet_service.stream.marking import Pending
from fleet_service.stream.marks import Entry, Kind, Mark, Position

log = structlog.get_logger()

_LOOK_S: Final = 0.3
_HEARD_S: Final = 0.8
"""So long ago at most the last look may have begun: with the mark, which takes a moment to be
written, a change counts within about a second."""
COUNTS_S: Final = 90.0
"""What was read longer ago is read again, whatever was heard: a task may have died between what it
wrote and its mark of it. Longer than a minute, in which each kiosk's last report is written."""
_LOOKS_AT_HEAD: Final = 10
_OF_MANY: Final = frozenset({Kind.ALL, Kind.NEWER, Kind.VENUE})
"""Marks that name no kiosk, and concern some."""

Changed = Callable[[Collection[str] | None], None]


class FollowedKind:
    """Changes of one kind, for who remembers what was read of kiosks; see `Followed`."""

    def __init__(self, covers: Callable[[float, float], bool]) -> None:
        self.covers = covers
        self._hearing: list[Changed] = []

    def hear(self, changed: Changed) -> None:
        """Have `changed` told which kiosks changed, by id; None: any may have."""
        self._hearing.append(changed)

    def tell(self, changed: Collection[str] | None) -> None:
        """Tell all who hear."""
        for hear in self._hearing:
            hear(changed)


class Following:
    """Looks at the marks of all tasks a few times a second, and hears this task's own at once."""

    def __init__(self, entries: Entries, pending: Pending, clock: Clock) -> None:
        self._entries = entries
        self._clock = clock
        self._at: Position | None = None
        self._looks = 0
        self._since = float("inf")
        """What changed after it is heard."""
        self._heard_until = float("-inf")
        """What was marked before it has been heard."""
        self.instances = FollowedKind(self.covers)
        """All that is told of kiosks: their reports, too."""
        self.standings = FollowedKind(self.covers)
        """By what their requests are judged alone."""
        pending.hear(self._tell)

    def covers(self, read_at: float, now: float) -> bool:
        """Say whether what was read when `read_at` was now still counts if nothing was heard."""
        return (
            self._since <= read_at
            and now - self._heard_until < _HEARD_S
            and now - read_at < COUNTS_S
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Look until the block ends."""
        async with beside(self._work(), "following changes"):
            yield

    async def look(self) -> None:
        """Hear what was marked since the last look. Raises StoreError."""
        began = self._clock.monotonic()
        if self._at is None or await self._is_another_store():
            await self._begin()
            return
        entries = await self._entries.after(self._at)
        if entries and entries[0].number != self._at.entry + 1:
            # Some were forgotten before they were heard.
            await self._begin()
            return
        if entries:
            # What this task wrote has been told when it did.
            others = [one for one in entries if one.number not in self._entries.own]
            self._tell(_marks(others))
            self._at = Position(self._at.epoch, entries[-1].number)
        self._heard_until = began

    async def _is_another_store(self) -> bool:
        """Say now and then whether what is followed was put in the place of what was."""
        self._looks += 1
        if self._at is None or self._looks % _LOOKS_AT_HEAD:
            return False
        newest, _ = await self._entries.position()
        return newest.epoch != self._at.epoch

    async def _begin(self) -> None:
        """Hear from now on; what was read before does not count."""
        self._since = float("inf")
        self._at = None
        began = self._clock.monotonic()
        self._at, _ = await self._entries.position()
        self._entries.own.clear()
        # Not `began`: what changed between, and was marked by then, nobody has heard.
        self._since = self._clock.monotonic()
        self._heard_until = began

    async def _work(self) -> None:
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("changes_not_followed", why=str(error))
            except Exception:
                # Until it is mended everything is read each time, which is slow and right.
                log.exception("following_failed")
            await asyncio.sleep(_LOOK_S * random.uniform(0.8, 1.0))  # noqa: S311  spreading

    def _tell(self, marks: Iterable[Mark]) -> None:
        told = list(marks)
        of_many = any(mark.kind in _OF_MANY for mark in told)
        for kind, followed in (
            (Kind.INSTANCE, self.instances),
            (Kind.STANDING, self.standings),
        ):
            named = {mark.id for mark in told if mark.kind is kind}
            if of_many or named:
                followed.tell(None if of_many else named)


FOLLOWING: web.AppKey[Following] = web.AppKey("following", Following)


def _marks(entries: Sequence[Entry]) -> set[Mark]:
    found = {mark for one in entries for mark in one.marks}
    older = (mark for one in entries if not one.marks_standings for mark in one.marks)
    return found | {Mark(Kind.STANDING, one.id) for one in older if one.kind is Kind.INSTANCE}
