"""A cart whose tickets a new epoch froze: nobody is sold them, and staff know what to do."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from uuid6 import uuid7

from kiosk_agent.domain.epochs import EpochReason, NewEpoch
from tests.support.ui_socket import Till, sale_of, till_in


async def _new_epoch(till: Till) -> None:
    new = NewEpoch(
        journal_id=uuid4(),
        epoch=2,
        reason=EpochReason.OLDER_COPY,
        found="the ticket API knows more",
        at=datetime(2026, 11, 23, 20, 0, tzinfo=UTC),
        host_id="",
    )
    await till.opened.journal.write(lambda writer: writer.open_epoch(new))


async def test_a_cart_in_payment_is_refused_with_the_money_to_give_back(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        paying, other = str(uuid7()), str(uuid7())
        cart = await till.put_cart(paying, adult=2)
        await till.put_cart(other, adult=1)
        await till.ask("POST", f"/v1/carts/{paying}/payment")
        await _new_epoch(till)
        refused = await till.ask("POST", "/v1/sales", sale_of(paying, cart.body["total"]))
        assert (refused.status, refused.code) == (409, "tickets_frozen")
        assert "Give the money back" in refused.body["hint"]
        assert (await till.ask("GET", f"/v1/carts/{other}")).body["state"] == "expired"
        cancelled = await till.ask("DELETE", f"/v1/carts/{paying}/payment")
        assert (cancelled.body["state"], cancelled.body["lines"]) == ("expired", [])
        assert (await till.ask("GET", "/v1/carts")).body["carts"] == []
        status = (await till.ask("GET", "/v1/status")).body
    assert [line["frozen"] for line in status["stock"] if line["frozen"]] == [5]
    assert status["warnings"][0]["code"] == "new_epoch_older_copy"


async def test_a_sale_of_the_journal_before_is_voided_and_its_gate_still_knows_it(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        [serial, *_] = await till.opened.stock(3)
        await till.open_shift()
        kept, voided = await till.sell(adult=1), await till.sell(adult=1)
        await _new_epoch(till)
        body = {
            "txn_id": str(uuid7()),
            "sale_txn_id": voided.body["txn_id"],
            "reason": "ill",
            "approval_pin": "9999",
        }
        assert (await till.ask("POST", "/v1/voids", body)).status == 201
        assert (await till.admit(kept.body["tickets"][0]["code"])).status == 201
        gone = await till.admit(voided.body["tickets"][0]["code"])
        assert gone.code == "ticket_revoked"
        row = await till.opened.journal.read(lambda reader: reader.standing())
    assert kept.body["tickets"][0]["serial"] == serial
    assert (row.epoch, row.receipts) == (2, 1)


async def test_a_frozen_ticket_is_admitted_by_its_code_and_amber_by_hand(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        [serial] = await till.opened.stock(1)
        await till.open_shift()
        await _new_epoch(till)
        body = {"txn_id": str(uuid7()), "event_id": "tide", "gate": "North", "serial": serial}
        by_hand = await till.ask("POST", "/v1/admissions", body)
        assert by_hand.code == "serial_unknown"
        assert (await till.admit(till.signer.code(serial))).status == 201


async def test_batches_of_two_journals_never_mix(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        journal = till.opened.journal
        first = (await journal.read(lambda reader: reader.identity())).journal_id
        for _ in range(2):
            await till.opened.append()
        await _new_epoch(till)
        for _ in range(3):
            await till.opened.append()
        batches = [
            await journal.write(lambda writer: writer.begin_upload(9, 1 << 20)) for _ in range(3)
        ]
    assert [[row.sequence for row in batch] for batch in batches] == [[1, 2], [3, 4, 5], []]
    assert {row.journal_id for row in batches[0]} == {first}
    assert first not in {row.journal_id for row in batches[1]}
