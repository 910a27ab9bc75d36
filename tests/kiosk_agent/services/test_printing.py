"""The print queue before a printer that behaves like one: in order, none twice without a mark."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.domain.paper import Sheet
from kiosk_agent.ports.printer import PrinterError
from kiosk_contracts.printing import PrinterState, PrintState
from tests.support.fake_printer import FakePrinter, lines
from tests.support.paper_office import at_work, office_in
from tests.support.ui_socket import till_in

_UNKNOWN = "01a21587-99c1-7493-8ce9-c518d1493b20"


async def test_a_sale_prints_its_tickets_and_its_receipt_once(tmp_path: Path) -> None:
    async with office_in(tmp_path, receipts=True) as office:
        sale = (await office.till.sell(adult=2)).body
        await office.until_quiet()
        again = await office.till.ask("POST", "/v1/sales", _request_of(sale))
        assert again.body["replayed"]
        await office.until_quiet()
    first, second, receipt = office.fake.sheets
    assert office.fake.codes == [ticket["code"] for ticket in sale["tickets"]]
    for sheet, ticket in zip((first, second), sale["tickets"], strict=True):
        assert ticket["serial"] in lines(sheet)
        assert f"Receipt {sale['receipt_number']}" in lines(sheet)
        assert "COPY" not in sheet
    assert "Total" in receipt
    assert "€25.00" in receipt


async def test_without_a_printer_nothing_waits_for_one(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        sale = (await till.sell(adult=1)).body
        prints = (await till.ask("GET", "/v1/prints")).body
        assert prints == {"printer": "none", "prints": [], "left_out": []}
        refused = await till.ask("POST", "/v1/prints", {"txn_id": sale["txn_id"], "kind": "ticket"})
        assert (refused.status, refused.code) == (409, "printer_missing")


async def test_tickets_of_a_voided_sale_that_still_wait_never_come_out(tmp_path: Path) -> None:
    async with office_in(tmp_path, FakePrinter(cover_open=True), receipts=True) as office:
        await office.until_state(PrinterState.COVER_OPEN)
        kept = (await office.till.sell(adult=1)).body
        voided = (await office.till.sell(adult=2)).body
        void = {
            "txn_id": _UNKNOWN,
            "sale_txn_id": voided["txn_id"],
            "reason": "changed their mind",
            "approval_pin": "9999",
        }
        assert (await office.till.ask("POST", "/v1/voids", void)).status == 201
        office.fake.close_cover()
        await office.until_quiet()
    assert office.fake.codes == [ticket["code"] for ticket in kept["tickets"]]
    assert len(office.fake.sheets) == 3, "one ticket, and the receipts of both sales"


async def test_what_is_printed_again_says_which_copy_it_is(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office:
        sale = (await office.till.sell(adult=2)).body
        await office.until_quiet()
        wanted = {"txn_id": sale["txn_id"], "kind": "ticket"}
        one = {**wanted, "serial": sale["tickets"][1]["serial"]}
        receipt = {"txn_id": sale["txn_id"], "kind": "receipt"}
        for body in (wanted, one, receipt, receipt):
            answer = await office.till.ask("POST", "/v1/prints", body)
            assert answer.status == 202
            await office.until_quiet()
    marks = [lines(sheet)[0] for sheet in office.fake.sheets]
    hall = lines(office.fake.sheets[0])[0]
    assert marks == [hall, hall, "COPY 1", "COPY 1", "COPY 2", hall, "COPY 1"]
    ends = [lines(sheet)[-1] for sheet in office.fake.sheets]
    assert [end for end in ends if "COPY" in end] == ["COPY 1", "COPY 1", "COPY 2", "COPY 1"]


@pytest.mark.parametrize(
    ("fake", "state", "mend", "words"),
    [
        (FakePrinter(lines_left=0), PrinterState.PAPER_OUT, FakePrinter.new_roll, "out of paper"),
        (FakePrinter(cover_open=True), PrinterState.COVER_OPEN, FakePrinter.close_cover, "cover"),
    ],
)
async def test_what_waits_is_printed_once_the_printer_is_ready(
    tmp_path: Path, fake: FakePrinter, state: PrinterState, mend: Any, words: str
) -> None:
    async with office_in(tmp_path, fake) as office:
        await office.till.sell(adult=2)
        await office.until_state(state)
        await _until(lambda: "2 to print" in "".join(one.text for one in office.state.warnings()))
        assert await office.states() == ["waiting", "waiting"]
        [warning] = office.state.warnings()
        assert words in warning.text
        mend(fake)
        await office.until_quiet()
        await office.until_state(PrinterState.READY)
    assert len(fake.sheets) == 2
    assert not any("COPY" in sheet for sheet in fake.sheets)


async def test_a_ticket_that_paper_ran_out_in_is_in_doubt_and_the_rest_waits(
    tmp_path: Path,
) -> None:
    fake = FakePrinter(lines_left=3)
    async with office_in(tmp_path, fake) as office:
        sale = (await office.till.sell(adult=3)).body
        await office.until_state(PrinterState.PAPER_OUT)
        assert await office.states() == ["doubtful", "waiting", "waiting"]
        fake.new_roll()
        await office.until_quiet()
        await office.until_state(PrinterState.READY)
        # The printer went on with what it had in its memory: so another would have been a second.
        assert len(fake.sheets) == 3
        assert await office.states() == ["doubtful"]
        [warning] = office.state.warnings()
        assert sale["tickets"][0]["serial"] in warning.text
        [doubtful] = (await office.till.ask("GET", "/v1/prints")).body["prints"]
        answer = await office.till.ask("DELETE", f"/v1/prints/{doubtful['print_id']}")
        assert answer.body["prints"] == []
        gone = await office.till.ask("DELETE", f"/v1/prints/{doubtful['print_id']}")
        assert (gone.status, gone.code) == (404, "print_unknown")


async def test_a_printer_unplugged_in_the_middle_of_a_ticket_leaves_it_in_doubt_and_the_rest_waits(
    tmp_path: Path,
) -> None:
    fake = FakePrinter(unplugged_after_lines=3)
    async with office_in(tmp_path, fake) as office:
        sale = (await office.till.sell(adult=3)).body
        await office.until_state(PrinterState.UNREACHABLE)
        assert fake.unplugged
        assert await office.states() == ["doubtful", "waiting", "waiting"]
        await office.until_warned(sale["tickets"][0]["serial"])
        fake.plug_in()
        await office.until_quiet()
        await office.until_state(PrinterState.READY)
        # The one that was cut off is gone with its memory; it is not printed again by itself.
        assert len(fake.sheets) == 2
        assert not any(sale["tickets"][0]["serial"] in sheet for sheet in fake.sheets)
        assert await office.states() == ["doubtful"]


async def test_printing_again_ends_the_doubt_with_a_marked_copy(tmp_path: Path) -> None:
    fake = FakePrinter(cover_opens_after_lines=3)
    async with office_in(tmp_path, fake) as office:
        sale = (await office.till.sell(adult=1)).body
        await office.until_state(PrinterState.COVER_OPEN)
        assert await office.states() == ["doubtful"]
        fake.close_cover()
        await office.till.ask("POST", "/v1/prints", {"txn_id": sale["txn_id"], "kind": "ticket"})
        await office.until_quiet()
        assert await office.states() == []
    assert [lines(sheet)[0] == "COPY 1" for sheet in fake.sheets] == [False, True]


@pytest.mark.parametrize("closed", [False, True])
async def test_printing_a_report_again_ends_its_own_doubt_and_no_other(
    tmp_path: Path, *, closed: bool
) -> None:
    async with office_in(tmp_path, working=False) as office:
        till = office.till
        shift_id = (await till.ask("GET", "/v1/session")).body["shift_id"]
        wanted = {"shift_id": shift_id}
        # In doubt: a ticket, the X report, and the Z report where there is one.
        await till.sell(adult=1)
        await till.ask("POST", "/v1/prints/report", wanted)
        if closed:
            await till.close_shift()
            await till.ask("POST", "/v1/prints/report", wanted)
        await till.opened.journal.write(lambda writer: writer.doubt_prints(PrintState.WAITING))
        doubtful = ["doubtful"] * (3 if closed else 2)
        assert await office.states() == doubtful
        assert (await till.ask("POST", "/v1/prints/report", wanted)).status == 202
        assert await office.states() == [*doubtful[1:], "waiting"]
        left = (await till.ask("GET", "/v1/prints")).body["prints"]
        kept = {(one["kind"], one["serial"]) for one in left if one["state"] == "doubtful"}
        assert len(kept) == len(doubtful) - 1
        assert ("report", "Z" if closed else "") not in kept


async def test_a_kill_while_a_sheet_is_printed_leaves_it_in_doubt(tmp_path: Path) -> None:
    async with office_in(tmp_path, working=False) as office:
        await office.till.sell(adult=2)
        journal = office.till.opened.journal
        first = await journal.read(lambda reader: reader.next_print())
        assert first is not None
        await journal.write(
            lambda writer: writer.set_print_state(first.print_id, PrintState.PRINTING)
        )
        async with at_work(office.queue):
            await office.until_quiet()
        assert await office.states() == ["doubtful"]
    assert len(office.fake.sheets) == 1, "the other one, which nobody had begun"


async def test_a_sheet_is_on_record_before_any_of_it_goes_to_the_printer(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    class Watching:
        """A printer that looks at the queue from outside, as whoever kills it would."""

        def state(self) -> PrinterState:
            return PrinterState.READY

        def print(self, sheet: Sheet) -> None:
            del sheet
            found = asyncio.run_coroutine_threadsafe(office.states(), loop).result(10)
            seen.append(found)
            raise PrinterError(PrinterState.UNREACHABLE, "gone", begun=True)

    async with office_in(tmp_path, working=False) as office:
        loop = asyncio.get_running_loop()
        await office.till.sell(adult=1)
        office.queue._printer = Watching()
        async with at_work(office.queue):
            await office.until_quiet()
        assert await office.states() == ["doubtful"]
    assert seen == [["printing"]]


async def test_a_report_is_printed_and_a_closed_one_again_as_a_copy(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office:
        till = office.till
        await till.sell(adult=1)
        for _ in range(2):
            assert (await till.ask("POST", "/v1/prints/report", {})).status == 202
        await office.until_quiet()
    _, first, second = office.fake.sheets
    assert "X report" in lines(first)
    assert lines(second) == lines(first)
    assert any("Should be in the drawer" in line for line in lines(first))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (
            {"txn_id": "01a21587-99c1-7493-8ce9-c518d1493b20", "kind": "ticket"},
            404,
            "nothing_to_print",
        ),
        ({"txn_id": "nobody", "kind": "ticket"}, 422, "body_invalid"),
        ({"kind": "poster"}, 422, "body_invalid"),
    ],
)
async def test_what_can_not_be_printed_says_why(
    tmp_path: Path, body: dict[str, str], status: int, code: str
) -> None:
    async with office_in(tmp_path) as office:
        refused = await office.till.ask("POST", "/v1/prints", body)
        assert (refused.status, refused.code) == (status, code)
        assert await office.states() == []


async def test_a_journal_that_was_salvaged_prints_nothing_unasked(tmp_path: Path) -> None:
    async with office_in(tmp_path, working=False) as office:
        await office.till.sell(adult=1)
        await office.till.opened.journal.write(
            lambda writer: writer.doubt_prints(PrintState.WAITING)
        )
        async with at_work(office.queue):
            await office.until_state(PrinterState.READY)
        assert await office.states() == ["doubtful"]
    assert not office.fake.sheets


async def test_what_is_taken_off_in_the_last_moment_never_reaches_the_printer(
    tmp_path: Path,
) -> None:
    async with office_in(tmp_path, working=False) as office:
        await office.till.sell(adult=1)
        journal = office.till.opened.journal
        chosen = await journal.read(lambda reader: reader.next_print())
        assert chosen is not None
        gone = await office.till.ask("DELETE", f"/v1/prints/{chosen.print_id}")
        assert gone.status == 200
        await office.queue._print(chosen)
        assert await office.states() == []
    assert not office.fake.sheets
    assert not office.fake.received


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came true")


def _request_of(sale: dict[str, Any]) -> dict[str, Any]:
    return {"txn_id": sale["txn_id"], "total": sale["total"], "tender": sale["tender"]}
