"""A manager lets in whom the gate cannot judge, over the real socket: recorded with who and why."""

from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_agent.ports.journal import JournalRow
from kiosk_contracts.gates import GateFeedEntry
from kiosk_contracts.payloads import AdmissionPayload
from kiosk_contracts.serials import format_serial
from tests.support.after_sale import ask_refund, serials, settled_sale
from tests.support.journal import at
from tests.support.tickets import Signer
from tests.support.ui_socket import Answer, Till, till_in

ELSEWHERE = format_serial(4711)
WHY = "showed the order mail"


def _body(**said: Any) -> dict[str, Any]:
    return {"txn_id": str(uuid7()), "event_id": "tide", "gate": "North", **said}


def _approved(**said: Any) -> dict[str, Any]:
    return _body(**{"reason": WHY, "approval_pin": "9999", **said})


async def _admit(till: Till, body: dict[str, Any], path: str = "admissions") -> Answer:
    return await till.ask("POST", f"/v1/{path}", body)


async def _rows(till: Till) -> list[JournalRow]:
    return await till.opened.journal.read(lambda reader: reader.rows_page(before=None, limit=50))


async def _payload(till: Till) -> AdmissionPayload:
    payload = (await _rows(till))[0].read_payload()
    assert isinstance(payload, AdmissionPayload)
    return payload


def _unknown_key(event_id: str = "tide") -> str:
    return Signer(key_id=2).code(ELSEWHERE, event_id)


@pytest.mark.parametrize("said", [{"code": _unknown_key()}, {"serial": ELSEWHERE}])
async def test_a_manager_s_pin_and_a_reason_let_in_whom_the_gate_cannot_judge(
    tmp_path: Path, said: dict[str, Any]
) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("gus")
        till.line.up = False
        amber = await _admit(till, _body(**said))
        assert (amber.status, amber.body["verdict"]) == (409, "amber")
        assert (amber.body["may_be_let_in"], amber.body["serial"]) == (True, ELSEWHERE)
        assert not await _rows(till)
        green = await _admit(till, _approved(**said))
        assert (green.status, green.body["verdict"], green.body["inside"]) == (201, "green", 1)
        payload = await _payload(till)
        assert (payload.approved_by, payload.reason) == ("mia", WHY)
        assert (payload.cashier_id, payload.serial) == ("gus", ELSEWHERE)
        assert payload.by_hand is ("serial" in said)
        # From now on the ticket is inside, for everybody.
        again = await _admit(till, _approved(**said))
        assert (again.code, again.body["verdict"]) == ("already_admitted", "red")
        assert len(await _rows(till)) == 1


