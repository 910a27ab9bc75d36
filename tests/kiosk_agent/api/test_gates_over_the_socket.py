"""Green, amber and red at the gate, over the real socket with really signed tickets."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from uuid6 import uuid7

from kiosk_contracts.gates import GateFeedEntry
from kiosk_contracts.serials import format_serial
from kiosk_contracts.ticket_code import TicketCode
from tests.support.journal import at
from tests.support.tickets import Signer
from tests.support.ui_socket import Answer, Till, till_in

ELSEWHERE = format_serial(4711)


async def _at_gate(till: Till) -> None:
    await till.sign_in("gus")


async def _refused(till: Till, answer: Answer, code: str, verdict: str, status: int) -> None:
    assert (answer.status, answer.code, answer.body["verdict"]) == (status, code, verdict)
    assert answer.body["title"]
    assert answer.body["hint"]
    counts = await till.opened.journal.read(lambda reader: reader.counts())
    assert counts.last_sequence == 0, "a refusal changes nothing"


async def _typed(till: Till, serial: str, path: str = "admissions") -> Answer:
    body = {"txn_id": str(uuid7()), "event_id": "tide", "gate": "North", "serial": serial}
    return await till.ask("POST", f"/v1/{path}", body)


def _fact(cursor: int, fact: str, **changes: Any) -> GateFeedEntry:
    fields = {"serial": ELSEWHERE, "event_id": "tide", "at": at("18:55:00"), "gate": "South"}
    return GateFeedEntry(cursor=cursor, fact=fact, **{**fields, **changes})


async def test_a_ticket_sold_elsewhere_is_green_by_its_signature_alone(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        till.line.up = False
        green = await till.admit(till.signer.code(ELSEWHERE, "tide", "child"))
        assert (green.status, green.body["verdict"], green.body["serial"]) == (
            201,
            "green",
            ELSEWHERE,
        )
        assert (green.body["ticket_type_name"], green.body["inside"]) == ("Child", 1)
        row = await till.opened.journal.read(lambda reader: reader.row(green.body["txn_id"]))
        assert row is not None
        assert (row.transaction.payload["by_hand"], row.offline) == (False, True)
        assert row.receipt_number is None


async def test_lower_case_from_a_scanner_passes(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        assert (await till.admit(f" {till.signer.code(ELSEWHERE).lower()}\n")).status == 201


async def test_codes_that_are_no_tickets_are_red(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        code = till.signer.code(ELSEWHERE)
        forged = replace(TicketCode.decode(code), signature=bytes(64)).encode()
        stolen = TicketCode(
            replace(TicketCode.decode(code).facts, serial=format_serial(1)),
            TicketCode.decode(code).signature,
        ).encode()
        for text, problem in [
            ("https://example.com/ticket/1", "ticket_foreign"),
            (code[:60], "ticket_truncated"),
            (code + "A", "ticket_code_unreadable"),
            (code[:-1] + "!", "ticket_code_unreadable"),
            (forged, "ticket_forged"),
            (stolen, "ticket_forged"),
            (Signer(key_id=1).code(ELSEWHERE), "ticket_forged"),
        ]:
            await _refused(till, await till.admit(text), problem, "red", 422)


async def test_a_key_not_known_yet_is_amber_until_it_is(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        newer = Signer(key_id=2)
        code = newer.code(ELSEWHERE)
        await _refused(till, await till.admit(code), "ticket_key_unknown", "amber", 409)
        await till.opened.journal.write(lambda writer: writer.put_verify_keys([newer.verify_key()]))
        assert (await till.admit(code)).status == 201
        assert (await till.admit(till.signer.code(format_serial(9)))).status == 201


async def test_a_ticket_for_another_event_is_red_and_says_which(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        refused = await till.admit(till.signer.code(ELSEWHERE, "quay"))
        await _refused(till, refused, "ticket_wrong_event", "red", 409)
        assert "Quay Blues" in refused.body["detail"]
        unknown = await till.admit(till.signer.code(ELSEWHERE), event_id="nowhere")
        assert (unknown.status, unknown.code) == (404, "event_unknown")


async def test_revoked_and_used_elsewhere_are_red_once_synced(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        other = format_serial(12)
        facts = [
            _fact(1, "revoked", reason="refunded"),
            _fact(2, "admitted", serial=other),
            _fact(3, "teleported"),
        ]
        await till.opened.journal.write(lambda writer: writer.add_gate_facts(facts, 3))
        refused = await till.admit(till.signer.code(ELSEWHERE))
        await _refused(till, refused, "ticket_revoked", "red", 409)
        assert "refunded" in refused.body["detail"]
        inside = await till.admit(till.signer.code(other))
        await _refused(till, inside, "already_admitted", "red", 409)
        assert inside.body["previous"]["gate"] == "South"
        assert inside.body["previous"]["at"].startswith("2026-11-23T18:55:00")


async def test_in_out_and_in_again(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        code = till.signer.code(ELSEWHERE)
        not_inside = await till.admit(code, path="exits")
        await _refused(till, not_inside, "not_inside", "red", 409)
        assert (await till.admit(code)).status == 201
        again = await till.admit(code)
        assert (again.status, again.body["previous"]["gate"]) == (409, "North")
        assert (await till.admit(code, path="exits")).body["kind"] == "exit"
        assert (await till.admit(code, path="exits")).code == "not_inside"
        till.clock.set_wall(at("12:00:00"))
        assert (await till.admit(code)).body["inside"] == 1
        assert (await till.admit(code)).code == "already_admitted", "though the clock was set back"


async def test_the_echo_of_our_own_gate_changes_nothing(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        code = till.signer.code(ELSEWHERE)
        await till.admit(code)
        entered = till.clock.now()
        till.clock.advance(60)
        await till.admit(code, path="exits")
        echo = _fact(1, "admitted", at=entered, gate="North", kiosk_id="harbour-till-1")
        await till.opened.journal.write(lambda writer: writer.add_gate_facts([echo], 1))
        await till.opened.journal.write(lambda writer: writer.add_gate_facts([echo], 1))
        assert (await till.admit(code)).status == 201


async def test_the_same_scan_again_gets_the_first_answer(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        body = {
            "txn_id": str(uuid7()),
            "event_id": "tide",
            "gate": "North",
            "code": till.signer.code(ELSEWHERE),
        }
        first = await till.ask("POST", "/v1/admissions", body)
        again = await till.ask("POST", "/v1/admissions", body)
        assert (again.status, again.body) == (201, {**first.body, "replayed": True})
        for path, changes in [("admissions", {"gate": "South"}), ("exits", {})]:
            other = await till.ask("POST", f"/v1/{path}", {**body, **changes})
            assert (other.status, other.code) == (422, "txn_payload_differs")


async def test_a_typed_serial_is_known_only_if_sold_or_seen_here(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        for typed in ("", "123", "0000000001", "ABCDEFGHU0"):
            await _refused(till, await _typed(till, typed), "serial_invalid", "red", 422)
        await _refused(till, await _typed(till, ELSEWHERE), "serial_unknown", "amber", 409)
        assert (await till.admit(till.signer.code(ELSEWHERE))).status == 201
        assert (await _typed(till, ELSEWHERE, "exits")).status == 201
        spaced = f" {ELSEWHERE[:5].lower()}-{ELSEWHERE[5:]} "
        back = await _typed(till, spaced)
        assert (back.status, back.body["serial"]) == (201, ELSEWHERE)
        row = await till.opened.journal.read(lambda reader: reader.row(back.body["txn_id"]))
        assert row is not None
        assert row.transaction.payload["by_hand"] is True


async def test_a_serial_sold_here_passes_by_hand_and_an_unsold_one_does_not(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        sold, unsold = await till.opened.stock(2)
        await till.open_shift()
        await till.sell(adult=1)
        assert (await _typed(till, sold)).body["ticket_type_name"] == "Adult"
        for refused in (await _typed(till, unsold), await till.admit(till.signer.code(unsold))):
            assert (refused.code, refused.body["verdict"]) == ("serial_unknown", "amber")
            assert refused.body["title"] == "Not sold"
        elsewhere = await till.opened.stock(1, event_id="quay")
        assert (await _typed(till, elsewhere[0])).code == "ticket_wrong_event"


async def test_code_and_serial_are_not_sent_together(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        body = {"txn_id": str(uuid7()), "event_id": "tide", "gate": "North"}
        for more in ({}, {"code": "EP1", "serial": ELSEWHERE}):
            refused = await till.ask("POST", "/v1/admissions", {**body, **more})
            assert (refused.status, refused.code) == (422, "body_invalid")
            assert "one of them" in refused.body["detail"]


async def test_a_serial_that_was_given_back_admits_nobody(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        [serial] = await till.opened.stock(1)
        await _at_gate(till)
        await till.opened.journal.write(lambda writer: writer.set_stock_state([serial], "returned"))
        refused = await till.admit(till.signer.code(serial))
        assert (refused.status, refused.body["verdict"]) == (409, "amber")
        assert (await _typed(till, serial)).body == refused.body


async def test_the_last_fact_is_the_latest_not_the_last_that_was_heard_of(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _at_gate(till)
        heard = [
            _fact(1, "exited", at=at("18:50:00")),
            _fact(2, "admitted", at=at("18:40:00")),
        ]
        await till.opened.journal.write(lambda writer: writer.add_gate_facts(heard, 2))
        assert (await till.admit(till.signer.code(ELSEWHERE))).status == 201, "they had left"


async def test_the_feeds_cursor_never_moves_back(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        for cursor in (7, 3):
            await till.opened.journal.write(
                lambda writer, cursor=cursor: writer.add_gate_facts([], cursor)  # type: ignore[misc]
            )
        assert await till.opened.journal.read(lambda reader: reader.gate_cursor()) == 7
