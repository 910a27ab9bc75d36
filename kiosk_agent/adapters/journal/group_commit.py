"""One thread, one connection, one commit for all the work that came in meanwhile."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final, TypeVar

import structlog

from kiosk_agent.adapters.journal import errors
from kiosk_agent.adapters.journal.write_ahead_log import WriteAheadLog
from kiosk_agent.adapters.journal.writing import SqliteWriter
from kiosk_agent.domain.refusals import agent_stopping
from kiosk_agent.ports.disk_room import DiskRoom, EndlessRoom

T = TypeVar("T")
log = structlog.get_logger(__name__)

_MAX_GROUP: Final = 256
"""So that an answer waits for a bounded amount of other work."""


_LONGEST_WAIT_S: Final = 0.01
"""For others who are expected to share a commit; a disk can hang for seconds."""
_PAUSE_S: Final = 0.05
"""With nothing to do for so long, the next sale is probably not just behind."""


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    work: Callable[[SqliteWriter], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    alone: bool = False
    """Not in a transaction and with nobody else, such as VACUUM."""
    context: Context = field(default_factory=copy_context)
    """Of whoever hands it over: what is refused is refused in the language spoken there."""

    def run(self, writer: SqliteWriter) -> Any:
        """Do the work."""
        return self.context.run(self.work, writer)


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of an item: what its work returned, or its error."""

    item: _Item
    value: Any = None
    error: BaseException | None = None

    def wants_room(self) -> bool:
        """Say whether it failed for want of room alone."""
        return self.error is not None and errors.is_full(self.error)


