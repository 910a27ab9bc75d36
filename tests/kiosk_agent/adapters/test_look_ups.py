"""Refunds, receipts and buyers are found without looking through a season's transactions."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from kiosk_agent.adapters.journal import look_ups
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.uploads import ItemOutcome
from tests.support.journal import OpenJournal, journal_in

PLANS = {
    "refunds to give": (
        look_ups._OPEN_REFUNDS.format(states="'settled'"),
        (9,),
        "idx_transactions_refunds",
    ),
    "refunds not decided": (
        look_ups._OPEN_REFUNDS.format(states=look_ups._ASKING),
        (9,),
        "idx_transactions_refunds",
    ),
    "buyers": (look_ups._WITH_BUYER, (9,), "idx_transactions_buyers"),
    "receipts": (
        look_ups._BY_RECEIPT,
        ("%1", 9, 9),
        "COVERING INDEX idx_transactions_receipt_number",
    ),
}


@pytest.mark.parametrize("what", PLANS)
async def test_what_is_looked_for_has_an_index_of_its_own(tmp_path: Path, what: str) -> None:
    sql, values, index = PLANS[what]
    async with journal_in(tmp_path) as opened:
        found = opened.journal._writing.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    plan = [str(row["detail"]) for row in found]
    assert any(index in step for step in plan), plan
    assert not any("idx_transactions_state" in step for step in plan), plan


async def _refund(opened: OpenJournal) -> UUID:
    return (await opened.append(kind="refund", numbered=True)).txn_id


async def test_a_refund_is_open_until_something_was_paid_for_it(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        asking, due, given = [await _refund(opened) for _ in range(3)]
        now = opened.clock.now()
        for sequence in (2, 3):
            outcome = ItemOutcome(txn_id=None, status="settled")
            await opened.journal.write(
                lambda writer, at=sequence, said=outcome: writer.settle(at, said, now)
            )
        payment = await opened.append(kind="shift_paid_out", depends_on=given)
        # What depends on a refund otherwise is no payment.
        await opened.append(kind="admission", depends_on=due)
        found = await opened.journal.read(
            lambda reader: (
                reader.refunds_asking(9),
                reader.refunds_to_give(9),
                reader.dependents(given, TransactionKind.SHIFT_PAID_OUT),
            )
        )
    assert found == ([asking], [due], [payment.txn_id])


async def test_an_id_that_was_damaged_hides_its_refund_alone(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        first = await _refund(opened)
        await _refund(opened)
        opened.journal._writing.execute("UPDATE transactions SET txn_id = 'x' WHERE sequence = 2")
        found = await opened.journal.read(lambda reader: reader.refunds_asking(9))
    assert found == [first]


async def test_a_refund_stays_in_the_journal_until_its_money_was_given(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await _refund(opened)
        given = await _refund(opened)
        await opened.append(kind="shift_paid_out", depends_on=given)
        await opened.append()
        now = opened.clock.now()
        for sequence in (1, 2, 3, 4):
            outcome = ItemOutcome(txn_id=None, status="settled")
            await opened.journal.write(
                lambda writer, at=sequence, said=outcome: writer.settle(at, said, now)
            )
        later = now + timedelta(days=1)
        lines = await opened.journal.read(lambda reader: reader.archivable(later, 99))
    assert [line["sequence"] for line in lines] == [2, 3]
