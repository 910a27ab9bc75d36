"""Paper of what was voided or refunded: no worthless ticket, and a receipt that says so."""

from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_agent.domain.reprinting import copy_number, not_again, worthless
from kiosk_contracts.look_up import TicketStanding
from kiosk_contracts.printing import PrinterState, PrintKind
from tests.support.after_sale import ask_refund, decide, serials, settled_sale
from tests.support.fake_printer import FakePrinter, lines
from tests.support.journal import damage
from tests.support.paper_office import Office, office_in
from tests.support.ui_socket import Answer

ALL = {one.value: one for one in TicketStanding}


def test_what_is_worth_nothing_never_comes_out_and_what_is_being_refunded_not_again() -> None:
    assert set(worthless(ALL)) == {"voided", "refunded", "revoked"}
    assert set(not_again(ALL)) == {"voided", "refunded", "revoked", "refund_asked"}


@pytest.mark.parametrize(
    ("kind", "last", "forgotten", "copy"),
    [
        (PrintKind.RECEIPT, None, False, 0),
        (PrintKind.RECEIPT, None, True, 1),
        (PrintKind.RECEIPT, 0, False, 1),
        (PrintKind.RECEIPT, 0, True, 1),
        (PrintKind.REPORT, None, False, 0),
        (PrintKind.REPORT, None, True, 1),
        (PrintKind.REPORT, 1, False, 2),
        (PrintKind.TICKET, None, False, 1),
        (PrintKind.TICKET, None, True, 1),
        (PrintKind.TICKET, 0, False, 1),
        (PrintKind.TICKET, 4, False, 5),
    ],
)
def test_only_a_receipt_or_report_that_was_never_printed_is_no_copy(
    kind: PrintKind, last: int | None, *, forgotten: bool, copy: int
) -> None:
    assert copy_number(kind, last, forgotten=forgotten) == copy


async def _again(office: Office, sale: Answer, kind: str, serial: str = "") -> Answer:
    body = {"txn_id": sale.body["txn_id"], "kind": kind, "serial": serial}
    answer = await office.till.ask("POST", "/v1/prints", body)
    await office.until_quiet()
    return answer


async def _refund(office: Office, sale: Answer, *which: int) -> Answer:
    tickets = [serials(sale)[number] for number in which]
    refund = await ask_refund(office.till, sale, tickets=tickets)
    assert refund.status == 202, refund.body
    return refund


def _mentioned(office: Office, sale: Answer) -> list[set[str]]:
    """Return for each sheet which of the sale's serials stand on it."""
    return [
        {one for one in serials(sale) if any(one in line for line in lines(sheet))}
        for sheet in office.fake.sheets
    ]


async def test_of_a_sale_refunded_in_part_the_valid_tickets_alone_are_printed_again(
    tmp_path: Path,
) -> None:
    async with office_in(tmp_path) as office:
        sale = await settled_sale(office.till, adult=3)
        await decide(office.till, await _refund(office, sale, 0), "settled")
        await _refund(office, sale, 1)
        await office.until_quiet()
        office.fake.sheets.clear()
        first, second, third = serials(sale)
        again = await _again(office, sale, "ticket")
        assert again.status == 202
        assert again.body["left_out"] == [
            {"serial": first, "standing": "refunded"},
            {"serial": second, "standing": "refund_asked"},
        ]
        assert _mentioned(office, sale) == [{third}]
        refused = await _again(office, sale, "ticket", first)
        assert (refused.status, refused.code) == (409, "nothing_to_print")
        assert refused.body["detail"] == f"Not valid: {first} (refunded)."
        assert len(office.fake.sheets) == 1
        receipt = await _again(office, sale, "receipt")
        assert receipt.body["left_out"] == []
    told = lines(office.fake.sheets[1])
    assert "No longer valid:" in told
    assert [line.split() for line in told if first in line] == [[first, "refunded"]]
    assert not any(second in line or third in line for line in told), "that is not decided"
    assert not {"REFUNDED", "VOIDED", "NOT VALID"} & set(told), "one is still valid"


async def test_a_refund_that_was_refused_leaves_the_ticket_to_be_printed(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office:
        sale = await settled_sale(office.till, adult=1)
        await decide(office.till, await _refund(office, sale, 0), "quarantined", "refund_refused")
        await office.until_quiet()
        again = await _again(office, sale, "ticket")
        assert (again.status, again.body["left_out"]) == (202, [])
    assert len(office.fake.sheets) == 2


async def test_the_receipt_of_a_sale_that_was_wholly_refunded_says_so_large(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office:
        sale = await settled_sale(office.till, adult=2)
        await office.until_quiet()
        await decide(office.till, await _refund(office, sale, 0, 1), "settled")
        await _again(office, sale, "receipt")
        await _again(office, sale, "receipt")
    first, copy = (lines(sheet) for sheet in office.fake.sheets[2:])
    assert first[0] == first[-1] == "REFUNDED"
    assert copy[:2] == ["COPY 1", "REFUNDED"]
    assert copy[-2:] == ["REFUNDED", "COPY 1"]


def _void(sale: Answer) -> dict[str, Any]:
    return {
        "txn_id": str(uuid7()),
        "sale_txn_id": sale.body["txn_id"],
        "reason": "changed their mind",
        "approval_pin": "9999",
    }


async def test_of_a_voided_sale_no_ticket_is_printed_and_the_receipt_says_so(
    tmp_path: Path,
) -> None:
    async with office_in(tmp_path, receipts=True) as office:
        sale = await office.till.sell(adult=2)
        await office.until_quiet()
        assert (await office.till.ask("POST", "/v1/voids", _void(sale))).status == 201
        refused = await _again(office, sale, "ticket")
        assert (refused.status, refused.code) == (409, "nothing_to_print")
        assert all(serial in refused.body["detail"] for serial in serials(sale))
        await _again(office, sale, "receipt")
    copy = lines(office.fake.sheets[3])
    assert copy[:2] == ["COPY 1", "VOIDED"]
    assert all([serial, "voided"] in [line.split() for line in copy] for serial in serials(sale))


async def test_a_ticket_that_waited_for_paper_while_it_was_refunded_never_comes_out(
    tmp_path: Path,
) -> None:
    async with office_in(tmp_path, FakePrinter(cover_open=True)) as office:
        await office.until_state(PrinterState.COVER_OPEN)
        sale = await settled_sale(office.till, adult=3)
        await decide(office.till, await _refund(office, sale, 0), "settled")
        await _refund(office, sale, 1)
        office.fake.close_cover()
        await office.until_quiet()
    _, second, third = serials(sale)
    assert _mentioned(office, sale) == [{second}, {third}], "what is only asked for may be refused"


async def test_where_nobody_can_tell_whether_it_is_valid_a_person_decides(tmp_path: Path) -> None:
    async with office_in(tmp_path, FakePrinter(cover_open=True)) as office:
        await office.until_state(PrinterState.COVER_OPEN)
        sale = await settled_sale(office.till, adult=1)
        refund = await _refund(office, sale, 0)
        damage(office.till.opened.path, "payload", b"{", refund.body["sequence"])
        office.fake.close_cover()
        await office.until_quiet()
        assert await office.states() == ["doubtful"]
    assert not office.fake.sheets
