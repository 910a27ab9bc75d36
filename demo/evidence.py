"""What the story looks up in files between acts: never the verdict, only what to do next."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

UNSENT: Final = ("queued", "uploading")
"""An agent that was killed while it tried to send leaves `uploading`; its next run queues it."""
_FACTS: Final = re.compile(r'\bfacts"?[=:] ?(\d+)')


class NothingToSpoilError(Exception):
    """No unsent sale is there to be tampered with."""


def tamper_with_unsent_sale(journal: Path, *, not_newest: bool) -> int:
    """Change the payload of an unsent sale in a journal whose agent is dead; return its sequence.

    As somebody with root at the venue could: the total is made smaller, the envelope's hash stays.
    `not_newest` spares the newest sale. Raises NothingToSpoilError.
    """
    with closing(sqlite3.connect(journal, isolation_level=None)) as database:
        rows = database.execute(
            "SELECT sequence, payload FROM transactions WHERE kind = 'sale' AND state IN (?, ?)"
            " ORDER BY sequence DESC",
            UNSENT,
        ).fetchall()[1 if not_newest else 0 :]
        if not rows:
            raise NothingToSpoilError(f"{journal} has no unsent sale")
        sequence, text = rows[0]
        payload = json.loads(text)
        payload["total"]["amount"] = "0.01"
        database.execute(
            "UPDATE transactions SET payload = ? WHERE sequence = ?",
            (json.dumps(payload, sort_keys=True, separators=(",", ":")), sequence),
        )
    return int(sequence)


def facts_heard(agent_log: Path) -> int:
    """Return how many facts of the venue's gates an agent has heard of, by its log."""
    with agent_log.open(encoding="utf-8", errors="replace") as lines:
        heard = [_FACTS.search(line) for line in lines if "gate_feed_synced" in line]
    return sum(int(found[1]) for found in heard if found)
