"""Kiosks sold from their own stock, and what is sold left it."""

from collections.abc import Iterator

from verifier.evidence import Evidence, Journal
from verifier.findings import Finding, error, notice
from verifier.sales import Sale, acknowledged_sales


def check_leasing(evidence: Evidence) -> Iterator[Finding]:
    """Find serials that were leased to another journal, of another type, or still in stock."""
    journals = {journal.journal_id: journal for journal in evidence.journals}
    settled = {entry.txn_id for entry in evidence.ledger.entries if entry.settled}
    for sale in acknowledged_sales(evidence):
        yield from _leased_elsewhere(evidence, sale, is_settled=sale.txn_id in settled)
        if sale.journal_id in journals:
            yield from _still_in_stock(journals[sale.journal_id], sale)


def _leased_elsewhere(evidence: Evidence, sale: Sale, *, is_settled: bool) -> Iterator[Finding]:
    for ticket in sale.tickets:
        issued = evidence.ledger.serials.get(ticket.serial)
        if issued is None:
            continue
        if issued.type_key != ticket.type_key:
            yield error(
                "type_differs",
                f"{sale.name} sold ticket {ticket.serial} as another type than was granted.",
            )
        if issued.journal_id != sale.journal_id:
            text = f"{sale.name} sold ticket {ticket.serial}, which was leased to another journal"
            if is_settled:
                yield error("leased_elsewhere", f"{text}, and yet it is settled.")
            else:
                yield notice("leased_elsewhere", f"{text}; it was not settled.")


def _still_in_stock(journal: Journal, sale: Sale) -> Iterator[Finding]:
    for ticket in sale.tickets:
        item = journal.stock.get(ticket.serial)
        state = item.state if item is not None else "missing"
        if state not in {"sold", "revoked"}:
            yield error(
                "stock_differs",
                f"{sale.name} sold ticket {ticket.serial}, but the kiosk's stock has it as"
                f" {state}.",
            )
