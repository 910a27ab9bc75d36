"""Ids, places and links: a transaction counts once, and nothing that came is ever lost."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from kiosk_contracts.wire import canonical_hash
from tests.support.ticket_api import Caller, World, money
from tests.support.till import Till


def with_payload(sale: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an item whose payload was changed after it was sealed."""
    return {**sale, "payload": {**sale["payload"], **changes}}


async def test_the_same_transaction_again_gets_the_first_answer_and_is_counted_as_a_replay(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    sale = till.sale(serials, total=money("19.00"))
    (first,) = await kiosk.upload(till.journal_id, sale)
    api.clock.advance(days=400)

    second, third = await kiosk.upload(till.journal_id, sale, sale)

    assert (first["replayed"], second["replayed"], third["replayed"]) == (False, True, True)
    assert second == {**first, "replayed": True}
    assert (await api.line())["sold"] == 1
    assert (await api.body("transaction", first["txn_id"]))["replays"] == 2
    ledger = await api.ledger()
    assert (ledger["replays"], ledger["transactions"]["settled"]) == (2, 1)


async def test_another_payload_under_a_settled_id_is_quarantined_and_kept_aside(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    sale = till.sale(serials[:1])
    txn_id = sale["envelope"]["txn_id"]
    other = till.transaction("sale", till.sale(serials[1:])["payload"], txn_id=txn_id)
    tampered = with_payload(sale, receipt_number="HB1-1-000099")

    outcomes = await kiosk.upload(till.journal_id, sale, other, tampered, other)

    assert [each["code"] for each in outcomes] == ["", *["txn_payload_differs"] * 3]
    assert {each["txn_id"] for each in outcomes} == {txn_id}
    assert (await api.body("transaction", txn_id))["payload"] == sale["payload"]
    raw = await api.store.query("raw", str(till.journal_id))
    assert [item.body["reason"] for item in raw] == ["txn_payload_differs"] * 2
    assert {json.loads(item.body["item"])["payload"]["receipt_number"] for item in raw} == {
        other["payload"]["receipt_number"],
        "HB1-1-000099",
    }
    ledger = await api.ledger()
    # `other` has a number of its own; `tampered` is a second copy of what has settled.
    assert ledger["transactions"] == {"settled": 1, "quarantined": 1, "unreadable": 2}
    assert [each["txn_id"] for each in ledger["attention"]] == [txn_id] * 2
    assert all("settled" in each["detail"] for each in ledger["attention"])


async def test_a_damaged_payload_is_quarantined_until_the_whole_one_comes(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    sale = till.sale(serials)
    damaged = with_payload(sale, total=money("1.00"))

    refused, again, settled, late = await kiosk.upload(
        till.journal_id, damaged, damaged, sale, damaged
    )

    assert [refused["code"], again["code"]] == ["payload_hash_differs"] * 2
    assert (settled["status"], settled["flags"]) == ("settled", [])
    assert late["code"] == "txn_payload_differs"
    assert (await api.line())["gross"] == money("20.00")


async def test_a_whole_quarantined_transaction_is_never_replaced_by_a_damaged_one(
    api: World, kiosk: Caller, till: Till
) -> None:
    sale = till.sale(["0000000000"])

    outcomes = await kiosk.upload(till.journal_id, sale, with_payload(sale, total=money("1.00")))

    assert [each["code"] for each in outcomes] == ["serial_never_issued", "txn_payload_differs"]
    kept = await api.body("transaction", sale["envelope"]["txn_id"])
    assert kept["payload"] == sale["payload"]


async def test_an_id_of_another_journal_is_not_taken_over(
    api: World, kiosk: Caller, till: Till
) -> None:
    other = Till()
    quarantined = till.sale(["0000000000"])
    settled = till.shift()
    await kiosk.upload(till.journal_id, quarantined, settled)
    thefts = [
        other.transaction(
            each["envelope"]["kind"], each["payload"], txn_id=each["envelope"]["txn_id"]
        )
        for each in (quarantined, settled)
    ]

    outcomes = await api.kiosk("kiosk-b").upload(other.journal_id, *thefts)

    assert [each["code"] for each in outcomes] == ["txn_payload_differs"] * 2
    for mine in (quarantined, settled):
        kept = await api.body("transaction", mine["envelope"]["txn_id"])
        assert kept["kiosk_id"] == "kiosk-a"


async def test_a_place_in_the_journal_is_taken_once(api: World, kiosk: Caller, till: Till) -> None:
    fork = Till(till.journal_id)
    mine, rival = till.shift(), fork.shift()

    first, second = await kiosk.upload(till.journal_id, mine, rival)

    assert first["status"] == "settled"
    assert (second["status"], second["code"]) == ("quarantined", "sequence_taken")
    assert mine["envelope"]["txn_id"] in second["detail"]
    place = await api.body("sequence", till.journal_id, "000000000001")
    assert place["txn_id"] == mine["envelope"]["txn_id"]


async def test_of_two_that_claim_a_place_at_the_same_moment_one_has_it(
    api: World, kiosk: Caller, till: Till
) -> None:
    rivals = [Till(till.journal_id) for _ in range(6)]

    results = await asyncio.gather(
        *(kiosk.upload(till.journal_id, rival.shift()) for rival in rivals)
    )

    codes = sorted(outcome["code"] for (outcome,) in results)
    assert codes == ["", *["sequence_taken"] * 5]
    (line,) = (await api.ledger())["journals"]
    assert (line["settled"], line["quarantined"], line["sequence"]) == (1, 5, 1)


async def test_the_same_transaction_at_the_same_moment_counts_once(
    api: World, kiosk: Caller, till: Till
) -> None:
    sale = till.sale(await kiosk.serials(till.journal_id, 1))

    results = await asyncio.gather(*(kiosk.upload(till.journal_id, sale) for _ in range(6)))

    assert {outcome["status"] for (outcome,) in results} == {"settled"}
    assert sorted(outcome["replayed"] for (outcome,) in results) == [False, *[True] * 5]
    assert ((await api.line())["sold"], (await api.ledger())["replays"]) == (1, 5)


async def test_a_broken_link_is_flagged_on_whichever_neighbour_comes_second(
    kiosk: Caller, till: Till
) -> None:
    one = till.shift()
    two = till.shift("shift_paid_in")
    three = till.transaction("shift_paid_out", two["payload"], prev_hash="f" * 64)
    four = till.shift("shift_paid_in")

    outcomes = await kiosk.upload(till.journal_id, one, four, three, two)

    assert [each["status"] for each in outcomes] == ["settled"] * 4
    assert [each["flags"] for each in outcomes] == [[], [], [], ["chain_broken"]]


async def test_a_first_transaction_links_to_nothing(kiosk: Caller, till: Till) -> None:
    first = till.transaction(
        "shift_opened", till.shift()["payload"], sequence=1, prev_hash="1" * 64
    )

    (outcome,) = await kiosk.upload(till.journal_id, first)

    assert outcome["flags"] == ["chain_broken"]


async def test_a_gap_is_told_and_closes_without_a_flag(
    api: World, kiosk: Caller, till: Till
) -> None:
    one, two, three = till.shift(), till.shift("shift_paid_in"), till.shift("shift_paid_out")

    await kiosk.upload(till.journal_id, one, three)
    (journal,) = (await api.ledger())["journals"]
    assert (journal["sequence"], journal["missing"]) == (3, 1)

    (late,) = await kiosk.upload(till.journal_id, two)
    (journal,) = (await api.ledger())["journals"]
    assert (late["flags"], journal["missing"]) == ([], 0)


async def test_a_quarantined_transaction_leaves_no_gap_in_the_chain(
    api: World, kiosk: Caller, till: Till
) -> None:
    items = [till.shift(), till.sale(["0000000000"]), till.shift("shift_paid_in")]

    outcomes = await kiosk.upload(till.journal_id, *items)

    assert [each["status"] for each in outcomes] == ["settled", "quarantined", "settled"]
    assert outcomes[2]["flags"] == []
    head = (await kiosk.get(f"/v1/journals/{till.journal_id}")).body
    assert (head["sequence"], head["hash"]) == (3, items[2]["envelope"]["hash"])
    assert (await api.ledger())["journals"][0]["missing"] == 0


async def test_the_head_of_a_journal_tells_its_epoch_and_that_nothing_is_known_of_a_new_one(
    kiosk: Caller, till: Till
) -> None:
    fresh = (await kiosk.get(f"/v1/journals/{till.journal_id}")).body
    assert (fresh["epoch"], fresh["sequence"], fresh["hash"]) == (0, 0, "0" * 64)
    later = till.transaction("shift_opened", till.shift()["payload"], epoch=3)

    await kiosk.upload(till.journal_id, later)

    head = (await kiosk.get(f"/v1/journals/{till.journal_id}")).body
    assert (head["epoch"], head["sequence"]) == (3, later["envelope"]["sequence"])


async def test_a_payload_that_does_not_fit_its_kind_is_kept_whole_in_its_place(
    api: World, kiosk: Caller, till: Till
) -> None:
    item = till.transaction("sale", {"cashier_id": "ana"})

    (outcome,) = await kiosk.upload(till.journal_id, item)

    assert (outcome["status"], outcome["code"]) == ("quarantined", "payload_unreadable")
    assert "shift_id" in outcome["detail"] or "recorded" in outcome["detail"]
    assert (await api.body("transaction", outcome["txn_id"]))["payload"] == {"cashier_id": "ana"}
    assert (await api.ledger())["journals"][0]["missing"] == 0


async def test_control_characters_in_a_name_are_refused_with_the_field(
    kiosk: Caller, till: Till
) -> None:
    (outcome,) = await kiosk.upload(till.journal_id, till.admission("0000000000", "No\x07rth"))

    assert (outcome["status"], outcome["code"]) == ("quarantined", "payload_unreadable")
    assert "gate" in outcome["detail"]
    assert "control characters" in outcome["detail"]


async def test_unknown_kinds_and_fields_are_recorded_and_kept(
    api: World, kiosk: Caller, till: Till
) -> None:
    kinds = ["shift_opened", "shift_paid_in", "shift_paid_out", "shift_closed"]
    shifts = [till.shift(kind, colour="green") for kind in kinds]
    newer = till.transaction("gift_card", {"worth": "10.00", "nested": {"deep": [1, None]}})

    outcomes = await kiosk.upload(till.journal_id, *shifts, newer)

    assert [each["status"] for each in outcomes] == ["settled"] * 5
    assert [each["flags"] for each in outcomes] == [[], [], [], [], ["kind_unknown"]]
    kept = await api.body("transaction", newer["envelope"]["txn_id"])
    assert (kept["kind"], kept["payload"]) == ("gift_card", newer["payload"])
    kept = await api.body("transaction", shifts[0]["envelope"]["txn_id"])
    assert kept["payload"]["colour"] == "green"
    assert (await api.ledger())["kinds"] == {**dict.fromkeys(kinds, 1), "gift_card": 1}


async def test_an_item_of_another_journal_is_not_taken_in_this_ones_batch(
    api: World, kiosk: Caller, till: Till
) -> None:
    other = Till(uuid4())

    (outcome,) = await kiosk.upload(till.journal_id, other.shift())

    assert (outcome["status"], outcome["code"]) == ("quarantined", "journal_of_another_kiosk")
    (raw,) = await api.store.query("raw", str(till.journal_id))
    assert raw.body["reason"] == "journal_of_another_kiosk"


async def test_a_forged_envelope_does_not_take_a_place(kiosk: Caller, till: Till) -> None:
    honest = till.shift()
    forged = json.loads(json.dumps(honest))
    forged["envelope"]["txn_id"] = till.shift()["envelope"]["txn_id"]

    refused, settled = await kiosk.upload(till.journal_id, forged, honest)

    assert (refused["code"], settled["status"]) == ("payload_hash_differs", "settled")
    assert canonical_hash(forged["payload"]) == forged["envelope"]["payload_hash"]


async def test_a_sequence_beyond_twelve_digits_is_unreadable(kiosk: Caller, till: Till) -> None:
    item = till.transaction("shift_opened", till.shift()["payload"], sequence=10**12)

    (outcome,) = await kiosk.upload(till.journal_id, item)

    assert outcome["code"] == "payload_unreadable"
