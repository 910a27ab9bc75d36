"""Compares a journal with the books that are kept by hand beside it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from kiosk_agent.domain.records import JournalRow
from kiosk_agent.ports.journal import JournalReader
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.selling import CartState
from kiosk_contracts.transactions import FIRST_PREV_HASH
from tests.proof.far_ledger import FarLedger
from tests.proof.model import Paper
from tests.proof.told import Line

ALL = 1_000_000


def compare(reader: JournalReader, paper: Paper, flags: Mapping[UUID, Sequence[str]]) -> None:
    """Find in the journal what is in the books, and nothing else.

    `flags` is what the far side has flagged.
    """
    rows = list(reader.rows_after(0, ALL))
    found = [(row.sequence, row.txn_id, row.receipt_number) for row in rows]
    assert found == [(line.sequence, line.txn_id, line.receipt) for line in paper.lines]
    _compare_rows(rows, paper)
    _compare_states(rows, reader, paper, flags)
    _compare_stock(reader, paper)
    _compare_carts(reader, paper)
    identity = reader.identity()
    assert (identity.journal_id, identity.epoch) == (paper.journal_id, paper.epoch)
    assert reader.epochs()[-1].journal_id == paper.journal_id


def _compare_rows(rows: Sequence[JournalRow], paper: Paper) -> None:
    """Compare what is whole with how it was told and sealed, and follow the chain."""
    for row, line in zip(rows, paper.lines, strict=True):
        if line.answer is not None:
            assert row.answer == line.answer
        if line.txn_id not in paper.harmed:
            transaction = row.readable()
            envelope = transaction.envelope
            assert transaction.payload_matches()
            assert (envelope.txn_id, envelope.journal_id) == (line.txn_id, line.journal_id)
            assert (envelope.sequence, envelope.epoch) == (line.sequence, line.epoch)
            paper.told.note_seal(line.txn_id, envelope.hash)
            assert _follows(envelope.prev_hash, line, paper)


def _follows(prev_hash: str, line: Line, paper: Paper) -> bool:
    """Say whether a link leads to the line before; behind a gap, to any that was sealed."""
    if line.follows is not None:
        return prev_hash == paper.told.hashes[line.follows]
    sealed = paper.told.hashes.values() if line.sequence > 1 else ()
    return prev_hash in {FIRST_PREV_HASH, *sealed}


def _compare_states(
    rows: Sequence[JournalRow],
    reader: JournalReader,
    paper: Paper,
    flags: Mapping[UUID, Sequence[str]],
) -> None:
    due = {line.txn_id: JournalState.QUEUED for line in paper.lines}
    due |= paper.stuck
    due |= dict.fromkeys(paper.settled, JournalState.SETTLED)
    _agree({row.txn_id: row.state for row in rows}, due)
    for row in rows:
        if row.state is JournalState.SETTLED and row.outcome is not None:
            assert tuple(row.outcome.flags) == tuple(flags[row.txn_id])
    counts = reader.counts()
    assert counts.last_sequence == paper.last_sequence
    assert {state: n for state, n in counts.by_state.items() if n} == Counter(due.values())
    here = {row.txn_id for row in reader.rows_page(before=None, limit=ALL)}
    assert here == due.keys() - paper.archived


def _compare_stock(reader: JournalReader, paper: Paper) -> None:
    """Find every serial where the books say."""
    items = {serial: reader.stock_item(serial) for serial in paper.state}
    _agree({serial: item.state for serial, item in items.items() if item}, paper.state)


def _compare_carts(reader: JournalReader, paper: Paper) -> None:
    """Find every cart that is open or in payment, and what it holds."""
    found = {
        cart.txn_id: (cart.state, {item.serial for item in reader.cart_items(cart.txn_id)})
        for cart in reader.carts()
    }
    states = {False: CartState.OPEN, True: CartState.PAYMENT_STARTED}
    due = {
        txn_id: (states[cart.in_payment], set(cart.serials)) for txn_id, cart in paper.carts.items()
    }
    _agree(found, due)


def _agree(found: Mapping[Any, object], due: Mapping[Any, object]) -> None:
    others = {key for key in found.keys() | due.keys() if found.get(key) != due.get(key)}
    assert not others, [(str(key), found.get(key), due.get(key)) for key in others]


def compare_far_side(ledger: FarLedger, paper: Paper) -> None:
    """Find nothing there that was not told, and nothing twice."""
    assert ledger.findings() == []
    assert ledger.counted.keys() <= paper.told.lines.keys()
    for txn_id, received in ledger.received.items():
        assert received.journal_id == paper.told.lines[txn_id].journal_id
    for kind, places in ledger.capacity.items():
        assert ledger.taken[kind] <= places + ledger.serials.risked[kind]
