"""Reads what SQLite can still read of a damaged file: row by row, around what it can't."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, Final

from kiosk_agent.adapters.journal.files import wal_of
from kiosk_agent.adapters.journal.log_alone import begun_by_log

_SMALLEST: Final = 512
"""Bytes of SQLite's smallest page: a shorter file has none, and SQLite would drop its log."""
_ROW_BYTES: Final = 48
"""Rows are larger, so that a file of n bytes has fewer than n / 48 of them."""
_MOST_ROWS: Final = 200_000
"""How many to look for where neither the table nor anything else tells how many there are."""
_HIGHEST_ROWID: Final = 1 << 62
_HIGHEST_UUID: Final = (1 << 128) - 1
_PROBES: Final = 500
_LOOKS_PER_ROW: Final = 4
"""A bad page of n rows costs 2 n looks; more are spent only on rowids that were never there."""
_LOOKS_FOR_IDS: Final = 50_000
Row = dict[str, Any]
"""Text as bytes: damaged text need not be UTF-8 any more."""


@dataclass
class Reading:
    """How the reading of one table went."""

    rows: int = 0
    unreadable: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of rowids, both ends included, that SQLite could not read; some were never there."""
    absent: bool = False
    """Nothing in the file says that there is such a table."""
    looked_up_to: int | None = None
    """The highest rowid looked for where the table could not tell its own; None where it could."""
    cut: bool = False
    """Whether a part could not be read of a table that has no rowids to name it by."""

    def skip(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Note rowids that can't be read."""
        for first, last in sorted(ranges):
            if self.unreadable and self.unreadable[-1][1] + 1 >= first:
                self.unreadable[-1] = (self.unreadable[-1][0], max(self.unreadable[-1][1], last))
            else:
                self.unreadable.append((first, last))


@dataclass(frozen=True, slots=True)
class _Span:
    """Where to look for rows."""

    column: str
    low: int
    high: int
    key: Callable[[int], object]
    """What SQLite compares with."""
    looks: int
    """How many may fail."""


