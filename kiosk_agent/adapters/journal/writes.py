"""What all writes share."""

import sqlite3
from collections.abc import Mapping
from itertools import chain

from kiosk_agent.adapters.journal.reads import CatalogueMemory, Reads


class Writes(Reads):
    """Reads that can also change rows."""

    def __init__(
        self, connection: sqlite3.Connection, catalogues: CatalogueMemory | None = None
    ) -> None:
        super().__init__(connection, catalogues)
        self._remembered: dict[str, str] | None = None
        """The rows of `meta`: the one connection that writes need not read them each time."""
        self._unwritten: dict[str, str] = {}
        """What of them changed in this transaction: written once, whatever a group has changed."""
        self._inside: dict[str, int] = {}
        """How many are inside, by event: adding it up takes a scan of all that happened there."""
        self._inside_committed: dict[str, int] = {}
        self._pages_given_back = 0

    def undone(self) -> None:
        """Remember what was before a transaction that was undone; of `meta`, nothing."""
        self._remembered = None
        self._unwritten = {}
        self._inside = dict(self._inside_committed)

    def committed(self) -> None:
        """Keep what is remembered: nothing undoes it any more."""
        self._inside_committed = dict(self._inside)

    def changes(self) -> int:
        """Return a count that grows with all that is written: rows, and pages given back."""
        written = self._connection.total_changes + self._pages_given_back
        return written + len(self._unwritten)

    def finish(self) -> None:
        """End a transaction that changed something, before its COMMIT.

        It is counted, so that the mark can tell one that is missing.
        """
        self._set_meta("commits", str(self.commits() + 1))
        self.write_notes()

    def write_notes(self) -> None:
        """Write down what changed of `meta`."""
        marks = ", ".join(["(?, ?)"] * len(self._unwritten))
        self._change(
            f"INSERT INTO meta (key, value) VALUES {marks}"  # noqa: S608  only marks
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            *chain.from_iterable(self._unwritten.items()),
        )
        self._unwritten = {}

    def _all_meta(self) -> dict[str, str]:
        if self._remembered is None:
            self._remembered = super()._all_meta()
        return self._remembered

    def commits(self) -> int:
        """Return how many commits have changed anything, in all the file's time."""
        return int(self._meta("commits") or 0)

    def _meta(self, key: str) -> str:
        return self._all_meta().get(key, "")

    def _change(self, sql: str, *values: object) -> int:
        """Run one statement; return how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def _set_meta(self, key: str, value: str) -> None:
        self._set_metas({key: value})

    def _set_metas(self, values: Mapping[str, str]) -> None:
        self._all_meta().update(values)
        self._unwritten.update(values)
