"""What is said of sales when kiosks and ticket API disagree."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from fleet_simulator.books import Roll, SimulatedJournal
from fleet_simulator.plan import plan_fleet
from fleet_simulator.verifying import (
    BROKEN,
    WAITING,
    Verdict,
    check_journal,
    check_ledger,
    exit_code,
)
from kiosk_contracts.allotments import Allotment, SignedTicket
from kiosk_contracts.ledger import Ledger, LedgerLine
from kiosk_contracts.money import Money
from kiosk_contracts.serials import format_serial
from kiosk_contracts.transactions import FIRST_PREV_HASH, Transaction
from kiosk_contracts.verifying import JournalEntry

PRICE = Money(amount=Decimal("12.50"), currency="EUR")
[VENUE] = plan_fleet(2, 1.0, seed=1)
EVENT = VENUE.event_id


def journal(sales: int, settled: int) -> SimulatedJournal:
    """Return a journal of so many sales, the first of which its kiosk was told are settled."""
    made = SimulatedJournal(VENUE.kiosks[0], kiosk_code="S00001")
    allotment = Allotment(
        allotment_id=uuid4(),
        request_id=uuid4(),
        journal_id=made.kiosk.journal_id,
        event_id=EVENT,
        ticket_type_id="adult",
        price_list_version=1,
        unit_price=PRICE,
        granted_at=datetime.now(UTC),
        lease_s=3600,
        tickets=tuple(
            SignedTicket(serial=format_serial(number), code="X") for number in range(1, sales + 1)
        ),
    )
    made.rolls.append(Roll.of(allotment))
    for _ in range(sales):
        assert made.sell(boottime_ms=1000)
    made.settled |= set(range(1, settled + 1))
    return made


def entries(of: SimulatedJournal, status: str = "settled") -> list[JournalEntry]:
    return [
        JournalEntry(sequence=number, txn_id=txn_id, hash="0" * 64, status=status)
        for number, txn_id in enumerate(of.recorded, start=1)
    ]


def verdict(of: SimulatedJournal, found: list[JournalEntry]) -> Verdict:
    said = Verdict()
    check_journal(said, of, found)
    return said


def ledger(sold: int) -> Ledger:
    line: dict[str, Any] = {
        "venue_id": VENUE.venue_id,
        "event_id": EVENT,
        "event_name": "Show",
        "ticket_type_id": "adult",
        "ticket_type_name": "Adult",
        "capacity": 100,
        "taken": 10,
        "sold": sold,
        "voided": 0,
        "refunded": 0,
        "gross": PRICE,
    }
    return Ledger(
        lines=(LedgerLine(**line),),
        transactions={},
        kinds={},
        flags={},
        replays=0,
        journals=(),
        attention=(),
        next_after=None,
    )


def test_sales_are_sealed_as_the_agent_seals_them_and_chained_from_the_first() -> None:
    before = FIRST_PREV_HASH
    for number, queued in enumerate(journal(3, 0).queue, start=1):
        transaction = Transaction.model_validate(queued.item())
        assert transaction.payload_matches()
        assert (transaction.envelope.sequence, transaction.envelope.prev_hash) == (number, before)
        assert transaction.read_payload().receipt_number == f"S00001-1-{number:06}"  # type: ignore[union-attr]
        before = transaction.envelope.hash


def test_all_settled_and_there_is_well() -> None:
    well = journal(3, 3)
    said = verdict(well, entries(well))
    check_ledger(said, [well], ledger(sold=3))
    assert (said.checked, said.is_broken, exit_code(said)) == (3, False, 0)


def test_a_settled_sale_that_is_not_there_is_lost_and_named() -> None:
    one = journal(3, 3)
    said = verdict(one, entries(one)[:1] + entries(one)[2:])
    assert (said.lost, exit_code(said)) == (1, BROKEN)
    assert str(one.recorded[1]) in said.words[0]


def test_a_settled_sale_that_is_there_in_another_way_is_lost() -> None:
    one = journal(1, 1)
    assert verdict(one, entries(one, status="quarantined")).lost == 1


def test_a_sale_that_is_there_twice_is_doubled() -> None:
    one = journal(2, 2)
    again = entries(one)[0].model_copy(update={"sequence": 9})
    said = verdict(one, [*entries(one), again])
    assert (said.lost, said.doubled, exit_code(said)) == (0, 1, BROKEN)


def test_more_tickets_sold_than_kiosks_recorded_are_doubled_sales() -> None:
    one = journal(3, 3)
    said = verdict(one, entries(one))
    check_ledger(said, [one], ledger(sold=5))
    assert (said.doubled, exit_code(said)) == (2, BROKEN)


def test_a_transaction_that_no_kiosk_recorded_is_stray() -> None:
    one = journal(1, 1)
    alien = entries(one)[0].model_copy(update={"sequence": 2, "txn_id": uuid4()})
    said = verdict(one, [*entries(one), alien])
    assert (said.stray, exit_code(said)) == (1, BROKEN)


@pytest.mark.parametrize("there", [True, False])
def test_what_no_kiosk_was_told_is_settled_only_waits(*, there: bool) -> None:
    one = journal(2, 1)
    said = verdict(one, entries(one) if there else entries(one)[:1])
    assert (said.unsettled, said.lost, exit_code(said)) == (1, 0, WAITING)


def test_what_was_refused_is_told_and_is_not_lost() -> None:
    one = journal(1, 0)
    one.quarantined[1] = "serial_unknown"
    said = verdict(one, [])
    assert (said.quarantined, said.lost, exit_code(said)) == (1, 0, WAITING)
    assert "serial_unknown" in said.words[0]
