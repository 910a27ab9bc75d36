"""A row whose text was damaged harms itself alone: it is sent as it is, and shown as stuck."""

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.domain.records import Unreadable
from kiosk_contracts.personal import Buyer, PersonalData
from kiosk_contracts.problem import ProblemError
from tests.support.journal import OpenJournal, damage, journal_in


async def _outgoing(opened: OpenJournal) -> list[Any]:
    rows = await opened.journal.write(lambda writer: writer.begin_upload(9, 1 << 20))
    return [row.item for row in rows]


def _text_of(item: Any) -> str:
    assert isinstance(item, str)
    return item


@pytest.mark.parametrize(
    ("column", "text", "kept"),
    [
        ("envelope", b'{"txn_id":', '{"envelope":{"txn_id":,"payload":'),
        ("payload", b"", '"payload":,"personal":null}'),
        ("payload", b'{"gate":"No\xffth"}', '"gate":"No\ufffdth"'),
        ("payload", b'{"gate":"\\ud800"}', '"gate":"\\ud800"'),
        ("payload", b'{"gate":NaN}', '"gate":NaN'),
        ("payload", b"[" * 5000 + b"]" * 5000, "[[[[["),
    ],
)
async def test_what_is_not_json_is_sent_as_the_text_that_is_left(
    tmp_path: Path, column: str, text: bytes, kept: str
) -> None:
    async with journal_in(tmp_path) as opened:
        for _ in range(3):
            await opened.append()
        damage(opened.path, column, text)
        first, damaged, last = await _outgoing(opened)
    assert kept in _text_of(damaged)
    assert [first["envelope"]["sequence"], last["envelope"]["sequence"]] == [1, 3]


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [("envelope", b"null", None), ("envelope", b'{"sequence":2}', {"sequence": 2})],
)
async def test_json_that_is_no_transaction_is_sent_as_its_value(
    tmp_path: Path, column: str, text: bytes, value: object
) -> None:
    async with journal_in(tmp_path) as opened:
        rows = [await opened.append() for _ in range(2)]
        damage(opened.path, column, text)
        _, damaged = await _outgoing(opened)
        assert damaged == {
            column: value,
            "payload": rows[1].readable().payload,
            "personal": None,
        }


async def test_a_buyers_name_is_never_in_what_is_kept_for_good(tmp_path: Path) -> None:
    personal = PersonalData(salt="0" * 32, buyer=Buyer(name="Eve Adams"))
    async with journal_in(tmp_path) as opened:
        for _ in range(2):
            await opened.append(personal=personal)
        damage(opened.path, "envelope", b"{}")
        whole, damaged = await _outgoing(opened)
    assert whole["personal"]["buyer"]["name"] == "Eve Adams"
    assert damaged["personal"] is None
    assert "Eve" not in json.dumps(damaged)


async def test_a_damaged_buyer_does_not_hold_up_the_sale(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        rows = [await opened.append() for _ in range(2)]
        damage(opened.path, "personal", b'{"buyer":')
        _, sent = await _outgoing(opened)
    assert sent["envelope"] == rows[1].readable().envelope.to_json()


async def test_a_damaged_row_is_found_and_says_that_it_can_not_be_read(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        txn_ids = [(await opened.append()).txn_id for _ in range(2)]
        damage(opened.path, "payload", b"{")
        newest, _ = await opened.journal.read(lambda reader: reader.rows_page(before=None, limit=9))
        found = await opened.journal.read(lambda reader: reader.row(txn_ids[1]))
    assert found == newest
    assert (newest.sequence, newest.txn_id, newest.kind) == (2, txn_ids[1], "admission")
    assert isinstance(newest.transaction, Unreadable)
    for read in (newest.readable, newest.read_payload):
        with pytest.raises(ProblemError) as caught:
            read()
        assert (caught.value.code, caught.value.problem.status) == ("journal_damaged", 500)


async def test_a_payload_that_does_not_fit_its_kind_can_not_be_read_either(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        row = await opened.append(kind="sale")
        assert row.readable().payload == {"cashier_id": "ana", "gate": "North"}
        with pytest.raises(ProblemError, match="damaged"):
            row.read_payload()


@pytest.mark.parametrize("personal", [None, PersonalData(salt="0" * 32, buyer=Buyer(name="Eve"))])
@pytest.mark.parametrize("payload", [b"null", b"17", b"{", b'{"gate":NaN}', b"{}"])
async def test_a_damaged_row_is_the_same_however_it_leaves(
    tmp_path: Path, payload: bytes, personal: PersonalData | None
) -> None:
    async with journal_in(tmp_path) as opened:
        await opened.append(personal=personal)
        damage(opened.path, "payload", payload)
        [sent] = await _outgoing(opened)
        [row] = await opened.journal.read(lambda reader: reader.rows_page(before=None, limit=9))
    assert row.transaction.to_json() == sent, "the far side keeps it raw, by its bytes, once"
