"""Whose journal lies on this host, if one does: it may owe transactions, and is another kiosk's."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Final

from kiosk_agent.bootstrap.host import Host

JOURNAL: Final = "/var/lib/eventpro/agent/journal.db"


@dataclass(frozen=True, slots=True)
class JournalSeen:
    """A journal; `kiosk_id` is None where it can't be read."""

    kiosk_id: str | None


def journal_of(host: Host) -> JournalSeen | None:
    """Return what lies there; None for none, or an empty file. Nothing of it is changed.

    Read as a file that nobody writes: opened otherwise it would be checkpointed. What a power cut
    left in the write-ahead log alone is read in a copy.
    """
    path = host.path(JOURNAL)
    try:
        if not path.stat().st_size:
            return None
    except OSError:
        return None
    log = path.with_name(f"{path.name}-wal")
    kiosk_id = _kiosk_of(f"file:{path}?mode=ro&immutable=1")
    if kiosk_id is None and log.exists():
        with TemporaryDirectory(prefix="eventpro-journal-") as place:
            for one in (path, log):
                shutil.copy(one, place)
            kiosk_id = _kiosk_of(f"file:{place}/{path.name}")
    return JournalSeen(kiosk_id)


def _kiosk_of(uri: str) -> str | None:
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            found = connection.execute("SELECT value FROM meta WHERE key = 'kiosk_id'").fetchone()
    except sqlite3.Error:
        return None
    return found[0] if found else None
