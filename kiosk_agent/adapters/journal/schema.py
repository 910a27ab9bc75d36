"""The journal's tables as append-only migrations, each in one transaction.

A migration is never changed once released; the next one is added below it and sets the next
`user_version`. `docs/journal.md` lists what stands here.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from sqlite_utils import Database, Migrations
from sqlite_utils.db import Table

APPLICATION_ID: Final = 0x45504B4A
"""`EPKJ`, so that a wrong file is known for what it is not."""
SCHEMA_VERSION: Final = 12

migrations: Final = Migrations("kiosk_journal")


@migrations()
def m0001_first_tables(db: Database) -> None:
    """Lay out the journal."""
    _transactions(db)
    _selling(db)
    _gates(db)
    _staff(db)
    _history(db)
    db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.conn.execute("PRAGMA user_version = 1")


@migrations()
def m0002_archives(db: Database) -> None:
    """Keep the ids of transactions that went to an archive, and say which."""
    ends = {"journal_id": str, "first_sequence": int, "last_sequence": int, "transactions": int}
    chain = {"first_prev_hash": str, "last_hash": str, "sha256": str, "written_at": str}
    _table(db, "archives", {"archive_id": int, **ends, **chain}, pk="archive_id")
    # Ids stay for ever, a million of them in time: in bytes, and found without a second tree.
    db.execute(
        "CREATE TABLE archived (txn_id BLOB NOT NULL PRIMARY KEY, sequence INTEGER NOT NULL,"
        " kind TEXT NOT NULL, request_hash BLOB NOT NULL, receipt_number TEXT,"
        " archive_id INTEGER NOT NULL) STRICT, WITHOUT ROWID"
    )
    db.conn.execute("PRAGMA user_version = 2")


@migrations()
def m0003_epochs(db: Database) -> None:
    """Remember every journal that the file holds transactions of, and why it began."""
    columns = {"journal_id": str, "epoch": int, "first_sequence": int, "opened_at": str}
    told = {"reason": str, "found": str, "acknowledged_at": str}
    _table(db, "epochs", {**columns, **told}, pk="journal_id", nullable=("acknowledged_at",))
    db.conn.execute(
        "INSERT INTO epochs (journal_id, epoch, first_sequence, opened_at, reason, found)"
        " SELECT j.value, e.value, 1, strftime('%Y-%m-%dT%H:%M:%SZ'), 'first', ''"
        " FROM meta AS j, meta AS e WHERE j.key = 'journal_id' AND e.key = 'epoch'"
    )
    db.conn.execute("PRAGMA user_version = 3")


@migrations()
def m0004_moving_out(db: Database) -> None:
    """Make room for what was handed over, and for receipts of what was moved out."""
    handed = {"sequence": int, "at": str, "by_whom": str, "note": str}
    _table(db, "handed_over", handed, pk="sequence")
    receipt = {"sequence": int, "imported_at": str, "body": str}
    _table(db, "receipts", receipt, pk="sequence")
    db.conn.execute("PRAGMA user_version = 4")


@migrations()
def m0005_why_a_grant_was_smaller(db: Database) -> None:
    """Remember what limited a grant: only the house's own end is "sold out"."""
    db.execute("ALTER TABLE leases ADD COLUMN limited_by TEXT NOT NULL DEFAULT ''")
    db.conn.execute("PRAGMA user_version = 5")


@migrations()
def m0006_what_was_told_and_what_was_undone(db: Database) -> None:
    """Remember what was broken when an epoch began, and which sale an archived void undid."""
    db.execute("ALTER TABLE epochs ADD COLUMN missing TEXT NOT NULL DEFAULT '[]'")
    db.execute("ALTER TABLE epochs ADD COLUMN damaged TEXT NOT NULL DEFAULT '[]'")
    db.execute("ALTER TABLE archived ADD COLUMN depends_on BLOB")
    db.execute(
        "CREATE INDEX idx_archived_depends_on ON archived (depends_on) WHERE depends_on IS NOT NULL"
    )
    db.conn.execute("PRAGMA user_version = 6")


@migrations()
def m0007_shifts_that_close(db: Database) -> None:
    """Remember which transactions opened and closed a shift."""
    db.execute("ALTER TABLE shifts ADD COLUMN opened_sequence INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE shifts ADD COLUMN closed_sequence INTEGER")
    db.execute("CREATE INDEX idx_shifts_closed_sequence ON shifts (closed_sequence)")
    db.conn.execute("PRAGMA user_version = 7")


@migrations()
def m0008_payments_in_parts(db: Database) -> None:
    """Remember what was taken of a cart's payment, before its sale."""
    db.execute("ALTER TABLE carts ADD COLUMN taken TEXT NOT NULL DEFAULT '[]'")
    db.conn.execute("PRAGMA user_version = 8")


@migrations()
def m0009_paper(db: Database) -> None:
    """Keep what is to be printed, and what became of it."""
    what = {"print_id": int, "txn_id": str, "kind": str, "serial": str, "copy_number": int}
    prints = _table(
        db, "prints", {**what, "body": str, "state": str, "asked_at": str}, pk="print_id"
    )
    prints.create_index(["txn_id"])
    db.execute(
        "CREATE INDEX idx_prints_open ON prints (state, print_id)"
        " WHERE state IN ('waiting', 'printing', 'doubtful')"
    )
    db.conn.execute("PRAGMA user_version = 9")


