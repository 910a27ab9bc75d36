"""Finished runs, made by hand: journals and store by own SQL, recordings by own escape sequences.

Payloads are sealed with the real contracts, so that the verifier's own reading of the formats is
held against them.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from kiosk_contracts.ids import receipt_number
from kiosk_contracts.serials import format_serial
from kiosk_contracts.transactions import FIRST_PREV_HASH, Envelope

EVENT = "gala"
VENUE = "hall"
PRICES = {"stalls": "30.00", "box": "80.00"}
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE transactions (sequence INTEGER PRIMARY KEY, txn_id TEXT, epoch INTEGER, kind TEXT,
  receipt_number TEXT, envelope TEXT, payload TEXT, personal TEXT, request_hash TEXT, answer TEXT,
  recorded_at TEXT, offline INTEGER, depends_on TEXT, state TEXT, attempts INTEGER,
  first_refused_at TEXT, settled_at TEXT, outcome TEXT);
CREATE TABLE stock (serial TEXT PRIMARY KEY, code TEXT, allotment_id TEXT, event_id TEXT,
  ticket_type_id TEXT, price_list_version INTEGER, unit_price TEXT, state TEXT, cart_txn_id TEXT);
CREATE TABLE runs (run_id INTEGER PRIMARY KEY, started_at TEXT, boot_id TEXT, pid INTEGER,
  version TEXT, stopped_at TEXT);
CREATE TABLE line_changes (id INTEGER PRIMARY KEY, at TEXT, state TEXT, detail TEXT);
CREATE TABLE upload_attempts (id INTEGER PRIMARY KEY, started_at TEXT, ended_at TEXT,
  first_sequence INTEGER, last_sequence INTEGER, items INTEGER, result TEXT, detail TEXT);
CREATE TABLE cancelled_payments (cancelled_id INTEGER PRIMARY KEY, txn_id TEXT, shift_id TEXT,
  cashier_id TEXT, given_back_by TEXT, approved_by TEXT, at TEXT, taken TEXT);
"""


def money(amount: str) -> dict[str, str]:
    """Return an amount as payloads hold it."""
    return {"amount": amount, "currency": "EUR"}


def cash(amount: str) -> list[dict[str, Any]]:
    """Return exact cash as a tender."""
    return [
        {
            "method": "cash",
            "amount": money(amount),
            "given": money(amount),
            "change": money("0.00"),
        }
    ]


def line_of(kind: str, price: str, serials: list[str], **more: Any) -> dict[str, Any]:
    """Return a line of a sale."""
    return {
        "event_id": EVENT,
        "ticket_type_id": kind,
        "price_list_version": 1,
        "unit_price": money(price),
        "serials": serials,
        **more,
    }


def text(value: datetime | None) -> str | None:
    """Return a time as the journal writes it."""
    return None if value is None else value.isoformat()


@dataclass
class Kiosk:
    """One kiosk's journal and terminal, as they will be written."""

    kiosk_id: str
    code: str
    began: datetime
    journal_id: str = field(default_factory=lambda: str(uuid4()))
    epoch: int = 1
    rows: list[dict[str, Any]] = field(default_factory=list)
    stock: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: list[list[datetime | None]] = field(default_factory=list)
    line: list[tuple[datetime, str]] = field(default_factory=list)
    attempts: list[tuple[datetime, datetime, int, int, str]] = field(default_factory=list)
    cast: list[tuple[datetime, str, str]] = field(default_factory=list)
    cancelled: list[tuple[str | None, list[dict[str, Any]]]] = field(default_factory=list)
    """(shift_id, what was taken) of payments that were cancelled."""
    last_sequence: int = 0
    receipts: int = 0
    head_hash: str = FIRST_PREV_HASH
    offline: bool = False

    def show(self, at: datetime, line: str, y: int = 24) -> None:
        """Put a line on the terminal, as wide as the screen."""
        self.cast.append((at, "o", f"\x1b[{y};1H{line:<80}"))