class DamagedFile:
    """A damaged journal, opened to be read only."""

    def __init__(self, connection: sqlite3.Connection | None, size: int) -> None:
        self._connection = connection
        self._size = size

    def tables(self) -> set[str] | None:
        """Return the names of the tables; None if not even those can be read."""
        try:
            found = self._execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        except sqlite3.Error:
            return None
        return {_text(row[0]) for row in found}

    def columns(self, table: str) -> Sequence[str]:
        """Return the names of a table's columns; none if there is no such table."""
        try:
            found = self._execute(f'PRAGMA table_info("{table}")').fetchall()
        except sqlite3.Error:
            return ()
        return [_text(row[1]) for row in found]

    def rows(
        self, table: str, columns: Sequence[str], reading: Reading, *, at_least: int = 0
    ) -> Iterator[tuple[int, Row]]:
        """Return (rowid, row) of all that can be read, by ranges halved around errors.

        They come in no order. `at_least` is a rowid known to have been given.
        """
        if not columns:
            reading.absent = True
            return
        names = ", ".join(f'"{name}"' for name in columns)
        # Indexes may be damaged where the table is not.
        sql = f'SELECT rowid, {names} FROM "{table}" NOT INDEXED'  # noqa: S608  names of our own schema
        highest = self._own_highest(table)
        if highest is None:
            highest = reading.looked_up_to = self._bound(table, at_least)
            if not self._has_any(sql, highest):
                reading.skip([(1, highest)])
                return
        skipped: list[tuple[int, int]] = []
        looks = _LOOKS_PER_ROW * max(_MOST_ROWS, self._most_rows())
        span = _Span("rowid", 1, max(highest, at_least), int, looks)
        for values in self._in_span(sql, span, skipped):
            reading.rows += 1
            yield values[0], dict(zip(columns, values[1:], strict=True))
        reading.skip(skipped)

    def rows_by_uuid(
        self, table: str, key: str, columns: Sequence[str], reading: Reading
    ) -> Iterator[Row]:
        """Return what can be read of a table without rowids, whose key is 16 bytes."""
        if key not in columns:
            reading.absent = True
            return
        names = ", ".join(f'"{name}"' for name in columns)
        sql = f'SELECT "{key}", {names} FROM "{table}"'  # noqa: S608  names of our own schema
        skipped: list[tuple[int, int]] = []
        span = _Span(f'"{key}"', 0, _HIGHEST_UUID, _uuid_bytes, _LOOKS_FOR_IDS)
        for values in self._in_span(sql, span, skipped):
            reading.rows += 1
            yield dict(zip(columns, values[1:], strict=True))
        reading.cut = bool(skipped)

    def _in_span(
        self, sql: str, span: "_Span", skipped: list[tuple[int, int]]
    ) -> Iterator[tuple[Any, ...]]:
        """Read range by range, the largest first; what can't be read is added to `skipped`.

        So a page whose keys lie far apart, or a key that was damaged, can't use up the looks that
        find rows elsewhere.
        """
        pending = [(span.low - span.high, span.low, span.high)]
        left = span.looks
        while pending:
            _, low, high = heappop(pending)
            last = low - 1
            try:
                for values in self._between(sql, span.column, span.key(low), span.key(high)):
                    place = _number(values[0])
                    if not last < place <= high:
                        break
                    last = place
                    yield values
                else:
                    continue
            except (sqlite3.Error, OverflowError):
                pass
            left -= 1
            if last + 1 == high or (left < 0 and last < high):
                skipped.append((last + 1, high))
            elif last < high:
                middle = (last + 1 + high) // 2
                heappush(pending, (last + 1 - middle, last + 1, middle))
                heappush(pending, (middle + 1 - high, middle + 1, high))

    def _between(self, sql: str, column: str, low: object, high: object) -> sqlite3.Cursor:
        """Return the rows of a range; of one alone without a look at what follows it.

        A row before an unreadable page is lost by a range: the error of the next step takes it.
        """
        if low == high:
            return self._execute(f"{sql} WHERE {column} = ?", low)
        return self._execute(f"{sql} WHERE {column} BETWEEN ? AND ? ORDER BY {column}", low, high)

    def _has_any(self, sql: str, highest: int) -> bool:
        """Say whether any part of a table can be reached; where its root is gone, none can."""
        step = max(1, highest // _PROBES)
        for rowid in range(1, highest + 1, step):
            try:
                self._between(sql, "rowid", rowid, rowid).fetchone()
            except sqlite3.Error:
                continue
            return True
        return highest < 1

    def _own_highest(self, table: str) -> int | None:
        """Return the highest rowid by the table itself; None if it can't tell."""
        try:
            (found,) = self._execute(f'SELECT max(rowid) FROM "{table}"').fetchone()  # noqa: S608  our schema
        except sqlite3.Error:
            return None
        return found or 0 if isinstance(found, int | None) else None

    def _bound(self, table: str, at_least: int) -> int:
        """Return up to where to look: beyond every row that can still be reached."""
        bound = max(at_least, min(self._most_rows(), _MOST_ROWS))
        beyond = bound
        sql = f'SELECT rowid FROM "{table}" NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT 1'  # noqa: S608  our schema
        while beyond < _HIGHEST_ROWID:
            try:
                found = self._execute(sql, beyond).fetchone()
            except sqlite3.Error:
                found = None
            beyond *= 2
            if found is not None and isinstance(found[0], int):
                bound = max(beyond, found[0])
        return bound

    def _most_rows(self) -> int:
        return self._size // _ROW_BYTES

    def _execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        if self._connection is None:
            raise sqlite3.DatabaseError("there is nothing to open")
        return self._connection.execute(sql, values)


@contextmanager
def open_damaged(path: Path, scratch: Path) -> Iterator[DamagedFile]:
    """Open a damaged file, or none, without changing a byte of it or of its log.

    Where the file's beginning is gone or damaged, its log is read with another, made at `scratch`.
    """
    with begun_by_log(path, scratch) as place:
        size = place.stat().st_size if place.exists() else 0
        if size < _SMALLEST:
            yield DamagedFile(None, 0)
            return
        wal = wal_of(place)
        size += wal.stat().st_size if wal.exists() else 0
        uri = f"{place.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.text_factory = bytes
            try:
                # A table whose definition is damaged must not hide the others.
                connection.execute("PRAGMA writable_schema = ON")
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.execute("PRAGMA cell_size_check = ON")
            except sqlite3.DatabaseError:
                yield DamagedFile(None, 0)
                return
            yield DamagedFile(connection, size)


def _uuid_bytes(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _number(key: Any) -> int:
    return int.from_bytes(key, "big") if isinstance(key, bytes) else int(key)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
