"""What is old is forgotten, and nothing that anybody still needs."""

from pathlib import Path
from typing import Any

from uuid6 import uuid7

from kiosk_agent.domain.records import Lease
from kiosk_contracts.uploads import ItemOutcome
from tests.support.archiving import AFTER_S, DAY_S, evening, rows_of, sell, settle, tidy
from tests.support.ui_socket import till_in


async def test_lists_forget_what_is_old_and_only_that(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        journal, clock = till.opened.journal, till.clock

        def note(writer: Any) -> None:
            writer.note_line(clock.now(), "offline", "gone")
            writer.note_attempt(
                started_at=clock.now(),
                ended_at=clock.now(),
                first_sequence=1,
                last_sequence=1,
                items=1,
                result="answered",
                detail="",
            )
            writer.begin_run(clock.now(), "boot-1", 1, "0.1.0")

        await journal.write(note)
        await till.sign_in("mia")
        await till.ask("POST", "/v1/sign-out")
        await till.sign_in("ana")
        await till.open_shift()
        await till.opened.stock(2)
        expired = uuid7()
        await till.put_cart(expired, adult=1)
        await till.ask("DELETE", f"/v1/carts/{expired}")
        await settle(till)
        clock.advance(AFTER_S + 1)
        await journal.write(note)
        await tidy(till, tmp_path)
        found = {
            table: rows_of(tmp_path, f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608
            for table in ("line_changes", "upload_attempts", "runs", "staff_sessions", "carts")
        }
    assert found == {
        "line_changes": 1,
        "upload_attempts": 1,
        "runs": 1,
        "staff_sessions": 2,
        "carts": 0,
    }


async def test_the_last_run_is_kept_however_old(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        for _ in range(2):
            await till.opened.journal.write(
                lambda writer: writer.begin_run(till.clock.now(), "boot-1", 1, "0.1.0")
            )
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        assert rows_of(tmp_path, "SELECT run_id FROM runs") == [(2,)]


async def test_tickets_and_gate_facts_go_only_once_their_event_is_long_over_by_the_servers_time(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        sold, *_ = await evening(till)
        await till.opened.stock(2, event_id="quay")
        assert (await till.admit(sold.body["tickets"][0]["code"])).status == 201
        await settle(till)
        starts = 60 * 60.0
        till.clock.advance(AFTER_S + starts - 60)
        await tidy(till, tmp_path)
        assert _counts(tmp_path) == (3, 6, 1, 2), "it is not over for long enough"
        till.line.offset_ms = None
        till.clock.advance(DAY_S * 400)
        await tidy(till, tmp_path)
        assert _counts(tmp_path) == (3, 6, 1, 2), "the kiosk's clock alone makes nothing forgotten"
        till.line.offset_ms, till.line.up = 0, False
        await tidy(till, tmp_path)
        assert _counts(tmp_path) == (3, 6, 1, 2), "nor what an earlier run learnt of the server's"
        till.line.up = True
        await tidy(till, tmp_path)
        assert _counts(tmp_path) == (0, 6, 0, 2), "what is unsold stays: only a return frees it"


def _counts(folder: Path) -> tuple[int, ...]:
    asked = (
        "stock WHERE event_id = 'tide' AND state = 'sold'",
        "stock WHERE event_id = 'tide' AND state = 'available'",
        "gate_facts WHERE event_id = 'tide'",
        "leases",
    )
    return tuple(rows_of(folder, f"SELECT count(*) FROM {what}")[0][0] for what in asked)  # noqa: S608


async def test_a_used_up_lease_goes_with_its_event_and_an_unanswered_one_stays(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        await till.open_shift()
        await sell(till)
        asked = Lease(
            uuid7(), "tide", "adult", 5, till.clock.now(), 0, till.clock.boot_id(), None, None
        )
        await till.opened.journal.write(lambda writer: writer.put_lease_request(asked))
        await settle(till)
        await till.opened.append()
        await settle(till)
        till.clock.advance(AFTER_S + DAY_S)
        await tidy(till, tmp_path)
        left = rows_of(tmp_path, "SELECT allotment_id FROM leases")
    assert left == [(None,)]


async def test_a_sold_ticket_stays_known_while_its_sale_is_not_archived(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await evening(till, sales=1)
        till.clock.advance(AFTER_S + DAY_S)
        await settle(till)
        await tidy(till, tmp_path)
        assert rows_of(tmp_path, "SELECT count(*) FROM stock WHERE state = 'sold'") == [(1,)]


async def test_the_cart_of_a_sale_that_did_not_settle_is_kept(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await evening(till, sales=1)
        refused = ItemOutcome(txn_id=None, status="quarantined", code="sequence_taken")
        await till.opened.journal.write(
            lambda writer: writer.quarantine(2, refused, till.clock.now())
        )
        await settle(till, 1)
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        assert rows_of(tmp_path, "SELECT state FROM carts") == [("closed",)]
