"""The walk over a journal says where it breaks first, and on which side."""

from dataclasses import replace
from uuid import uuid4

import pytest
from uuid6 import uuid7

from kiosk_agent.domain.chain import ChainWalk, compare, missing_here
from kiosk_agent.domain.records import JournalRow, Unreadable
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.transactions import FIRST_PREV_HASH, Envelope, Transaction
from kiosk_contracts.verifying import JournalEntry
from tests.support.journal import at

JOURNAL = uuid4()


def rows_of(count: int) -> list[JournalRow]:
    """Return a sound journal of settled sales."""
    rows: list[JournalRow] = []
    head = FIRST_PREV_HASH
    for number in range(1, count + 1):
        row = _row(number, head)
        head = row.readable().envelope.hash
        rows.append(row)
    return rows


def _row(number: int, prev_hash: str, receipt: str = "") -> JournalRow:
    receipt = receipt or f"HB1-1-{number:06d}"
    payload = {"receipt_number": receipt}
    envelope = Envelope.seal(
        txn_id=uuid7(),
        journal_id=JOURNAL,
        epoch=1,
        sequence=number,
        kind="sale",
        payload=payload,
        prev_hash=prev_hash,
    )
    return JournalRow(
        sequence=number,
        txn_id=envelope.txn_id,
        kind="sale",
        transaction=Transaction(envelope=envelope, payload=dict(payload)),
        state=JournalState.SETTLED,
        receipt_number=receipt,
        recorded_at=at("19:00:00"),
        offline=False,
        request_hash="",
        answer=None,
        depends_on=None,
        attempts=1,
        first_refused_at=None,
        settled_at=None,
        outcome=None,
    )


def walked(rows: list[JournalRow], head: tuple[int, str] | None = None) -> list[tuple[int, str]]:
    walk = ChainWalk()
    found = [one for row in rows for one in walk.step(row)]
    last = (walk.last, rows[-1].readable().envelope.hash) if rows else (0, FIRST_PREV_HASH)
    found += walk.end(head or last)
    assert walk.checked == len(rows)
    return [(one.sequence, one.kind) for one in found]


def test_a_sound_journal_has_no_break() -> None:
    assert walked(rows_of(5)) == []
    assert walked([]) == []


def test_a_changed_payload_is_damaged_and_harms_no_other() -> None:
    rows = rows_of(4)
    changed = rows[1].readable().model_copy(update={"payload": {"receipt_number": "x"}})
    rows[1] = replace(rows[1], transaction=changed)
    assert walked(rows) == [(2, "damaged")]


def test_a_payload_without_canonical_form_is_damaged() -> None:
    rows = rows_of(3)
    changed = rows[1].readable().model_copy(update={"payload": {"weight": 0.5}})
    rows[1] = replace(rows[1], transaction=changed)
    assert walked(rows) == [(2, "damaged")]


def test_an_unreadable_record_is_damaged_and_what_follows_is_checked_by_itself() -> None:
    rows = rows_of(4)
    rows[1] = replace(rows[1], transaction=Unreadable("…"))
    assert walked(rows) == [(2, "damaged")]


def test_a_record_under_another_number_or_id_is_damaged() -> None:
    rows = rows_of(2)
    rows[1] = replace(rows[1], txn_id=uuid7())
    assert walked(rows) == [(2, "damaged")]


def test_another_receipt_number_in_the_list_is_damage() -> None:
    rows = rows_of(1)
    rows[0] = replace(rows[0], receipt_number="HB1-1-000007")
    assert walked(rows) == [(1, "damaged")]


def test_a_record_that_was_put_in_later_does_not_link() -> None:
    rows = rows_of(4)
    rows[1] = _row(2, FIRST_PREV_HASH)
    assert walked(rows) == [(2, "unlinked"), (3, "unlinked")]


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_record_that_is_gone_leaves_a_gap(gone: int) -> None:
    rows = rows_of(4)
    del rows[gone]
    kinds = [(gone + 1, "missing_here")]
    if gone:
        kinds.append((gone + 2, "receipt_gap"))
    assert walked(rows) == kinds


def test_several_that_are_gone_are_named_as_a_range() -> None:
    rows = rows_of(5)
    walk = ChainWalk()
    found = [one for row in (rows[0], rows[4]) for one in walk.step(row)]
    assert found[0].words == "#2 to #4 is missing in this kiosk's journal."


def test_records_that_end_before_the_journals_own_note_are_missing() -> None:
    rows = rows_of(3)
    assert walked(rows, (5, "0" * 64)) == [(4, "missing_here")]
    assert walked(rows, (3, "0" * 64)) == [(3, "unlinked")]


def test_a_receipt_number_that_repeats_is_a_break_and_a_new_epoch_begins_anew() -> None:
    rows = rows_of(2)
    head = rows[1].readable().envelope.hash
    assert walked([*rows, _row(3, head, receipt="HB1-1-000002")]) == [(3, "receipt_gap")]
    assert walked([*rows, _row(3, head, receipt="HB1-2-000001")]) == []


def entry_of(row: JournalRow, **changes: object) -> JournalEntry:
    fields = {
        "sequence": row.sequence,
        "txn_id": row.txn_id,
        "hash": row.readable().envelope.hash,
        "status": "settled",
        **changes,
    }
    return JournalEntry.model_validate(fields)


@pytest.mark.parametrize(
    ("state", "changes", "kind"),
    [
        ("settled", {}, None),
        ("settled", None, "missing_there"),
        ("queued", None, None),
        ("queued", {}, None),
        ("quarantined", {"status": "quarantined"}, None),
        ("settled", {"status": "quarantined"}, "differs"),
        ("settled", {"status": "kept"}, "differs"),
        ("settled", {"hash": "0" * 64}, "differs"),
        ("queued", {"hash": "0" * 64}, "differs"),
        ("quarantined", {"txn_id": uuid7()}, "number_taken"),
    ],
)
def test_a_record_is_compared_with_what_the_ticket_api_has(
    state: str, changes: dict[str, object] | None, kind: str | None
) -> None:
    row = replace(rows_of(1)[0], state=JournalState(state))
    entries = {} if changes is None else {1: entry_of(row, **changes)}
    assert [one.kind for one in compare([row], entries)] == ([kind] if kind else [])


def test_what_the_ticket_api_has_and_this_journal_does_not_is_missing_here() -> None:
    row = rows_of(1)[0]
    [found] = missing_here([entry_of(row)])
    assert (found.sequence, found.kind) == (1, "missing_here")
    assert "older copy" in found.words
