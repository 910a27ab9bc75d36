"""What must be true of a journal at any moment: pure checks that return findings in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from kiosk_agent.domain.records import JournalRow, StockItem
from kiosk_agent.ports.journal import JournalReader
from kiosk_contracts.payloads import Payload, ReturnOfStockPayload, SalePayload, VoidPayload
from kiosk_contracts.transactions import FIRST_PREV_HASH
from tests.proof.findings import Finding, doubled, lost, wrong


def all_rows(reader: JournalReader) -> list[JournalRow]:
    """Return every transaction, in order of sequence."""
    return list(reversed(reader.rows_page(before=None, limit=1_000_000)))


def journal_findings(reader: JournalReader) -> list[Finding]:
    """Return what is wrong with a journal: its chain, its numbers, its stock."""
    rows = all_rows(reader)
    serials = {serial for row in rows for serial in _serials_of(row)}
    stock = {serial: reader.stock_item(serial) for serial in serials}
    return [
        *chain_findings(rows),
        *number_findings(rows, reader.counts().last_sequence),
        *stock_findings(rows, stock),
    ]


def chain_findings(rows: Sequence[JournalRow]) -> list[Finding]:
    """Return where the chain of hashes is broken."""
    found = [
        wrong(f"transaction {row.transaction.envelope.sequence} was changed after its sealing")
        for row in rows
        if not row.transaction.payload_matches()
    ]
    envelopes = [row.transaction.envelope for row in rows]
    if envelopes and envelopes[0].prev_hash != FIRST_PREV_HASH:
        found.append(lost("the chain does not begin at its beginning"))
    return found + [
        wrong(f"transaction {after.sequence} does not follow {before.sequence}")
        for before, after in pairwise(envelopes)
        if after.prev_hash != before.hash
    ]


def number_findings(rows: Sequence[JournalRow], last_sequence: int) -> list[Finding]:
    """Return gaps and repetitions in sequence and receipt numbers."""
    found: list[Finding] = []
    sequences = [row.transaction.envelope.sequence for row in rows]
    if sequences != list(range(1, last_sequence + 1)):
        found.append(wrong(f"the sequence up to {last_sequence} is {sequences}"))
    receipts = [row.receipt_number for row in rows if row.receipt_number is not None]
    counters = [int(receipt.rsplit("-", 1)[1]) for receipt in receipts]
    if counters != list(range(1, len(counters) + 1)):
        found.append(wrong(f"the receipt numbers are {receipts}"))
    return found


def stock_findings(
    rows: Sequence[JournalRow], stock: Mapping[str, StockItem | None]
) -> list[Finding]:
    """Return serials that were sold twice, or that are in a state that contradicts the rows."""
    sold = Counter(serial for row in rows for serial in _serials(row, SalePayload))
    voided = {serial for row in rows for serial in _serials(row, VoidPayload)}
    returned = {serial for row in rows for serial in _serials(row, ReturnOfStockPayload)}
    found = [doubled(f"serial {serial} was sold {n} times") for serial, n in sold.items() if n > 1]
    found += [doubled(f"serial {serial} was sold and returned") for serial in returned & set(sold)]
    for serial in {*sold, *returned}:
        item = stock.get(serial)
        state = "missing" if item is None else item.state
        due = "returned" if serial in returned else "revoked" if serial in voided else "sold"
        if state != due:
            found.append(wrong(f"serial {serial} is {state} in the stock, {due} in the journal"))
    return found


def _serials_of(row: JournalRow) -> tuple[str, ...]:
    return (*_serials(row, SalePayload), *_serials(row, ReturnOfStockPayload))


def _serials(row: JournalRow, kind: type[Payload]) -> tuple[str, ...]:
    """Return the serials of a row of this kind; none if it is of another."""
    match row.transaction.read_payload():
        case SalePayload() as sale if kind is SalePayload:
            return sale.serials()
        case (VoidPayload() | ReturnOfStockPayload()) as undone if isinstance(undone, kind):
            return undone.serials
        case _:
            return ()
