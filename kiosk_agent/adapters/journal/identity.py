"""Which journal a file is: named when it is made, and anew on another host."""

import sqlite3
from datetime import datetime
from uuid import uuid4

import structlog

from kiosk_agent.domain.epochs import EpochReason, NewEpoch
from kiosk_agent.domain.hosts import same_host
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.transactions import FIRST_PREV_HASH

log = structlog.get_logger(__name__)


def give_identity(connection: sqlite3.Connection, kiosk_id: str) -> None:
    """Name a new journal; one that has its names keeps them."""
    first = {
        "journal_id": str(uuid4()),
        "previous_journal_id": "",
        "epoch": "1",
        "epoch_checked": "",
        "kiosk_id": kiosk_id,
        "kiosk_code": "",
        "venue_id": "",
        "venue_name": "",
        "host_id": "",
        "last_sequence": "0",
        "head_hash": FIRST_PREV_HASH,
        "receipt_counter": "0",
        "gate_cursor": "0",
        "pin_failures": "0",
        "pin_failed_at": "",
    }
    connection.executemany(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING", first.items()
    )
    connection.execute(
        "INSERT INTO epochs (journal_id, epoch, first_sequence, opened_at, reason, found)"
        " SELECT value, 1, 1, strftime('%Y-%m-%dT%H:%M:%SZ'), 'first', '' FROM meta"
        " WHERE key = 'journal_id' AND NOT EXISTS (SELECT 1 FROM epochs)"
    )


def settle_on_host(writer: JournalWriter, host_id: str, now: datetime) -> None:
    """Remember the host; on another one than before, begin a new epoch in the same commit.

    The reserve stays sealed: it was left on the old host too, and two hosts may not sell it.
    """
    before = writer.host_id()
    if host_id and not same_host(before, host_id):
        standing = writer.standing()
        found = f"its host was {_short(before)}, this one is {_short(host_id)}"
        new = NewEpoch(
            journal_id=uuid4(),
            epoch=standing.epoch + 1,
            reason=EpochReason.OTHER_HOST,
            found=found,
            at=now,
            host_id=host_id,
        )
        writer.open_epoch(new)
        log.warning("epoch_opened", reason=new.reason, epoch=new.epoch, found=found)
    elif host_id and before != host_id:
        writer.put_host_id(host_id)


def _short(host_id: str) -> str:
    return " ".join(part[:16] for part in host_id.split())
