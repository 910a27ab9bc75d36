"""Items that can't stand as transactions are kept as they came, counted, and told to a person."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.ticket_api import Caller, World
from tests.support.till import Till

UNREADABLE: list[Any] = [
    None,
    17,
    "text",
    [],
    {},
    {"envelope": "no"},
    {"envelope": {}, "payload": []},
]


@pytest.mark.parametrize("broken", UNREADABLE, ids=str)
async def test_an_unreadable_item_is_kept_as_it_came_and_the_rest_settle(
    api: World, kiosk: Caller, till: Till, broken: Any
) -> None:
    outcomes = await kiosk.upload(till.journal_id, broken, till.shift(), broken)

    assert [each["status"] for each in outcomes] == ["quarantined", "settled", "quarantined"]
    assert outcomes[0]["code"] == "payload_unreadable"
    (raw,) = await api.store.query("raw", str(till.journal_id))
    assert json.loads(raw.body["item"]) == broken
    ledger = await api.ledger()
    assert ledger["transactions"]["unreadable"] == 1
    assert [each["code"] for each in ledger["attention"]] == ["payload_unreadable"]


async def test_an_unreadable_item_is_answered_with_its_id_as_far_as_it_can_be_told(
    kiosk: Caller, till: Till
) -> None:
    item = till.shift()
    item["envelope"]["sequence"] = -1

    (outcome,) = await kiosk.upload(till.journal_id, item)

    assert (outcome["code"], outcome["txn_id"]) == (
        "payload_unreadable",
        item["envelope"]["txn_id"],
    )
    assert "sequence" in outcome["detail"]


@pytest.mark.parametrize("value", [1.5, "\ud800"], ids=["a float", "half a surrogate pair"])
async def test_a_payload_without_a_canonical_form_is_unreadable(
    api: World, kiosk: Caller, till: Till, value: Any
) -> None:
    item = till.shift()
    item["payload"]["odd"] = value

    (outcome,) = await kiosk.upload(till.journal_id, item)

    assert (outcome["status"], outcome["code"]) == ("quarantined", "payload_unreadable")
    (raw,) = await api.store.query("raw", str(till.journal_id))
    assert json.loads(raw.body["item"]) == item


async def test_the_raw_text_of_a_journal_row_is_kept_once_however_often_it_comes(
    api: World, kiosk: Caller, till: Till
) -> None:
    text = '{"envelope": {"txn_id": "0192f', "…the page ends here\x00"
    for _ in range(3):
        outcomes = await kiosk.upload(till.journal_id, *text)

    assert [(each["txn_id"], each["status"], each["code"]) for each in outcomes] == [
        (None, "quarantined", "payload_unreadable")
    ] * 2
    assert all(each["detail"] and each["hint"] for each in outcomes)
    raw = await api.store.query("raw", str(till.journal_id))
    assert {json.loads(each.body["item"]) for each in raw} == set(text)
    ledger = await api.ledger()
    assert ledger["transactions"] == {"settled": 0, "quarantined": 2, "unreadable": 2}
    (line,) = ledger["journals"]
    assert (line["quarantined"], line["unreadable"], line["missing"]) == (2, 2, 0)
    assert [(each["sequence"], each["kind"]) for each in ledger["attention"]] == [(None, "")] * 2


async def test_what_follows_an_item_without_a_number_settles_and_its_number_is_told_as_missing(
    api: World, kiosk: Caller, till: Till
) -> None:
    one, lost, three = till.shift(), till.shift("shift_paid_in"), till.shift("shift_paid_out")

    outcomes = await kiosk.upload(till.journal_id, one, json.dumps(lost)[:-40], three)

    assert [each["status"] for each in outcomes] == ["settled", "quarantined", "settled"]
    assert outcomes[2]["flags"] == []
    (line,) = (await api.ledger())["journals"]
    assert (line["sequence"], line["missing"], line["quarantined"]) == (3, 1, 1)


def broken(item: dict[str, Any], payload: Any) -> dict[str, Any]:
    """Return an item whose envelope is whole and whose payload is something else."""
    return {**item, "payload": payload}


@pytest.mark.parametrize("payload", [None, "half of it", {"odd": 1.5}], ids=str)
async def test_an_unreadable_item_whose_envelope_is_whole_leaves_no_gap_in_the_chain(
    api: World, kiosk: Caller, till: Till, payload: Any
) -> None:
    one, two, three = till.shift(), till.shift("shift_paid_in"), till.shift("shift_paid_out")

    outcomes = await kiosk.upload(till.journal_id, one, broken(two, payload), three)

    assert [each["status"] for each in outcomes] == ["settled", "quarantined", "settled"]
    assert (outcomes[1]["code"], outcomes[2]["flags"]) == ("payload_unreadable", [])
    ledger = await api.ledger()
    (line,) = ledger["journals"]
    assert (line["sequence"], line["missing"], line["quarantined"]) == (3, 0, 1)
    (entry,) = ledger["attention"]
    assert (entry["sequence"], entry["kind"]) == (2, "shift_paid_in")


async def test_an_unreadable_item_at_the_end_is_the_journals_head_if_its_envelope_is_whole(
    kiosk: Caller, till: Till
) -> None:
    one, two = till.shift(), till.shift("shift_paid_in")

    await kiosk.upload(till.journal_id, one, broken(two, None))

    head = (await kiosk.get(f"/v1/journals/{till.journal_id}")).body
    assert (head["sequence"], head["hash"]) == (2, two["envelope"]["hash"])


async def test_a_forged_envelope_of_an_unreadable_item_takes_no_number(
    api: World, kiosk: Caller, till: Till
) -> None:
    item = broken(till.shift(), None)
    item["envelope"] = {**item["envelope"], "sequence": 9}

    await kiosk.upload(till.journal_id, item)

    (line,) = (await api.ledger())["journals"]
    assert (line["sequence"], line["quarantined"]) == (0, 1)


async def test_an_item_that_was_unreadable_settles_in_its_number_once_it_comes_whole(
    api: World, kiosk: Caller, till: Till
) -> None:
    item = till.shift()
    await kiosk.upload(till.journal_id, broken(item, None))

    first, again = await kiosk.upload(till.journal_id, item, item)

    assert (first["status"], first["flags"], again["replayed"]) == ("settled", [], True)
    ledger = await api.ledger()
    assert ledger["transactions"] == {"settled": 1, "quarantined": 0, "unreadable": 1}
    assert ledger["journals"][0]["missing"] == 0


async def test_an_item_that_was_unreadable_and_is_then_refused_waits_once(
    api: World, kiosk: Caller, till: Till
) -> None:
    item = till.sale(["0000000000"])

    await kiosk.upload(till.journal_id, broken(item, None), item, item)

    transactions = (await api.ledger())["transactions"]
    assert transactions == {"settled": 0, "quarantined": 1, "unreadable": 1}


@pytest.mark.parametrize("payload", [None, {"cashier_id": "ana"}, {"odd": 1.5}], ids=str)
async def test_a_broken_copy_of_what_has_settled_is_kept_and_counts_as_nothing_more(
    api: World, kiosk: Caller, till: Till, payload: Any
) -> None:
    item = till.shift()
    await kiosk.upload(till.journal_id, item)

    (outcome,) = await kiosk.upload(till.journal_id, broken(item, payload))

    assert (outcome["status"], outcome["txn_id"]) == ("quarantined", item["envelope"]["txn_id"])
    ledger = await api.ledger()
    assert ledger["transactions"] == {"settled": 1, "quarantined": 0, "unreadable": 1}
    assert len(ledger["attention"]) == 1
    kept = await api.body("transaction", item["envelope"]["txn_id"])
    assert (kept["status"], kept["payload"]) == ("settled", item["payload"])


async def test_an_id_of_another_journal_waits_under_its_own_number(
    api: World, kiosk: Caller, till: Till
) -> None:
    mine = till.shift()
    await kiosk.upload(till.journal_id, mine)
    other = Till()
    theft = other.transaction("shift_opened", mine["payload"], txn_id=mine["envelope"]["txn_id"])
    unplaced = {**theft, "envelope": {**theft["envelope"], "hash": "0" * 64}}

    await api.kiosk("kiosk-b").upload(other.journal_id, unplaced, theft)

    (line,) = [
        each
        for each in (await api.ledger())["journals"]
        if each["journal_id"] == str(other.journal_id)
    ]
    assert (line["settled"], line["quarantined"], line["unreadable"]) == (0, 2, 2)
    assert (line["sequence"], line["missing"]) == (1, 0)


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["\ud800", "0192f0c1-7b1e-7000-8000-000000000000"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["envelope", "payload", "personal", "txn_id", "sequence"]) | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(items=st.lists(ANY_JSON, min_size=1, max_size=3))
async def test_whatever_json_comes_is_answered_in_its_position_and_what_follows_settles(
    kiosk: Caller, items: list[Any]
) -> None:
    till = Till()

    outcomes = await kiosk.upload(till.journal_id, *items, till.shift())

    assert [each["code"] for each in outcomes] == [*["payload_unreadable"] * len(items), ""]