async def test_a_manager_who_is_signed_in_types_no_pin(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("mia")
        done = await _admit(till, _body(code=_unknown_key(), reason=WHY))
        assert done.status == 201
        payload = await _payload(till)
        assert (payload.approved_by, payload.cashier_id) == ("mia", "mia")


@pytest.mark.parametrize(
    ("pin", "status", "code"),
    [(None, 403, "approval_needed"), ("2222", 401, "pin_wrong"), ("4321", 401, "pin_wrong")],
)
async def test_nobody_but_a_manager_lets_them_in(
    tmp_path: Path, pin: str | None, status: int, code: str
) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("gus")
        refused = await _admit(till, _approved(code=_unknown_key(), approval_pin=pin))
        assert (refused.status, refused.code) == (status, code)
        assert not await _rows(till)


@pytest.mark.parametrize("reason", ["", "two\nlines", "x" * 501])
async def test_a_reason_that_cannot_be_kept_is_refused_by_name(tmp_path: Path, reason: str) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("gus")
        refused = await _admit(till, _approved(code=_unknown_key(), reason=reason))
        assert (refused.status, refused.body["field"]) == (422, "reason")
        assert not await _rows(till)


async def test_the_same_approval_again_gets_the_first_answer_and_asks_for_no_pin(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("gus")
        body = _approved(code=_unknown_key())
        first = await _admit(till, body)
        again = await _admit(till, {**body, "approval_pin": "0000"})
        assert (again.status, again.body) == (201, {**first.body, "replayed": True})
        other = await _admit(till, {**body, "reason": "another"})
        assert (other.status, other.code) == (422, "txn_payload_differs")
        assert len(await _rows(till)) == 1


async def test_no_manager_overrides_what_speaks_against_a_ticket(tmp_path: Path) -> None:
    """RED, whatever key signed it, before any PIN is counted as wrong."""
    async with till_in(tmp_path) as till:
        await till.sign_in("gus")
        used, revoked = format_serial(1), format_serial(2)
        facts = [
            GateFeedEntry(
                cursor=number,
                fact=fact,
                serial=serial,
                event_id="tide",
                at=at("18:55:00"),
                gate="South",
            )
            for number, (fact, serial) in enumerate((("admitted", used), ("revoked", revoked)), 1)
        ]
        await till.opened.journal.write(lambda writer: writer.add_gate_facts(facts, 2))
        newer = Signer(key_id=2)
        for said, code in (
            ({"code": newer.code(used)}, "already_admitted"),
            ({"code": newer.code(revoked)}, "ticket_revoked"),
            ({"code": _unknown_key("quay")}, "ticket_wrong_event"),
            ({"code": Signer(key_id=1).code(ELSEWHERE)}, "ticket_forged"),
            ({"code": _unknown_key()[:60]}, "ticket_truncated"),
            ({"serial": used}, "already_admitted"),
            ({"serial": revoked}, "ticket_revoked"),
            ({"serial": "0000000001"}, "serial_invalid"),
        ):
            for body in (_body(**said), _approved(**said, approval_pin="4321")):
                refused = await _admit(till, body)
                assert (refused.code, refused.body["verdict"]) == (code, "red"), said
                assert "may_be_let_in" not in refused.body
        assert not await _rows(till)


async def test_no_manager_lets_in_while_a_refund_of_the_ticket_is_not_decided(
    tmp_path: Path,
) -> None:
    """Its money may be given back any moment, also where its code cannot be judged here."""
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        sale = await settled_sale(till)
        assert (await ask_refund(till, sale)).status == 202
        await till.sign_in("gus")
        before = len(await _rows(till))
        code = Signer(key_id=2).code(serials(sale)[0])
        for body in (_body(code=code), _approved(code=code)):
            refused = await _admit(till, body)
            assert (refused.code, refused.body["verdict"]) == ("refund_undecided", "amber")
            assert "may_be_let_in" not in refused.body
        assert len(await _rows(till)) == before


async def test_a_ticket_that_nobody_bought_here_is_amber_and_stays_so(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        (unsold,) = await till.opened.stock(1)
        await till.sign_in("gus")
        for body in (_body(serial=unsold), _approved(serial=unsold)):
            refused = await _admit(till, body)
            assert (refused.body["title"], refused.body["verdict"]) == ("Not sold", "amber")
            assert "may_be_let_in" not in refused.body
        assert not await _rows(till)


async def test_where_the_key_came_meanwhile_nobody_has_to_approve(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("gus")
        newer = Signer(key_id=2)
        await till.opened.journal.write(lambda writer: writer.put_verify_keys([newer.verify_key()]))
        done = await _admit(till, _body(code=newer.code(ELSEWHERE), reason=WHY))
        assert done.status == 201
        payload = await _payload(till)
        assert (payload.approved_by, payload.reason) == (None, None)


async def test_an_exit_takes_no_approval(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("mia")
        refused = await _admit(till, _body(code=_unknown_key(), reason=WHY), "exits")
        assert (refused.code, refused.body["verdict"]) == ("ticket_key_unknown", "amber")
        assert "may_be_let_in" not in refused.body
        assert not await _rows(till)