class GroupCommitter:
    """Runs pieces of work in order, many in a transaction, and answers after COMMIT returned.

    A lone piece of work is committed at once; work that arrives while a commit is under way
    shares the next one. Whoever shared a commit is likely to bring more work, so the next one
    waits for as many, but no longer than half of what the last one took. The write-ahead log is
    moved into the file where nobody waits for it.

    On a full disk the reserve of `room` is given up.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        writer: SqliteWriter,
        write_ahead_log: WriteAheadLog,
        *,
        room: DiskRoom | None = None,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        """Start the thread. After a commit it calls `committed`, then answers."""
        self._connection = connection
        self._writer = writer
        self._room = room or EndlessRoom()
        self._committed = committed
        self._log = write_ahead_log
        self._frugal = False
        self._held_back: _Item | None = None
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._closed = False
        self._last_size = 1
        self._last_took_s = 0.0
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
                self._commit_or_tell(group)
                self._log.bound()

    def _next_group(self) -> tuple[list[_Item], bool]:
        item, self._held_back = self._held_back or self._first_item(), None
        until = monotonic() + min(self._last_took_s / 2, _LONGEST_WAIT_S)
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
                item = self._next_item(len(group), until)
            except Empty:
                return group, False
        return group, True

    def _first_item(self) -> _Item | None:
        if self._log.worth_a_pause():
            try:
                return self._queue.get(timeout=_PAUSE_S)
            except Empty:
                self._log.move()
        return self._queue.get()

    def _next_item(self, have: int, until: float) -> _Item | None:
        """Take what is there, or wait for it where as many as last time are expected."""
        left_s = until - monotonic()
        if have >= self._last_size or left_s <= 0:
            return self._queue.get_nowait()
        return self._queue.get(timeout=left_s)

    def _commit_or_tell(self, group: list[_Item]) -> None:
        """Commit a group; whatever goes wrong, its callers are told and the thread lives on."""
        try:
            self._commit_group(group)
        except BaseException as error:
            # It may be committed: whoever asks again with the same txn_id gets the first answer.
            log.exception("journal_writer_failed")
            _tell([_Result(item, error=error) for item in group])

    def _run_alone(self, item: _Item) -> None:
        try:
            result = _Result(item, item.run(self._writer))
        except BaseException as error:  # noqa: BLE001  it belongs to the caller, who gets it
            result = _Result(item, error=error)
        # What it wrote is in the log as a whole.
        self._log.move()
        _tell([result])

    def _commit_group(self, group: list[_Item]) -> None:
        """Answer every item of the group exactly once.

        What failed for want of room alone is done again once the write-ahead log could begin anew
        in the room it has, and once more with the room that was held back.
        """
        if self._frugal and self._room.holds_reserve():
            self._set_frugal(on=False)
        results = self._attempt(group)
        for make_room in (self._reuse_log, self._use_reserve):
            full = [result.item for result in results if result.wants_room()]
            if full and make_room():
                _tell([result for result in results if not result.wants_room()])
                results = self._attempt(full)
        _tell(results)

    def _attempt(self, group: Sequence[_Item]) -> list[_Result]:
        """Do the work of a group in one transaction, all of it but what fails.

        Where a piece fails, all is undone and the others are done again without it. To undo it
        alone would take a savepoint for each, of which hardly any is ever needed.
        """
        began = monotonic()
        failed: dict[_Item, _Result] = {}
        done: list[_Result] = []
        while todo := [item for item in group if item not in failed]:
            done, error = self._transact(todo)
            if error is None:
                self._committed()
                break
            culprits = todo[len(done) : len(done) + 1] or todo
            failed |= {item: _Result(item, error=error) for item in culprits}
            done = []
        self._last_size, self._last_took_s = len(group), monotonic() - began
        return [*done, *failed.values()]

    def _transact(self, todo: Sequence[_Item]) -> tuple[list[_Result], BaseException | None]:
        """Return what was done before an error, and the error; all of it is undone then."""
        done: list[_Result] = []
        try:
            if self._connection.in_transaction:
                # One that could not be undone when it failed.
                self._connection.execute("ROLLBACK")
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            # Nobody's own: as if the commit had failed, after all was done.
            return [_Result(item) for item in todo], self._roll_back(error)
        try:
            before = self._writer.changes()
            for item in todo:
                done.append(_Result(item, item.run(self._writer)))  # noqa: PERF401  as far as it came
            if self._writer.changes() != before:
                self._writer.finish()
            self._connection.execute("COMMIT")
            self._writer.committed()
            self._log.grew(self._writer.changes() - before)
        except BaseException as error:  # noqa: BLE001  it belongs to the caller, who gets it
            return done, self._roll_back(error)
        return done, None

    def _use_reserve(self) -> bool:
        """Give the reserve up; say whether there was any."""
        if not self._room.give_up_reserve():
            return False
        self._set_frugal(on=True)
        # While there is room: otherwise the log would eat it all, and could not be moved then.
        self._log.move()
        return True

    def _set_frugal(self, *, on: bool) -> None:
        """Let only the file take of the reserve, not the log."""
        self._frugal = on
        self._log.move_after_each_commit(on=on)

    def _reuse_log(self) -> bool:
        """Let the write-ahead log begin anew; worth another try."""
        self._log.move()
        return True

    def _roll_back(self, error: BaseException) -> BaseException:
        """Undo the transaction; return why it came to nothing."""
        self._writer.undone()
        try:
            # A full or failing disk can have ended it already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            return second
        return error


def _as_answer(error: BaseException) -> BaseException:
    match error:
        case sqlite3.Error():
            return errors.problem_of(error)
        case StopIteration():
            # A future cannot carry this one: it would end the loop of whoever awaits it.
            return RuntimeError(f"work ended with {error!r}")
        case _:
            return error


def _tell(results: Sequence[_Result]) -> None:
    """Answer; each loop is woken once, for a wake-up costs as much as an insert."""
    for loop in {result.item.loop for result in results}:
        told = [result for result in results if result.item.loop is loop]
        # A closed loop has nobody left who waits; the thread must go on for the others.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_answer, told)


def _answer(told: Sequence[_Result]) -> None:
    for result in told:
        answer = result.item.answer
        if answer.done():
            continue
        if result.error is None:
            answer.set_result(result.value)
        else:
            answer.set_exception(result.item.context.run(_as_answer, result.error))
