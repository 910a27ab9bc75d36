"""What must be true of a journal at any moment: pure checks that return findings in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from kiosk_agent.domain.records import JournalRow, StockItem
from kiosk_agent.ports.journal import JournalReader
from kiosk_contracts.payloads import ReturnOfStockPayload, SalePayload, TransactionKind, VoidPayload
from kiosk_contracts.transactions import FIRST_PREV_HASH
from tests.proof.findings import Finding, doubled, lost, wrong


def all_rows(reader: JournalReader) -> list[JournalRow]:
    """Return every transaction, in order of sequence, those in archives too."""
    return list(reader.rows_after(0, 1_000_000))


def journal_findings(reader: JournalReader) -> list[Finding]:
    """Return what is wrong with a journal: its chain, its numbers, its stock."""
    return row_findings(reader, all_rows(reader))


def row_findings(
    reader: JournalReader,
    rows: Sequence[JournalRow],
    gone: AbstractSet[int] = frozenset(),
    *,
    whole_stock: bool = True,
) -> list[Finding]:
    """Return the same of all rows of a journal that may have been salvaged.

    `gone` are sequences that the salvage says it could not read; without `whole_stock` it could not
    read the stock either, so that sold tickets may be missing there.
    """
    moves = moves_of(rows)
    stock = {serial: reader.stock_item(serial) for serial in {*moves.sold, *moves.returned}}
    return [
        *chain_findings(rows, gone),
        *number_findings(rows, reader.counts().last_sequence, gone),
        *stock_findings(moves, stock, whole=whole_stock),
    ]


@dataclass(slots=True)
class Moves:
    """What rows did to tickets; serials, as often as they were moved."""

    sold: list[str] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)


def moves_of(rows: Sequence[JournalRow]) -> Moves:
    """Return what rows did to tickets."""
    moves = Moves()
    for row in rows:
        match row.transaction.read_payload():
            case SalePayload() as sale:
                moves.sold += sale.serials()
            case VoidPayload() as void:
                moves.voided += void.serials
            case ReturnOfStockPayload() as back:
                moves.returned += back.serials
            case _:
                pass
    return moves


def chain_findings(
    rows: Sequence[JournalRow], gone: AbstractSet[int] = frozenset()
) -> list[Finding]:
    """Return where the chain of hashes is broken, but around what is gone."""
    found = [
        wrong(f"transaction {row.transaction.envelope.sequence} was changed after its sealing")
        for row in rows
        if not row.transaction.payload_matches()
    ]
    envelopes = [row.transaction.envelope for row in rows]
    if envelopes and envelopes[0].prev_hash != FIRST_PREV_HASH and 1 not in gone:
        found.append(lost("the chain does not begin at its beginning"))
    return found + [
        wrong(f"transaction {after.sequence} does not follow {before.sequence}")
        for before, after in pairwise(envelopes)
        if after.prev_hash != before.hash and after.sequence - 1 not in gone
    ]


def number_findings(
    rows: Sequence[JournalRow], last_sequence: int, gone: AbstractSet[int] = frozenset()
) -> list[Finding]:
    """Return gaps and repetitions in sequence and receipt numbers, but for what is gone."""
    found: list[Finding] = []
    sequences = [row.transaction.envelope.sequence for row in rows]
    if sequences != [number for number in range(1, last_sequence + 1) if number not in gone]:
        found.append(wrong(f"the sequence up to {last_sequence} is {sequences}"))
    by_epoch: dict[str, list[int]] = {}
    for row in rows:
        if row.receipt_number is not None:
            prefix, _, counter = row.receipt_number.rpartition("-")
            by_epoch.setdefault(prefix, []).append(int(counter))
    for prefix, counters in by_epoch.items():
        due = sorted(set(counters)) if gone else list(range(1, len(counters) + 1))
        if counters != due:
            found.append(wrong(f"the receipt numbers of {prefix} are {counters}"))
    return found


def given_findings(
    rows: Sequence[JournalRow], given: Mapping[str, Mapping[str, Any]]
) -> list[Finding]:
    """Return receipt numbers and tickets that customers had before: of another transaction.

    `given` are all answers, by txn_id, whether or not their transactions are still here.
    """
    before = {thing: txn_id for txn_id, answer in given.items() for thing in _things(answer)}
    return [
        doubled(f"{thing} was given for {before[thing]} and for {row.txn_id}")
        for row in rows
        for thing in (row.receipt_number, *moves_of([row]).sold)
        if thing is not None and before.get(thing, str(row.txn_id)) != str(row.txn_id)
    ]


def _things(answer: Mapping[str, Any]) -> Iterator[str]:
    if "receipt_number" in answer:
        yield answer["receipt_number"]
    if answer["kind"] == TransactionKind.SALE:
        yield from (ticket["serial"] for ticket in answer["tickets"])


def stock_findings(
    moves: Moves, stock: Mapping[str, StockItem | None], *, whole: bool = True
) -> list[Finding]:
    """Return serials that were sold twice, or that are in a state that contradicts the rows.

    One that is not in the stock is fine if that is not `whole`.
    """
    sold, voided, returned = Counter(moves.sold), set(moves.voided), set(moves.returned)
    found = [doubled(f"serial {serial} was sold {n} times") for serial, n in sold.items() if n > 1]
    found += [doubled(f"serial {serial} was sold and returned") for serial in returned & set(sold)]
    for serial in {*sold, *returned}:
        item = stock.get(serial)
        if item is None and not whole:
            continue
        state = "missing" if item is None else item.state
        due = "returned" if serial in returned else "revoked" if serial in voided else "sold"
        if state != due:
            found.append(wrong(f"serial {serial} is {state} in the stock, {due} in the journal"))
    return found