@migrations()
def m0010_looking_up(db: Database) -> None:
    """Find refunds, and sales with a buyer's name, among a season's transactions."""
    db.execute(
        "CREATE INDEX idx_transactions_refunds ON transactions (sequence) WHERE kind = 'refund'"
    )
    db.execute(
        "CREATE INDEX idx_transactions_buyers ON transactions (sequence) WHERE personal IS NOT NULL"
    )
    db.conn.execute("PRAGMA user_version = 10")


@migrations()
def m0011_what_each_ticket_of_a_cart_costs(db: Database) -> None:
    """Remember what the customer was told: prices by concessions and rules, before the sale."""
    db.execute("ALTER TABLE carts ADD COLUMN prices TEXT NOT NULL DEFAULT '[]'")
    db.conn.execute("PRAGMA user_version = 11")


@migrations()
def m0012_payments_that_were_cancelled(db: Database) -> None:
    """Remember money that was taken and given back without a sale, in which shift, and by whom."""
    whose = {"txn_id": str, "shift_id": str, "cashier_id": str, "given_back_by": str}
    what = {"approved_by": str, "at": str, "taken": str}
    table = _table(
        db,
        "cancelled_payments",
        {"cancelled_id": int, **whose, **what},
        pk="cancelled_id",
        nullable=("shift_id", "approved_by"),
    )
    table.create_index(["shift_id"])
    db.conn.execute("PRAGMA user_version = 12")


@cache
def columns_by_table() -> Mapping[str, frozenset[str]]:
    """Return the columns of every table of a journal of this version."""
    database = Database(memory=True, execute_plugins=False)
    migrations.apply(database)
    found = {table.name: frozenset(one.name for one in table.columns) for table in database.tables}
    database.close()
    return found


def _table(
    db: Database,
    name: str,
    columns: Mapping[str, type],
    *,
    pk: str | None = None,
    nullable: tuple[str, ...] = (),
) -> Table:
    required = {column for column in columns if column not in nullable}
    return db.table(name, strict=True).create(dict(columns), pk=pk, not_null=required)


def _transactions(db: Database) -> None:
    _table(db, "meta", {"key": str, "value": str}, pk="key")
    table = _table(
        db,
        "transactions",
        {
            "sequence": int,
            "txn_id": str,
            "epoch": int,
            "kind": str,
            "receipt_number": str,
            "envelope": str,
            "payload": str,
            "personal": str,
            "request_hash": str,
            "answer": str,
            "recorded_at": str,
            "offline": int,
            "depends_on": str,
            "state": str,
            "attempts": int,
            "first_refused_at": str,
            "settled_at": str,
            "outcome": str,
        },
        pk="sequence",
        nullable=(
            "receipt_number",
            "personal",
            "answer",
            "depends_on",
            "first_refused_at",
            "settled_at",
            "outcome",
        ),
    )
    table.create_index(["txn_id"], unique=True)
    table.create_index(["receipt_number"], unique=True)
    table.create_index(["state", "sequence"])
    table.create_index(["depends_on"])


def _selling(db: Database) -> None:
    carts = {"txn_id": str, "state": str, "cashier_id": str, "opened_at": str}
    hold = {"hold_boot_id": str, "hold_ends_boottime_ms": int}
    _table(db, "carts", {**carts, **hold}, pk="txn_id").create_index(["state"])
    stock = _table(
        db,
        "stock",
        {
            "serial": str,
            "code": str,
            "allotment_id": str,
            "event_id": str,
            "ticket_type_id": str,
            "price_list_version": int,
            "unit_price": str,
            "state": str,
            "cart_txn_id": str,
        },
        pk="serial",
        nullable=("cart_txn_id",),
    )
    stock.create_index(["state", "event_id", "ticket_type_id"])
    stock.create_index(["cart_txn_id"])
    stock.create_index(["allotment_id"])
    asked = {"request_id": str, "event_id": str, "ticket_type_id": str, "quantity": int}
    when = {"asked_at": str, "asked_boottime_ms": int, "asked_boot_id": str}
    granted = {"allotment_id": str, "lease_s": int}
    _table(
        db,
        "leases",
        {**asked, **when, **granted},
        pk="request_id",
        nullable=("allotment_id", "lease_s"),
    ).create_index(["allotment_id"])
    _table(db, "catalogue", {"id": int, "body": str}, pk="id")


def _gates(db: Database) -> None:
    _table(db, "verify_keys", {"key_id": int, "body": str}, pk="key_id")
    names = ("event_id", "serial", "fact", "at", "gate", "reason")
    facts = _table(
        db, "gate_facts", {**dict.fromkeys(names, str), "cursor": int}, nullable=("cursor",)
    )
    facts.create_index(["event_id", "serial"])
    facts.create_index(["serial", "fact"])
    facts.create_index(["cursor"], unique=True)


def _staff(db: Database) -> None:
    session = {"token_hash": str, "staff_id": str, "signed_in_at": str, "ended": int}
    _table(db, "staff_sessions", session, pk="token_hash")
    shift = {"shift_id": str, "staff_id": str, "opened_at": str, "closed_at": str}
    _table(db, "shifts", shift, pk="shift_id", nullable=("closed_at",)).create_index(["staff_id"])


def _history(db: Database) -> None:
    run = {"run_id": int, "started_at": str, "boot_id": str, "pid": int, "version": str}
    _table(db, "runs", {**run, "stopped_at": str}, pk="run_id", nullable=("stopped_at",))
    line = {"id": int, "at": str, "state": str, "detail": str}
    _table(db, "line_changes", line, pk="id")
    attempt = {"id": int, "started_at": str, "ended_at": str, "first_sequence": int}
    covered = {"last_sequence": int, "items": int, "result": str, "detail": str}
    _table(db, "upload_attempts", {**attempt, **covered}, pk="id")
