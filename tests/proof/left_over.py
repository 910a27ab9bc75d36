"""What the books say of a journal whose file was damaged, by what could be read of it."""

from collections.abc import Mapping
from uuid import UUID

from kiosk_contracts.kiosk_status import JournalState
from tests.proof.model import UNSOLD, Paper

_STUCK = frozenset({JournalState.PARKED, JournalState.QUARANTINED})


def left_of(base: Paper, left: Mapping[UUID, JournalState], archived: set[UUID]) -> Paper:
    """Change the books of what the file was to what is left of it.

    `left` are the transactions that can be read, in their states; `archived` those that archives
    alone have.
    """
    there = left.keys() | archived
    lines = [line for line in base.told.lines.values() if line.txn_id in there]
    base.lines = sorted(lines, key=lambda line: line.sequence)
    base.archived = archived
    base.settled = {one for one, state in left.items() if state is JournalState.SETTLED} | archived
    base.stuck = {one: state for one, state in left.items() if state in _STUCK}
    base.harmed &= left.keys()
    for line in base.lines:
        if line.txn_id not in base.harmed:
            _correct_stock(base, line.txn_id)
    return base


def _correct_stock(base: Paper, txn_id: UUID) -> None:
    """Let no ticket stand in another state than what a transaction says."""
    for serial in base.told.sold_by(txn_id):
        if base.state.get(serial) in {*UNSOLD, "frozen"}:
            base.state[serial] = "sold"
    for serial in base.told.voided_by(txn_id):
        if serial in base.state:
            base.state[serial] = "revoked"
