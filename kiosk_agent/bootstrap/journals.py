"""Whose journal lies on this host, if one does: it may owe transactions, and is another kiosk's."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from kiosk_agent.bootstrap.host import Host

JOURNAL: Final = "/var/lib/eventpro/agent/journal.db"


@dataclass(frozen=True, slots=True)
class JournalSeen:
    """A journal; `kiosk_id` is None where it can't be read."""

    kiosk_id: str | None


def journal_of(host: Host) -> JournalSeen | None:
    """Return what lies there; None for none, or an empty file. Nothing of it is changed.

    Read as a file that nobody writes: opened otherwise it would be checkpointed.
    """
    path = host.path(JOURNAL)
    try:
        if not path.stat().st_size:
            return None
        connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    except OSError:
        return None
    except sqlite3.Error:
        return JournalSeen(None)
    try:
        found = connection.execute("SELECT value FROM meta WHERE key = 'kiosk_id'").fetchone()
    except sqlite3.Error:
        return JournalSeen(None)
    finally:
        connection.close()
    return JournalSeen(found[0] if found else None)
