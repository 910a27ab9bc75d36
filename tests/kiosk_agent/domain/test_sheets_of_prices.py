"""Paper tells what was paid for each ticket, and how a rule came to the total."""

from datetime import UTC, datetime
from typing import Any

from uuid6 import uuid7

from kiosk_agent.domain.paper import Line, Pair, Sheet
from kiosk_agent.domain.sheets import Heading, receipt_sheet, report_sheet, ticket_sheet
from kiosk_contracts.selling import SaleRecorded, SoldTicket
from kiosk_contracts.shifts import ShiftReport
from tests.support.prices import eur

AT = datetime(2026, 11, 26, 19, 0, tzinfo=UTC)
HEADING = Heading("Harbour Hall", lambda moment: moment)


def ticket(number: int, kind: str, listed: str, paid: str, **by: str) -> dict[str, Any]:
    return {
        "serial": "ETFJXCY8DG",
        "code": f"EP1{number}",
        "event_id": "tide",
        "event_name": "Tide & Timber",
        "ticket_type_name": kind,
        "unit_price": eur(paid),
        "list_price": eur(listed),
        "starts_at": AT.isoformat(),
        **by,
    }


FAMILY = {"rule_id": "family", "reduced_by": "Family price"}
STUDENT = {"concession_id": "student", "reduced_by": "Student"}
TICKETS = [
    ticket(1, "Adult", "12.50", "10.13", **FAMILY),
    ticket(2, "Adult", "12.50", "10.13", **FAMILY),
    ticket(3, "Adult", "12.50", "8.75", **STUDENT),
    ticket(4, "Child", "6.00", "4.87", **FAMILY),
    ticket(5, "Child", "6.00", "4.86", **FAMILY),
]


def sale(*tickets: dict[str, Any], total: str) -> SaleRecorded:
    return SaleRecorded.model_validate(
        {
            "txn_id": str(uuid7()),
            "kind": "sale",
            "sequence": 2,
            "recorded_at": AT.isoformat(),
            "offline": False,
            "receipt_number": "HB1-1-000001",
            "total": eur(total),
            "tender": [{"method": "card", "amount": eur(total), "reference": "T1"}],
            "tickets": list(tickets),
        }
    )


def pairs(sheet: Sheet) -> list[tuple[str, str]]:
    return [(piece.left, piece.right) for piece in sheet if isinstance(piece, Pair)]


def test_a_receipt_has_list_prices_and_below_what_the_rule_takes_off() -> None:
    told = pairs(receipt_sheet(sale(*TICKETS, total="38.74"), HEADING, 0))
    assert told[:4] == [
        ("2 x Adult at €12.50", "€25.00"),
        ("1 x Adult, Student at €8.75", "€8.75"),
        ("2 x Child at €6.00", "€12.00"),
        ("Family price", "-€7.01"),
    ]
    assert told[4] == ("Total", "€38.74")


def test_a_rule_is_taken_off_below_the_event_that_it_is_of() -> None:
    other = {**ticket(6, "Adult", "20.00", "20.00"), "event_id": "quay", "event_name": "Quay"}
    sheet = receipt_sheet(sale(*TICKETS[:2], other, total="40.26"), HEADING, 0)
    told = [
        piece.left if isinstance(piece, Pair) else piece.text
        for piece in sheet
        if isinstance(piece, Pair | Line)
    ]
    assert told.index("Family price") < told.index("Quay")


def test_a_ticket_says_what_was_paid_for_itself_and_by_what() -> None:
    sold = sale(*TICKETS, total="38.74")
    sheet = ticket_sheet(sold, sold.tickets[2], HEADING, 0)
    assert "Adult, Student · €8.75" in [one.text for one in sheet if isinstance(one, Line)]


def test_a_ticket_of_an_older_agent_prints_as_before() -> None:
    plain = ticket(1, "Adult", "0.00", "12.50")
    del plain["list_price"]
    sold = sale(plain, total="12.50")
    assert isinstance(sold.tickets[0], SoldTicket)
    assert pairs(receipt_sheet(sold, HEADING, 0))[0] == ("1 x Adult at €12.50", "€12.50")


def test_a_report_on_paper_names_what_reduced_a_price() -> None:
    report = ShiftReport.model_validate(
        {
            "shift_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "staff_id": "ana",
            "staff_name": "Ana",
            "venue_name": "Harbour Hall",
            "kiosk_code": "HB1",
            "opened_at": AT.isoformat(),
            "at": AT.isoformat(),
            "is_closed": False,
            "sales": 1,
            "voids": 0,
            "refunds": 0,
            "by_method": [],
            "by_type": [
                {
                    "event_id": "tide",
                    "event_name": "Tide & Timber",
                    "ticket_type_id": "adult",
                    "ticket_type_name": "Adult",
                    "reduced_by": "Student",
                    "unit_price": eur("8.75"),
                    "sold": 1,
                    "undone": 0,
                }
            ],
            **dict.fromkeys(("opening_float", "paid_in", "paid_out"), eur("0.00")),
            "expected_cash": eur("8.75"),
        }
    )
    told = [one.text for one in report_sheet(report, HEADING, 0) if isinstance(one, Line)]
    assert "Adult, Student · Tide & Timber" in told