class Run:
    """A run in the making; change anything, then `write`."""

    def __init__(self, folder: Path, *, capacity: int = 60, box: int = 2) -> None:
        self.folder = folder
        self.now = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
        self.items: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.kiosks: dict[str, Kiosk] = {}
        self._number = 1000
        self._paid: dict[str, Decimal] = {}
        capacities = {"stalls": capacity, "box": box}
        types = [
            {"ticket_type_id": name, "name": name.capitalize(), "capacity": places}
            for name, places in capacities.items()
        ]
        self.items["event", EVENT, "-"] = {"name": "Winter Gala", "ticket_types": types}
        prices = {kind: money(price) for kind, price in PRICES.items()}
        self.items["price_list", EVENT, f"{1:012d}"] = {"version": 1, "prices": prices}
        for name, places in capacities.items():
            self.items["inventory", EVENT, name] = {"capacity": places, "taken": 0}

    def tick(self, seconds: float = 1.0) -> datetime:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def kiosk(self, kiosk_id: str, code: str) -> Kiosk:
        """Add a kiosk whose agent starts now, online."""
        kiosk = Kiosk(kiosk_id, code, began=self.now)
        kiosk.runs.append([self.tick(), None])
        kiosk.line.append((self.tick(), "online"))
        self.kiosks[kiosk_id] = kiosk
        return kiosk

    def lease(self, kiosk: Kiosk, count: int, kind: str = "stalls") -> list[str]:
        """Grant serials to a kiosk."""
        serials = []
        for _ in range(count):
            self._number += 1
            serial = format_serial(self._number)
            where = {"event_id": EVENT, "ticket_type_id": kind}
            self.items["serial", serial, "-"] = {
                **where,
                "journal_id": kiosk.journal_id,
                "state": "leased",
            }
            kiosk.stock[serial] = {**where, "state": "available", "cart_txn_id": None}
            self.items["inventory", EVENT, kind]["taken"] += 1
            serials.append(serial)
        return serials

    def record(
        self, kiosk: Kiosk, kind: str, payload: dict[str, Any], *, numbered: bool = False
    ) -> dict[str, Any]:
        """Append a transaction to the journal and acknowledge it on the terminal."""
        at = self.tick()
        txn_id = UUID(int=uuid4().int & ~(0xF << 76) | 7 << 76)
        if numbered:
            kiosk.receipts += 1
            receipt = receipt_number(kiosk.code, kiosk.epoch, kiosk.receipts)
            payload = {**payload, "receipt_number": receipt}
        envelope = Envelope.seal(
            txn_id=txn_id,
            journal_id=UUID(kiosk.journal_id),
            epoch=kiosk.epoch,
            sequence=len(kiosk.rows) + 1,
            kind=kind,
            payload=payload,
            prev_hash=kiosk.head_hash,
        )
        kiosk.head_hash, kiosk.last_sequence = envelope.hash, envelope.sequence
        row = {
            "sequence": envelope.sequence,
            "txn_id": str(txn_id),
            "epoch": kiosk.epoch,
            "kind": kind,
            "receipt_number": payload.get("receipt_number"),
            "envelope": envelope.to_json(),
            "payload": payload,
            "answer": {"sequence": envelope.sequence, "tender": payload.get("tender", [])},
            "recorded_at": at,
            "offline": int(kiosk.offline),
            "state": "queued",
            "settled_at": None,
            "outcome": None,
        }
        kiosk.rows.append(row)
        self.acknowledge(kiosk, row)
        return row

    def acknowledge(self, kiosk: Kiosk, row: dict[str, Any], line: str = "") -> None:
        """Show a row's acknowledgement."""
        reference = row["receipt_number"] or row["payload"].get("serial", "")
        words = ["✔", f"#{row['sequence']}", row["kind"].replace("_", " "), reference, "recorded"]
        words.append(line or ("offline" if row["offline"] else "online"))
        kiosk.show(self.tick(0.2), " ".join(word for word in words if word))

    def open_shift(self, kiosk: Kiosk) -> dict[str, Any]:
        """Open a shift with a float of 100."""
        return self.record(
            kiosk, "shift_opened", {"shift_id": "s", "opening_float": money("100.00")}
        )

    def sell(
        self,
        kiosk: Kiosk,
        quantity: int = 1,
        kind: str = "stalls",
        serials: list[str] | None = None,
    ) -> dict[str, Any]:
        """Lease and sell tickets for cash."""
        serials = self.lease(kiosk, quantity, kind) if serials is None else serials
        return self.sell_lines(kiosk, line_of(kind, PRICES[kind], serials))

    def sell_lines(self, kiosk: Kiosk, *lines: dict[str, Any]) -> dict[str, Any]:
        """Sell lines, whatever they say, for cash."""
        serials = [serial for line in lines for serial in line["serials"]]
        sum_ = sum(Decimal(line["unit_price"]["amount"]) * len(line["serials"]) for line in lines)
        total = f"{sum_:.2f}"
        payload = {
            "shift_id": "s",
            "lines": list(lines),
            "total": money(total),
            "tender": cash(total),
        }
        row = self.record(kiosk, "sale", payload, numbered=True)
        row["answer"]["tickets"] = [{"serial": serial} for serial in serials]
        for serial in serials:
            if serial in kiosk.stock:
                kiosk.stock[serial] |= {"state": "sold", "cart_txn_id": row["txn_id"]}
        return row

    def void(self, kiosk: Kiosk, sale: dict[str, Any]) -> dict[str, Any]:
        """Void a sale and give the cash back."""
        paid = sale["payload"]
        payload = {
            "shift_id": "s",
            "sale_txn_id": sale["txn_id"],
            "serials": paid["lines"][0]["serials"],
            "total": paid["total"],
            "tender": paid["tender"],
        }
        return self.record(kiosk, "void", payload, numbered=True)

    def admit(self, kiosk: Kiosk, serial: str, kind: str = "admission") -> dict[str, Any]:
        """Use a ticket at the kiosk's gate."""
        payload = {"serial": serial, "event_id": EVENT, "gate": f"{kiosk.kiosk_id} gate"}
        return self.record(kiosk, kind, payload)

    def refuse(self, kiosk: Kiosk, title: str) -> None:
        """Show a refusal, and after a second the answer to the next act."""
        kiosk.show(self.tick(), f"✖ {title}")
        kiosk.show(self.tick(), "… asking")

    def cut(self, kiosk: Kiosk) -> None:
        """Take the line away."""
        kiosk.offline = True
        kiosk.line.append((self.tick(), "offline"))

    def restore(self, kiosk: Kiosk) -> None:
        """Bring the line back."""
        kiosk.offline = False
        kiosk.line.append((self.tick(), "online"))

    def kill(self, kiosk: Kiosk) -> None:
        """Kill the agent and start it again."""
        kiosk.runs.append([self.tick(), None])

    def settle_all(self, kiosk: Kiosk) -> None:
        """Upload whatever is queued, in one answered batch."""
        queued = [row for row in kiosk.rows if row["state"] == "queued"]
        if not queued:
            return
        started = self.tick()
        for row in queued:
            self.settle(kiosk, row)
        numbers = [row["sequence"] for row in queued]
        kiosk.attempts.append((started, self.tick(), numbers[0], numbers[-1], "answered"))

    def settle(self, kiosk: Kiosk, row: dict[str, Any]) -> dict[str, Any]:
        """Settle one transaction on both sides."""
        entry = self.receive(kiosk, row, "settled")
        row |= {"state": "settled", "settled_at": self.now, "outcome": {"status": "settled"}}
        match row["kind"]:
            case "sale":
                for line in row["payload"]["lines"]:
                    for serial in line["serials"]:
                        self._paid[serial] = Decimal(line["unit_price"]["amount"])
                        self._count(kiosk, line["ticket_type_id"], serial, "sold")
            case "void":
                for serial in row["payload"]["serials"]:
                    issued = self.items["serial", serial, "-"]
                    self._count(kiosk, issued["ticket_type_id"], serial, "voided")
            case "admission":
                self._use(kiosk, row)
            case _:
                pass
        return entry

    def quarantine(self, kiosk: Kiosk, row: dict[str, Any], code: str) -> dict[str, Any]:
        """Quarantine one transaction on both sides."""
        entry = self.receive(kiosk, row, "quarantined")
        entry |= {"code": code, "detail": "it was changed after it was recorded"}
        row |= {"state": "quarantined", "outcome": {"status": "quarantined", "code": code}}
        return entry

    def receive(self, kiosk: Kiosk, row: dict[str, Any], status: str) -> dict[str, Any]:
        """Put a transaction into the ledger and note the journal's head there."""
        entry = {
            "journal_id": kiosk.journal_id,
            "kiosk_id": kiosk.kiosk_id,
            "sequence": row["sequence"],
            "kind": row["kind"],
            "envelope": row["envelope"],
            "payload": row["payload"],
            "status": status,
            "code": "",
            "detail": "",
            "flags": [],
            "received_at": text(self.tick(0.1)),
            "replays": 0,
        }
        self.items["transaction", row["txn_id"], "-"] = entry
        head = {"sequence": row["sequence"], "hash": row["envelope"]["hash"]}
        self.items["journal", kiosk.journal_id, "-"] = head
        return entry

    def takings(self, kiosk: Kiosk, kind: str) -> dict[str, Any]:
        """Return what the ledger counts of a ticket type in a kiosk's journal."""
        return self.items.setdefault(
            ("takings", EVENT, f"{kind}/{kiosk.journal_id}"),
            {"sold": 0, "voided": 0, "refunded": 0, "gross": "0.00 EUR"},
        )

    def _count(self, kiosk: Kiosk, kind: str, serial: str, what: str) -> None:
        takings = self.takings(kiosk, kind)
        takings[what] += 1
        gross = Decimal(takings["gross"].split()[0])
        gross += self._paid[serial] * (1 if what == "sold" else -1)
        takings["gross"] = f"{gross:.2f} EUR"
        self.items["serial", serial, "-"]["state"] = what
        if what == "voided":
            self.items["inventory", EVENT, kind]["taken"] -= 1

    def _use(self, kiosk: Kiosk, row: dict[str, Any]) -> None:
        use = {
            "txn_id": row["txn_id"],
            "kiosk_id": kiosk.kiosk_id,
            "gate": row["payload"]["gate"],
            "at": text(row["recorded_at"]),
        }
        key = ("admission", EVENT, row["payload"]["serial"])
        if key in self.items:
            self.items[key]["conflicts"].append(use)
        else:
            self.items[key] = {"first": use, "inside": True, "conflicts": []}

    def end(self) -> None:
        """Settle what waits and stop the agents in order."""
        for kiosk in self.kiosks.values():
            self.settle_all(kiosk)
            kiosk.runs[-1][1] = self.tick()

    def write(self) -> Path:
        """Write the run's folder and return it."""
        for kiosk in self.kiosks.values():
            self._write_journal(kiosk)
            self._write_cast(kiosk)
        store = self.folder / "run" / "ticket-api" / "store.db"
        store.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(store)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "CREATE TABLE items (kind TEXT, pk TEXT, sk TEXT, version INTEGER, body TEXT,"
                " PRIMARY KEY (kind, pk, sk))"
            )
            connection.executemany(
                "INSERT INTO items VALUES (?, ?, ?, 1, ?)",
                [(*key, json.dumps(body)) for key, body in self.items.items()],
            )
        return self.folder

    def journal_path(self, kiosk: Kiosk) -> Path:
        """Return where a kiosk's journal is written."""
        return self.folder / "run" / kiosk.kiosk_id / "state" / "journal.db"

    def cast_path(self, kiosk: Kiosk) -> Path:
        """Return where a kiosk's recording is written."""
        return self.folder / "terminals" / f"{kiosk.kiosk_id}.cast"

    def _write_journal(self, kiosk: Kiosk) -> None:
        path = self.journal_path(kiosk)
        path.parent.mkdir(parents=True, exist_ok=True)
        meta = {
            "journal_id": kiosk.journal_id,
            "kiosk_id": kiosk.kiosk_id,
            "last_sequence": str(kiosk.last_sequence),
            "head_hash": kiosk.head_hash,
            "receipt_counter": str(kiosk.receipts),
            "venue_id": VENUE,
        }
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA application_id = {0x45504B4A}")
            connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            for row in kiosk.rows:
                _insert(connection, "transactions", row)
            for serial, item in kiosk.stock.items():
                _insert(connection, "stock", {"serial": serial, **item})
            for started, stopped in kiosk.runs:
                _insert(connection, "runs", {"started_at": started, "stopped_at": stopped})
            for at, state in kiosk.line:
                _insert(connection, "line_changes", {"at": at, "state": state})
            for shift_id, taken in kiosk.cancelled:
                noted = {"shift_id": shift_id, "taken": json.dumps(taken)}
                _insert(connection, "cancelled_payments", noted)
            for attempt in kiosk.attempts:
                names = ("started_at", "ended_at", "first_sequence", "last_sequence", "result")
                _insert(connection, "upload_attempts", dict(zip(names, attempt, strict=True)))

    def _write_cast(self, kiosk: Kiosk) -> None:
        path = self.cast_path(kiosk)
        path.parent.mkdir(parents=True, exist_ok=True)
        header = {
            "version": 2,
            "width": 80,
            "height": 24,
            "timestamp": kiosk.began.timestamp(),
            "title": kiosk.kiosk_id,
        }
        lines: list[Any] = [header]
        lines += [[(at - kiosk.began).total_seconds(), kind, data] for at, kind, data in kiosk.cast]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    values = [
        text(value)
        if isinstance(value, datetime)
        else json.dumps(value)
        if isinstance(value, dict)
        else value
        for value in row.values()
    ]
    marks = ", ".join("?" * len(row))
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})",  # noqa: S608  own fixed words
        values,
    )


