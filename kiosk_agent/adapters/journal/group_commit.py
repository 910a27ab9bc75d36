"""One thread, one connection, one commit for all the work that came in meanwhile."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from kiosk_agent.adapters.journal import errors
from kiosk_agent.adapters.journal.writing import SqliteWriter
from kiosk_agent.domain.refusals import agent_stopping
from kiosk_agent.ports.disk_room import DiskRoom, EndlessRoom

T = TypeVar("T")

_MAX_GROUP: Final = 256
"""So that an answer waits for a bounded amount of other work."""


_LOG_PAGES: Final = 1000
"""SQLite's own bound: the write-ahead log begins anew about here."""


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    work: Callable[[SqliteWriter], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    alone: bool = False
    """Not in a transaction and with nobody else, such as VACUUM."""

    def resolve(self, result: Any) -> None:
        self._tell(_set_result, result)

    def fail(self, error: BaseException) -> None:
        self._tell(_set_exception, error)

    def _tell(self, tell: Callable[[asyncio.Future[Any], Any], None], answer: Any) -> None:
        # A closed loop has nobody left who waits; the thread must go on for the others.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(tell, self.answer, answer)


_Failed = tuple[_Item, BaseException]


class GroupCommitter:
    """Runs pieces of work in order, each in a savepoint, and answers after COMMIT returned.

    A lone piece of work is committed at once; work that arrives while a commit is under way
    shares the next one. On a full disk the reserve of `room` is given up.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        writer: SqliteWriter,
        *,
        room: DiskRoom | None = None,
        after_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._room = room or EndlessRoom()
        self._after_commit = after_commit
        self._frugal = False
        self._held_back: _Item | None = None
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    async def submit(self, work: Callable[[SqliteWriter], T]) -> T:
        """Hand over `work` and wait until it is durable; its own error comes back as it is."""
        return await self._hand_over(work, alone=False)

    async def submit_alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on the bare connection, between two transactions of others."""
        return await self._hand_over(lambda _: work(self._connection), alone=True)

    async def _hand_over(self, work: Callable[[SqliteWriter], T], *, alone: bool) -> T:
        if self._closed:
            raise agent_stopping()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Item(work, loop, answer, alone))
        return await answer

    async def close(self) -> None:
        """Take no more, finish what was handed over, end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        last = False
        while not last:
            group, last = self._next_group()
            if group and group[0].alone:
                self._run_alone(group[0])
            elif group:
                self._commit_group(group)
                self._after_commit()

    def _next_group(self) -> tuple[list[_Item], bool]:
        item, self._held_back = self._held_back or self._queue.get(), None
        group: list[_Item] = []
        while item is not None:
            if item.alone and group:
                self._held_back = item
                return group, False
            group.append(item)
            if item.alone:
                return group, False
            if len(group) == _MAX_GROUP:
                return group, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _run_alone(self, item: _Item) -> None:
        try:
            item.resolve(item.work(self._writer))
        except BaseException as error:  # noqa: BLE001  it belongs to the caller, who gets it
            item.fail(_as_answer(error))

    def _commit_group(self, group: list[_Item]) -> None:
        """Answer every item of the group exactly once.

        What failed for want of room alone is done again once the write-ahead log could begin anew
        in the room it has, and once more with the room that was held back.
        """
        if self._frugal and self._room.holds_reserve():
            self._set_frugal(on=False)
        full = self._attempt(group)
        for make_room in (self._reuse_log, self._use_reserve):
            if full and make_room():
                full = self._attempt([item for item, _ in full])
        for item, error in full:
            item.fail(_as_answer(error))

    def _attempt(self, group: list[_Item]) -> list[_Failed]:
        """Do the work of a group; answer all but those that failed for want of room."""
        done: list[tuple[_Item, Any]] = []
        failed: list[_Failed] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for item in group:
                try:
                    done.append((item, self._run_in_savepoint(item.work)))
                except _GroupLostError:
                    raise
                except BaseException as error:  # noqa: BLE001  it belongs to the caller, who gets it
                    failed.append((item, error))
            self._connection.execute("COMMIT")
        except (_GroupLostError, sqlite3.Error) as error:
            cause = self._roll_back(error)
            done, failed = [], [(item, cause) for item in group]
        for item, result in done:
            item.resolve(result)
        for item, own_error in failed:
            if not errors.is_full(own_error):
                item.fail(_as_answer(own_error))
        return [(item, error) for item, error in failed if errors.is_full(error)]

    def _use_reserve(self) -> bool:
        """Give the reserve up; say whether there was any."""
        if not self._room.give_up_reserve():
            return False
        self._set_frugal(on=True)
        # While there is room: otherwise the log would eat it all, and could not be moved then.
        self._reuse_log()
        return True

    def _set_frugal(self, *, on: bool) -> None:
        """Let the log begin anew after every commit, so that only the file takes of the reserve."""
        self._frugal = on
        pages = 1 if on else _LOG_PAGES
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")

    def _reuse_log(self) -> bool:
        """Move the write-ahead log into the file, so that it can begin anew; worth another try."""
        # On a full disk this may fail halfway: what it did not move stays in the log.
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return True

    def _run_in_savepoint(self, work: Callable[[SqliteWriter], Any]) -> Any:
        self._connection.execute("SAVEPOINT work")
        try:
            result = work(self._writer)
            self._connection.execute("RELEASE work")
        except BaseException as error:
            self._undo(error)
            raise
        return result

    def _undo(self, error: BaseException) -> None:
        """Undo one piece of work; a full or failing disk can have ended the whole transaction."""
        if not self._connection.in_transaction:
            raise _GroupLostError(error) from error
        try:
            self._connection.execute("ROLLBACK TO work")
            self._connection.execute("RELEASE work")
        except sqlite3.Error as second:
            raise _GroupLostError(second) from second

    def _roll_back(self, error: Exception) -> BaseException:
        """Undo the whole transaction; return why it came to nothing."""
        cause = error.cause if isinstance(error, _GroupLostError) else error
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            cause = second
        return cause


class _GroupLostError(Exception):
    """SQLite gave up the whole transaction; nothing of the group happened."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _as_answer(error: BaseException) -> BaseException:
    match error:
        case sqlite3.Error():
            return errors.problem_of(error)
        case StopIteration():
            # A future cannot carry this one: it would end the loop of whoever awaits it.
            return RuntimeError(f"work ended with {error!r}")
        case _:
            return error


def _set_result(answer: asyncio.Future[Any], result: Any) -> None:
    if not answer.done():
        answer.set_result(result)


def _set_exception(answer: asyncio.Future[Any], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
