"""What was given back without a sale outlives a damaged file, as far as it is readable."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from kiosk_agent.ports.journal import CancelledPayment
from kiosk_contracts.tender import CardTender
from tests.support.salvage import Scene, scene
from tests.support.tickets import euros

SHIFT = UUID("0f3c9a1e-0000-4000-8000-000000000001")


def _payment(reference: str) -> CancelledPayment:
    return CancelledPayment(
        txn_id=uuid4(),
        shift_id=SHIFT,
        cashier_id="ana",
        given_back_by="mia",
        approved_by=None,
        at=datetime(2026, 11, 26, 15, 0, tzinfo=UTC),
        taken=(CardTender(amount=euros("5.00"), reference=reference),),
    )


async def _noted(folder: Path, *payments: CancelledPayment) -> Scene:
    one = scene(folder, closed=True)
    async with one.opened() as journal:
        for payment in payments:
            await journal.write(lambda writer, noted=payment: writer.note_cancelled_payment(noted))
    return one


def _say(one: Scene, statement: str) -> None:
    with closing(sqlite3.connect(one.path, isolation_level=None)) as plain:
        plain.execute(statement)


async def _kept(one: Scene) -> tuple[int, list[CancelledPayment]]:
    async with one.opened() as journal:
        identity = await journal.read(lambda reader: reader.identity())
        kept = await journal.read(lambda reader: reader.cancelled_payments(SHIFT))
    return identity.epoch, list(kept)


async def test_they_are_copied_whole_into_the_next_epoch(tmp_path: Path) -> None:
    payments = [_payment("1"), _payment("2")]
    one = await _noted(tmp_path, *payments)
    _say(one, "UPDATE meta SET value = 'x' WHERE key = 'last_sequence'")
    assert await _kept(one) == (2, payments)


async def test_one_that_makes_no_sense_is_dropped_before_a_report_breaks_on_it(
    tmp_path: Path,
) -> None:
    payments = [_payment("1"), _payment("2")]
    one = await _noted(tmp_path, *payments)
    _say(one, "UPDATE cancelled_payments SET taken = '[{]' WHERE cancelled_id = 1")
    assert await _kept(one) == (2, payments[1:])
    [report] = one.reports()
    assert report["tables"]["cancelled_payments"]["rejected_rowids"] == [1]


async def test_one_of_no_known_shift_stays_in_the_journal_and_in_no_report(tmp_path: Path) -> None:
    lost = CancelledPayment(
        txn_id=uuid4(),
        shift_id=None,
        cashier_id="ana",
        given_back_by="ana",
        approved_by="mia",
        at=datetime(2026, 11, 26, 15, 0, tzinfo=UTC),
        taken=(CardTender(amount=euros("5.00"), reference="1"),),
    )
    one = await _noted(tmp_path, lost)
    assert await _kept(one) == (1, [])
    with closing(sqlite3.connect(one.path)) as plain:
        rows = plain.execute("SELECT shift_id, approved_by FROM cancelled_payments").fetchall()
    assert rows == [(None, "mia")]
