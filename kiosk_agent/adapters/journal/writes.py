"""What all writes share."""

from kiosk_agent.adapters.journal.reads import Reads


class Writes(Reads):
    """Reads that can also change rows."""

    def _change(self, sql: str, *values: object) -> int:
        """Run one statement; return how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def _set_meta(self, key: str, value: str) -> None:
        self._change(
            "INSERT INTO meta (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key,
            value,
        )
