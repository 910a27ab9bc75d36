"""Reads what SQLite can still read of a damaged file: row by row, around what it can't."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_SMALLEST: Final = 512
"""Bytes of SQLite's smallest page: a shorter file has none, and SQLite would drop its log."""
_ROW_BYTES: Final = 48
"""Rows are larger, so that a file of n bytes has fewer than n / 48 of them."""
_MOST_ROWS: Final = 200_000
"""How many to look for one by one where the table itself can't tell; the ticket API knows the rest
of what grows larger than that, but for transactions, whose number the mark tells."""
_PROBES: Final = 500
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

    def skip(self, rowid: int) -> None:
        """Note a rowid that can't be read."""
        first, last = self.unreadable[-1] if self.unreadable else (rowid, rowid - 2)
        if last + 1 == rowid:
            self.unreadable[-1] = (first, rowid)
        else:
            self.unreadable.append((rowid, rowid))


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
        self, table: str, columns: Sequence[str], reading: Reading, *, at_most: int = 0
    ) -> Iterator[tuple[int, Row]]:
        """Return (rowid, row) of all that can be read, by ranges halved around errors.

        `at_most` is the highest rowid to look for, if the table itself can't tell.
        """
        if not columns:
            reading.absent = True
            return
        names = ", ".join(f'"{name}"' for name in columns)
        # Indexes may be damaged where the table is not.
        sql = f'SELECT rowid, {names} FROM "{table}" NOT INDEXED'  # noqa: S608  names of our own schema
        highest = self._highest(table, at_most)
        if not self._has_any(sql, highest):
            reading.unreadable.append((1, highest))
            return
        for values in self._in_ranges(sql, highest, reading):
            reading.rows += 1
            yield values[0], dict(zip(columns, values[1:], strict=True))

    def _in_ranges(self, sql: str, highest: int, reading: Reading) -> Iterator[tuple[Any, ...]]:
        pending = [(1, highest)]
        while pending:
            low, high = pending.pop()
            last = low - 1
            try:
                for values in self._between(sql, low, high):
                    if not last < values[0] <= high:
                        break
                    last = values[0]
                    yield values
                else:
                    continue
            except (sqlite3.Error, OverflowError):
                pass
            if last + 1 == high:
                reading.skip(high)
            elif last < high:
                middle = (last + 1 + high) // 2
                pending += [(middle + 1, high), (last + 1, middle)]

    def _between(self, sql: str, low: int, high: int) -> sqlite3.Cursor:
        """Return the rows of a range; of one alone without a look at what follows it.

        A row before an unreadable page is lost by a range: the error of the next step takes it.
        """
        if low == high:
            return self._execute(f"{sql} WHERE rowid = ?", low)
        return self._execute(f"{sql} WHERE rowid BETWEEN ? AND ? ORDER BY rowid", low, high)

    def _has_any(self, sql: str, highest: int) -> bool:
        """Say whether any part of a table can be reached; where its root is gone, none can."""
        step = max(1, highest // _PROBES)
        for rowid in range(1, highest + 1, step):
            try:
                self._between(sql, rowid, rowid).fetchone()
            except sqlite3.Error:
                continue
            return True
        return highest < 1

    def _highest(self, table: str, at_most: int) -> int:
        bound = max(at_most, min(self._size // _ROW_BYTES, _MOST_ROWS))
        try:
            (found,) = self._execute(f'SELECT max(rowid) FROM "{table}"').fetchone()  # noqa: S608  our schema
        except sqlite3.Error:
            return bound
        return min(found or 0, bound) if isinstance(found, int | None) else bound

    def _execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        if self._connection is None:
            raise sqlite3.DatabaseError("there is nothing to open")
        return self._connection.execute(sql, values)


@contextmanager
def open_damaged(path: Path) -> Iterator[DamagedFile]:
    """Open a damaged file, or none, without changing a byte of it or of its log."""
    size = path.stat().st_size if path.exists() else 0
    if size < _SMALLEST:
        yield DamagedFile(None, 0)
        return
    wal = path.with_name(path.name + "-wal")
    size += wal.stat().st_size if wal.exists() else 0
    uri = f"{path.absolute().as_uri()}?mode=ro"
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


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
