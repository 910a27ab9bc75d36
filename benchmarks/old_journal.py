"""A journal with a million settled sales behind it, made once and kept for later runs.

The rows are chained and written as the agent would have left them; only the syncing of each
commit is left out, since nobody waits for it.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from uuid6 import uuid7

from benchmarks.bench import tell
from benchmarks.kiosk import KIOSK_CODE, KIOSK_ID, stock_up
from benchmarks.sales import sale_of_one
from benchmarks.season import EVENT_ID, PRICE, TYPE_ID
from kiosk_agent.adapters.journal.codec import json_text, money_text, time_text
from kiosk_agent.adapters.journal.schema import SCHEMA_VERSION
from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_contracts.ids import receipt_number
from kiosk_contracts.serials import format_serial
from kiosk_contracts.transactions import Envelope
from kiosk_contracts.uploads import ItemOutcome

_PAGE: Final = 20_000
_FIRST_SOLD: Final = 100_000_000
"""Serials that were sold long ago have numbers of their own."""
_CODE_LENGTH: Final = 121
_INSERT_SALE: Final = (
    "INSERT INTO transactions (sequence, txn_id, epoch, kind, receipt_number, envelope, payload,"
    " request_hash, answer, recorded_at, offline, state, attempts, settled_at, outcome)"
    " VALUES (?, ?, 1, 'sale', ?, ?, ?, ?, ?, ?, 0, 'settled', 1, ?, ?)"
)
_INSERT_STOCK: Final = (
    "INSERT INTO stock (serial, code, allotment_id, event_id, ticket_type_id, price_list_version,"
    " unit_price, state, cart_txn_id) VALUES (?, ?, ?, ?, ?, 1, ?, 'sold', ?)"
)
_INSERT_CART: Final = (
    "INSERT INTO carts (txn_id, state, cashier_id, opened_at, hold_boot_id, hold_ends_boottime_ms)"
    " VALUES (?, 'closed', 'ana-ruiz', ?, '', 0)"
)


async def old_journal(cache: Path, settled: int, unsold: int) -> Path:
    """Return a kept journal file of so many settled sales, made first if there is none."""
    name = f"journal-schema-{SCHEMA_VERSION}-{settled}-{unsold}.db"
    kept = cache / name
    if not kept.exists():
        making = cache / f"making-{settled}"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        path = making / "journal.db"
        async with open_journal(path, clock=SystemClock(), kiosk_id=KIOSK_ID) as journal:
            await stock_up(journal, unsold)
        _write_past(path, settled)
        path.rename(kept)
        shutil.rmtree(making)
    return kept


def _write_past(path: Path, settled: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        meta = dict(connection.execute("SELECT key, value FROM meta"))
        head = meta["head_hash"]
        for first in range(1, settled + 1, _PAGE):
            last = min(first + _PAGE - 1, settled)
            page = list(_sales(UUID(meta["journal_id"]), first, last, head))
            head = json.loads(page[-1][0][3])["hash"]
            connection.execute("BEGIN")
            for sql, place in ((_INSERT_SALE, 0), (_INSERT_STOCK, 1), (_INSERT_CART, 2)):
                connection.executemany(sql, [rows[place] for rows in page])
            connection.execute("COMMIT")
            tell(f"journal_size: {last:,} of {settled:,} settled sales written")
        for key, value in (
            ("last_sequence", settled),
            ("receipt_counter", settled),
            ("head_hash", head),
        ):
            connection.execute("UPDATE meta SET value = ? WHERE key = ?", (str(value), key))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _sales(
    journal_id: UUID, first: int, last: int, head: str
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]]:
    """Yield rows of `transactions`, `stock` and `carts`, one sale of one ticket each."""
    clock = SystemClock()
    for sequence in range(first, last + 1):
        serial = format_serial(_FIRST_SOLD + sequence)
        txn_id = uuid7()
        sale = sale_of_one(serial, clock, txn_id)
        receipt = receipt_number(KIOSK_CODE, 1, sequence)
        payload = {**sale.payload, "receipt_number": receipt}
        envelope = Envelope.seal(
            txn_id=txn_id,
            journal_id=journal_id,
            epoch=1,
            sequence=sequence,
            kind=sale.kind,
            payload=payload,
            prev_hash=head,
        )
        head = envelope.hash
        at = time_text(clock.now())
        outcome = ItemOutcome(txn_id=txn_id, status="settled")
        code = serial.ljust(_CODE_LENGTH, "X")
        answer = {"receipt_number": receipt, "serial": serial, "code": code, "total": str(PRICE)}
        yield (
            (
                sequence,
                str(txn_id),
                receipt,
                json_text(envelope.to_json()),
                json_text(payload),
                sale.request_hash,
                json_text(answer),
                at,
                at,
                json_text(outcome.to_json()),
            ),
            (serial, code, str(journal_id), EVENT_ID, TYPE_ID, money_text(PRICE), str(txn_id)),
            (str(txn_id), at),
        )
