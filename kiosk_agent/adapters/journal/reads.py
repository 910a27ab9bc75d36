"""What all reads share."""

import sqlite3
from pathlib import Path

from kiosk_contracts.catalogue import Catalogue


class CatalogueMemory:
    """The catalogue read last, by the hash of its body; connections may share it."""

    def __init__(self) -> None:
        self.read: tuple[str, Catalogue] | None = None


class Reads:
    """One connection, and how it is asked."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        catalogues: CatalogueMemory | None = None,
        folder: Path | None = None,
    ) -> None:
        self._connection = connection
        self._folder = folder
        """Where the file lies, if it is not the one that the connection has open."""
        self._catalogues = catalogues or CatalogueMemory()

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

    def _all_meta(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self._all("SELECT key, value FROM meta")}
