"""The sales that were acknowledged, and the tickets that customers hold because of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from verifier.canonical import FormatError, read_money
from verifier.evidence import Entry, Evidence, Journal, Json, Row, TypeKey

_NEVER_COUNTED = "sale_never_counted"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket of a sale; a price is known where the payload is as it was sealed."""

    serial: str
    type_key: TypeKey | None
    price: tuple[Decimal, str] | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale of a journal, or one that only the ledger knows."""

    txn_id: str
    journal_id: str
    name: str
    receipt_number: str
    tickets: Sequence[Ticket]


def tickets_of(payload: Json) -> list[Ticket]:
    """Return the tickets of a sale's payload; none if it cannot be read (`unreadable` says so)."""
    try:
        return _tickets(payload)
    except FormatError:
        return []


def serials_of(payload: Json) -> list[str]:
    """Return the serials that a void or a refund lists; none if it cannot be read."""
    try:
        return [str(serial) for serial in _list(payload, "serials")]
    except FormatError:
        return []


def unreadable(kind: str, payload: Json) -> str:
    """Return why the payload of a sale, void or refund cannot be read; empty if it can."""
    try:
        match kind:
            case "sale":
                _tickets(payload)
            case "void" | "refund":
                _list(payload, "serials")
            case _:
                pass
    except FormatError as problem:
        return str(problem)
    return ""


def _tickets(payload: Json) -> list[Ticket]:
    try:
        return [
            Ticket(str(serial), _type_key(line), read_money(line["unit_price"]))
            for line in _list(payload, "lines")
            for serial in _list(line, "serials")
        ]
    except KeyError as missing:
        raise FormatError(f"a line has no {missing}") from missing


def _type_key(line: Json) -> TypeKey:
    return str(line["event_id"]), str(line["ticket_type_id"])


def _list(payload: Any, key: str) -> list[Any]:
    value = payload.get(key) if isinstance(payload, dict) else None
    if not isinstance(value, list):
        raise FormatError(f"it has no list of {key}")
    return value


def acknowledged_sales(evidence: Evidence) -> list[Sale]:
    """Return every sale of the journals, then those that only the ledger has as settled."""
    sales = [
        _sale_of_row(evidence, journal, row)
        for journal in evidence.journals
        for row in journal.rows
        if row.kind == "sale"
    ]
    known = {sale.txn_id for sale in sales}
    sales += [
        _sale_of_entry(entry) for entry in settled(evidence, "sale") if entry.txn_id not in known
    ]
    return sales


def settled(evidence: Evidence, *kinds: str) -> list[Entry]:
    """Return the ledger's settled transactions of some kinds."""
    return [entry for entry in evidence.ledger.entries if entry.settled and entry.kind in kinds]


def counted(evidence: Evidence, *kinds: str) -> list[Entry]:
    """Return the settled transactions of some kinds that takings count.

    A sale that was voided while it was quarantined counts nothing, nor does its void. The flag
    alone is no proof: void and sale must be of one journal, and each be what the other makes it.
    """
    struck = _struck(evidence)
    return [entry for entry in settled(evidence, *kinds) if entry.txn_id not in struck]


def _struck(evidence: Evidence) -> set[str]:
    sales = {
        (entry.journal_id, entry.txn_id)
        for entry in evidence.ledger.entries
        if entry.kind == "sale" and (not entry.settled or _NEVER_COUNTED in entry.flags)
    }
    voids = {
        entry.txn_id: str(entry.payload.get("sale_txn_id"))
        for entry in settled(evidence, "void")
        if _NEVER_COUNTED in entry.flags
        and (entry.journal_id, entry.payload.get("sale_txn_id")) in sales
    }
    return voids.keys() | voids.values()


def taken_back(evidence: Evidence) -> set[str]:
    """Return the serials whose sale was voided or refunded, by a journal or the ledger."""
    refused = {entry.txn_id for entry in evidence.ledger.entries if not entry.settled}
    payloads = [
        row.payload
        for row in evidence.rows("void", "refund")
        if row.untouched and row.txn_id not in refused
    ]
    payloads += [entry.payload for entry in settled(evidence, "void", "refund")]
    return {serial for payload in payloads for serial in serials_of(payload)}


def _sale_of_row(evidence: Evidence, journal: Journal, row: Row) -> Sale:
    return Sale(
        txn_id=row.txn_id,
        journal_id=row.journal_id,
        name=row.name,
        receipt_number=row.receipt_number or "",
        tickets=tickets_of(row.payload) if row.untouched else _as_answered(evidence, journal, row),
    )


def _as_answered(evidence: Evidence, journal: Journal, row: Row) -> list[Ticket]:
    """Return what the customer was handed, where the payload was tampered with afterwards."""
    serials = {item.serial for item in journal.stock.values() if item.cart_txn_id == row.txn_id}
    serials |= {ticket["serial"] for ticket in row.answer.get("tickets", [])}
    return [Ticket(serial, _type_of(evidence, journal, serial)) for serial in sorted(serials)]


def _type_of(evidence: Evidence, journal: Journal, serial: str) -> TypeKey | None:
    known = journal.stock.get(serial) or evidence.ledger.serials.get(serial)
    return known.type_key if known else None


def _sale_of_entry(entry: Entry) -> Sale:
    return Sale(
        txn_id=entry.txn_id,
        journal_id=entry.journal_id,
        name=f"{entry.name}, which only the ticket API knows,",
        receipt_number=str(entry.payload.get("receipt_number", "")),
        tickets=tickets_of(entry.payload),
    )