def story(folder: Path, offline_sales: int = 10) -> Run:
    """Return a run that is well and has lived through everything, ended and not yet written."""
    run = Run(folder)
    till, gate = run.kiosk("hall-1", "HA1"), run.kiosk("hall-2", "HA2")
    for kiosk in (till, gate):
        run.open_shift(kiosk)
        run.sell(kiosk, 2)
        run.settle_all(kiosk)
        run.cut(kiosk)
    sales = {
        kiosk.kiosk_id: [run.sell(kiosk) for _ in range(offline_sales)] for kiosk in (till, gate)
    }
    run.sell(till, 2, "box")
    run.refuse(till, "Sold out at this kiosk")
    for sale in sales["hall-1"][:3]:
        run.admit(till, sale["payload"]["lines"][0]["serials"][0])
    for sale in sales["hall-2"][:3]:
        run.admit(gate, sale["payload"]["lines"][0]["serials"][0])
    run.void(till, sales["hall-1"][5])
    killed_in = run.sell(till)
    till.cast.pop()
    run.kill(till)
    run.acknowledge(till, killed_in)
    tampered = sales["hall-2"][7]
    tampered["payload"] = {**tampered["payload"], "total": money("1.00")}
    for kiosk in (till, gate):
        run.restore(kiosk)
    run.quarantine(gate, tampered, "payload_hash_differs")
    run.settle_all(till)
    first = till.rows[-1]
    started = run.tick()
    late = run.sell(till)
    run.settle(till, late)["replays"] = 1
    till.attempts.append((started, run.tick(), late["sequence"], late["sequence"], "line_timeout"))
    assert first["state"] == "settled"
    run.end()
    return run
