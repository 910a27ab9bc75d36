"""What all reads share."""

import sqlite3


class Reads:
    """One connection, and how it is asked."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def _all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def _count(self, sql: str, *values: object) -> int:
        row = self._one(sql, *values)
        return 0 if row is None else int(row["n"])

    def _meta(self, key: str) -> str:
        row = self._one("SELECT value FROM meta WHERE key = ?", key)
        return "" if row is None else str(row["value"])
