"""What all writes share."""

from collections.abc import Mapping
from itertools import chain

from kiosk_agent.adapters.journal.reading import Reads


class Writes(Reads):
    """Reads that can also change rows."""

    def _change(self, sql: str, *values: object) -> int:
        """Run one statement; return how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def _set_meta(self, key: str, value: str) -> None:
        self._set_metas({key: value})

    def _set_metas(self, values: Mapping[str, str]) -> None:
        marks = ", ".join(["(?, ?)"] * len(values))
        self._change(
            f"INSERT INTO meta (key, value) VALUES {marks}"  # noqa: S608  only marks
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            *chain.from_iterable(values.items()),
        )
