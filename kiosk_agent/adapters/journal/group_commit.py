"""One thread, one connection, one commit for all the work that came in meanwhile."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final, TypeVar

from kiosk_agent.adapters.journal import errors
from kiosk_agent.adapters.journal.writing import SqliteWriter
from kiosk_agent.domain.refusals import agent_stopping

T = TypeVar("T")

_MAX_GROUP: Final = 256
"""So that an answer waits for a bounded amount of other work."""


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    work: Callable[[SqliteWriter], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Result:
    value: Any = None
    error: BaseException | None = None


class GroupCommitter:
    """Runs pieces of work in order, each in a savepoint, and answers after COMMIT returned.

    A lone piece of work is committed at once; work that arrives while a commit is under way
    shares the next one. Whoever shared a commit is likely to bring more work, so the next one
    waits for as many, but no longer than half of what the last one took.
    """

    def __init__(self, connection: sqlite3.Connection, writer: SqliteWriter) -> None:
        self._connection = connection
        self._writer = writer
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._closed = False
        self._last_size = 1
        self._last_took_s = 0.0
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    async def submit(self, work: Callable[[SqliteWriter], T]) -> T:
        """Hand over `work` and wait until it is durable; its own error comes back as it is."""
        if self._closed:
            raise agent_stopping()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Item(work, loop, answer))
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
            if group:
                self._commit_group(group)

    def _next_group(self) -> tuple[list[_Item], bool]:
        item = self._queue.get()
        until = monotonic() + self._last_took_s / 2
        group: list[_Item] = []
        while item is not None:
            group.append(item)
            if len(group) == _MAX_GROUP:
                return group, False
            try:
                item = self._next_item(len(group), until)
            except Empty:
                return group, False
        return group, True

    def _next_item(self, have: int, until: float) -> _Item | None:
        """Take what is there, or wait for it where as many as last time are expected."""
        left_s = until - monotonic()
        if have >= self._last_size or left_s <= 0:
            return self._queue.get_nowait()
        return self._queue.get(timeout=left_s)

    def _commit_group(self, group: list[_Item]) -> None:
        """Answer every item of the group exactly once."""
        results: list[_Result] = []
        began = monotonic()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for item in group:
                try:
                    results.append(_Result(self._run_in_savepoint(item.work)))
                except _GroupLostError:
                    raise
                except BaseException as error:  # noqa: BLE001  it belongs to the caller, who gets it
                    results.append(_Result(error=_as_answer(error)))
            self._connection.execute("COMMIT")
        except (_GroupLostError, sqlite3.Error) as error:
            results = [_Result(error=self._give_up(error))] * len(group)
        self._last_size, self._last_took_s = len(group), monotonic() - began
        _tell(group, results)

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
        self._writer.forget()
        if not self._connection.in_transaction:
            raise _GroupLostError(error) from error
        try:
            self._connection.execute("ROLLBACK TO work")
            self._connection.execute("RELEASE work")
        except sqlite3.Error as second:
            raise _GroupLostError(second) from second

    def _give_up(self, error: Exception) -> BaseException:
        """Undo the whole group; return what its callers are told."""
        self._writer.forget()
        cause = error.cause if isinstance(error, _GroupLostError) else error
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            cause = second
        return _as_answer(cause)


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


def _tell(group: Sequence[_Item], results: Sequence[_Result]) -> None:
    """Answer a group; each loop is woken once, for a wake-up costs as much as an insert."""
    for loop in {item.loop for item in group}:
        told = [pair for pair in zip(group, results, strict=True) if pair[0].loop is loop]
        # A closed loop has nobody left who waits; the thread must go on for the others.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_answer, told)


def _answer(told: Sequence[tuple[_Item, _Result]]) -> None:
    for item, result in told:
        if item.answer.done():
            continue
        if result.error is None:
            item.answer.set_result(result.value)
        else:
            item.answer.set_exception(result.error)
