"""Who was admitted had a ticket that was sold, and two gates that admitted one are reported."""

from collections import Counter
from collections.abc import Iterator

from verifier.evidence import AdmissionRecord, Evidence, Json, Row
from verifier.findings import Finding, error, notice
from verifier.sales import acknowledged_sales


def check_gates(evidence: Evidence) -> Iterator[Finding]:
    """Find admissions without a sale, without a record, and conflicts; list the conflicts."""
    sold = {ticket.serial for sale in acknowledged_sales(evidence) for ticket in sale.tickets}
    sold |= {
        issued.serial
        for issued in evidence.ledger.serials.values()
        if issued.state in {"sold", "voided", "refunded"}
    }
    admissions = [row for row in evidence.rows("admission") if row.untouched]
    for row in admissions:
        if row.payload.get("serial") not in sold:
            yield error(
                "admitted_unsold",
                f"{row.name} admitted ticket {row.payload.get('serial')}, which nobody sold.",
            )
    yield from _after_void(evidence, admissions)
    yield from _recorded(evidence, admissions)
    yield from _conflicts(evidence, admissions)


def _after_void(evidence: Evidence, admissions: list[Row]) -> Iterator[Finding]:
    """Find tickets that a kiosk admitted after it had voided them itself."""
    voided = {
        (row.kiosk_id, serial): row
        for row in evidence.rows("void")
        if row.untouched
        for serial in row.payload.get("serials", [])
    }
    for row in admissions:
        void = voided.get((row.kiosk_id, str(row.payload.get("serial"))))
        if void is not None and void.sequence < row.sequence:
            yield error("admitted_void", f"{row.name} admitted a ticket that {void.name} undid.")


def _key(row: Row) -> tuple[str, str]:
    return str(row.payload.get("event_id")), str(row.payload.get("serial"))


def _settled_ids(evidence: Evidence) -> set[str]:
    return {entry.txn_id for entry in evidence.ledger.entries if entry.settled}


def _recorded(evidence: Evidence, admissions: list[Row]) -> Iterator[Finding]:
    settled = _settled_ids(evidence)
    for row in admissions:
        if row.txn_id in settled and _key(row) not in evidence.ledger.admissions:
            yield error(
                "admission_unknown",
                f"{row.name} is settled, but the ticket API does not know the ticket as used.",
            )


def _conflicts(evidence: Evidence, admissions: list[Row]) -> Iterator[Finding]:
    for record in evidence.ledger.admissions.values():
        for conflict in record.conflicts:
            yield notice("gate_conflict", _told(record, conflict))
    settled = _settled_ids(evidence)
    uses = Counter(_key(row) for row in admissions if row.txn_id in settled)
    exits = Counter(
        _key(row) for row in evidence.rows("exit") if row.untouched and row.txn_id in settled
    )
    for key, count in uses.items():
        known = evidence.ledger.admissions.get(key)
        told = len(known.conflicts) if known is not None else 0
        if count > 1 + exits[key] + told:
            yield error(
                "conflict_untold",
                f"Ticket {key[1]} was admitted {count} times to {key[0]}, and the ticket API tells"
                f" of {told} conflicts.",
            )


def _told(record: AdmissionRecord, conflict: Json) -> str:
    return (
        f"Ticket {record.serial} was admitted twice: first {_place(record.first)}, then"
        f" {_place(conflict)}."
    )


def _place(use: Json) -> str:
    return f"at {use.get('gate')} ({use.get('kiosk_id')}) at {use.get('at')}"
