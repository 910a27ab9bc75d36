"""Shifts of before: who sees which, who closed one, whose drawer went on, Z reports again."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid6 import uuid7

from kiosk_contracts.printing import PrintKind
from tests.support.archiving import AFTER_S, DAY_S, settle, tidy
from tests.support.fake_printer import lines
from tests.support.paper_office import Office, at_work, office_in
from tests.support.tickets import euros
from tests.support.ui_socket import Answer, Till, till_in


async def _shift_of(till: Till, staff_id: str, opening_float: str = "100.00", **more: Any) -> str:
    await till.sign_in(staff_id)
    body = {"txn_id": str(uuid7()), "opening_float": euros(opening_float).to_json(), **more}
    opened = await till.ask("POST", "/v1/shifts", body)
    assert opened.status == 201, opened.body
    return str((await till.ask("GET", "/v1/session")).body["shift_id"])


async def _close(till: Till, shift_id: str, counted: str, **more: Any) -> Answer:
    body = {"txn_id": str(uuid7()), "counted": euros(counted).to_json(), **more}
    return await till.ask("POST", f"/v1/shifts/{shift_id}/close", body)


async def _listed(till: Till, query: str = "") -> list[dict[str, Any]]:
    answer = await till.ask("GET", f"/v1/shifts{query}")
    assert answer.status == 200, answer.body
    return list(answer.body["shifts"])


async def test_a_cashier_sees_their_own_shifts_and_a_manager_all(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first = await _shift_of(till, "ana")
        await _close(till, first, "99.00", reason="one rolled away")
        managers = await _shift_of(till, "mia")
        second = await _shift_of(till, "ana")
        own = await _listed(till)
        newest = await _listed(till, "?limit=1")
        await till.sign_in("mia")
        everybodys = await _listed(till)
        await till.sign_in("gus")
        refused = await till.ask("GET", "/v1/shifts")
    assert [one["shift_id"] for one in own] == [second, first]
    assert [one["shift_id"] for one in newest] == [second]
    assert [one["shift_id"] for one in everybodys] == [second, managers, first]
    assert [one["staff_name"] for one in everybodys] == ["Ana", "Mia", "Ana"]
    assert [one["closed_at"] is None for one in own] == [True, False]
    assert [one["over_short"] for one in own] == [None, euros("-1.00").to_json()]
    assert (refused.status, refused.code) == (403, "role_too_low")


@pytest.mark.parametrize("limit", ["0", "1001", "many", "-1"])
async def test_a_limit_that_is_none_is_refused(tmp_path: Path, limit: str) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        refused = await till.ask("GET", f"/v1/shifts?limit={limit}")
    assert (refused.status, refused.code) == (422, "body_invalid")


async def test_who_closed_an_absent_cashiers_shift_is_named(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _shift_of(till, "ana")
        await till.sign_in("mia")
        running = (await till.ask("GET", f"/v1/shifts/{shift_id}")).body
        done = await _close(till, shift_id, "90.00", reason="she went home ill")
        report = done.body["report"]
        [listed] = await _listed(till)
        row = await till.opened.journal.read(lambda reader: reader.row(UUID(done.body["txn_id"])))
    assert running["approval_above"] == euros("5.00").to_json()
    assert (report["staff_id"], report["staff_name"]) == ("ana", "Ana")
    assert (report["closed_by"], report["closed_by_name"]) == ("mia", "Mia")
    assert report["approval_above"] is None
    assert listed["closed_by_name"] == "Mia"
    assert row is not None
    assert row.readable().payload["cashier_id"] == "mia", "the ledger knows it, too"


async def test_nobody_is_named_where_the_cashier_closed_it(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _shift_of(till, "ana")
        report = (await _close(till, shift_id, "100.00")).body["report"]
        [listed] = await _listed(till)
    assert (report["closed_by"], report["closed_by_name"]) == (None, "")
    assert listed["closed_by_name"] == ""


async def test_the_report_says_whose_drawer_it_was_and_what_they_counted(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        before = await _shift_of(till, "ana")
        await _close(till, before, "122.00", approval_pin="9999")
        # Counted again by who takes it over: a coin less.
        after = await _shift_of(till, "mia", "121.00", taken_over_from=before)
        running = (await till.ask("GET", f"/v1/shifts/{after}")).body
        closed = (await _close(till, after, "121.00")).body["report"]
    left = {"shift_id": before, "staff_name": "Ana", "counted": euros("122.00").to_json()}
    assert running["taken_over"] == closed["taken_over"] == left
    assert closed["opening_float"] == euros("121.00").to_json()


async def test_only_the_drawer_that_waits_is_taken_over(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first = await _shift_of(till, "ana")
        await till.sign_in("mia")
        for shift_id in (first, str(uuid4())):
            body = {
                "txn_id": str(uuid7()),
                "opening_float": euros("100.00").to_json(),
                "taken_over_from": shift_id,
            }
            refused = await till.ask("POST", "/v1/shifts", body)
            assert (refused.status, refused.code) == (409, "drawer_taken")
        await _close(till, first, "100.00")
        second = await _shift_of(till, "mia", taken_over_from=first)
        await _close(till, second, "100.00")
        await till.sign_in("ana")
        late = {
            "txn_id": str(uuid7()),
            "opening_float": euros("100.00").to_json(),
            "taken_over_from": first,
        }
        assert (await till.ask("POST", "/v1/shifts", late)).code == "drawer_taken"
        counts = await till.opened.journal.read(lambda reader: reader.counts())
        assert counts.last_sequence == 4, "what is refused changes nothing"


async def _print(office: Office, shift_id: str) -> list[str]:
    answer = await office.till.ask("POST", "/v1/prints/report", {"shift_id": shift_id})
    assert answer.status == 202, answer.body
    await office.until_quiet()
    return lines(office.fake.sheets[-1])


async def test_a_z_report_is_a_copy_from_the_second_time_on_whatever_x_reports_there_were(
    tmp_path: Path,
) -> None:
    async with office_in(tmp_path) as office:
        shift_id = str((await office.till.ask("GET", "/v1/session")).body["shift_id"])
        assert "COPY" not in " ".join(await _print(office, shift_id))
        await office.till.sign_in("mia")
        await _close(office.till, shift_id, "100.00")
        first = await _print(office, shift_id)
        assert ("Z report" in first, "COPY" in " ".join(first)) == (True, False)
        assert "Closed by: Mia" in first
        second, third = await _print(office, shift_id), await _print(office, shift_id)
    assert (second[0], second[-1], third[0]) == ("COPY 1", "COPY 1", "COPY 2")


async def test_a_z_report_is_a_copy_where_the_queue_has_forgotten_the_first(tmp_path: Path) -> None:
    async with office_in(tmp_path, working=False) as office:
        till = office.till
        shift_id = str((await till.ask("GET", "/v1/session")).body["shift_id"])
        closed = await _close(till, shift_id, "100.00")
        async with at_work(office.queue):
            assert "COPY 1" not in await _print(office, shift_id)
        await till.open_shift()
        await settle(till, *range(1, closed.body["sequence"] + 2))
        till.clock.advance(AFTER_S + DAY_S)
        await tidy(till, tmp_path)
        shift = UUID(shift_id)
        known = await till.opened.journal.read(
            lambda reader: reader.last_copy(shift, PrintKind.REPORT, "Z")
        )
        assert known is None
        async with at_work(office.queue):
            assert (await _print(office, shift_id))[0] == "COPY 1"
