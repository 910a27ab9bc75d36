"""What the store enforces whoever writes: a serial once, a number of a journal once, and sizes."""

import asyncio
from typing import Any

import pytest

from cloud_store.port import Absent, ConditionFailedError, Key, Put
from cloud_store.sqlite import SqliteStore
from kiosk_contracts.serials import format_serial
from tests.support.ticket_api import EVENT, Caller, World
from tests.support.till import Till


async def test_a_serial_is_drawn_once_whoever_draws_it(
    api: World, kiosk: Caller, till: Till
) -> None:
    (serial,) = await kiosk.serials(till.journal_id, 1)
    before = await api.body("serial", serial)

    with pytest.raises(ConditionFailedError) as refused:
        await api.store.commit(
            [Put(Key("serial", serial), {"of": "another"}, Absent()), *_beside("x")]
        )

    assert refused.value.key == Key("serial", serial)
    assert await api.body("serial", serial) == before
    assert await api.store.get(Key("beside", "x")) is None


async def test_a_number_of_a_journal_is_taken_once(api: World, kiosk: Caller, till: Till) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    (settled,) = await kiosk.upload(till.journal_id, till.sale(serials))
    place = Key("sequence", str(till.journal_id), f"{1:012d}")
    item = await api.store.get(place)
    assert item is not None
    assert item.body["txn_id"] == settled["txn_id"]

    with pytest.raises(ConditionFailedError) as refused:
        await api.store.commit([Put(place, {"txn_id": "another"}, Absent()), *_beside("x")])

    assert refused.value.key == place
    assert await api.store.get(place) == item


async def test_a_sale_that_comes_by_many_ways_at_once_counts_once(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 3)
    sale = till.sale(serials)

    answers = await asyncio.gather(*(kiosk.upload(till.journal_id, sale) for _ in range(6)))

    outcomes = [outcome for (outcome,) in answers]
    settled = [each for each in outcomes if each["status"] == "settled"]
    assert {each["status"] for each in outcomes} <= {"settled", "retry"}
    assert [each["replayed"] for each in settled].count(False) == 1
    line = await api.line()
    assert (line["sold"], line["taken"]) == (3, 3)


async def test_kiosks_that_sell_one_type_at_once_keep_nobody_waiting(
    api: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kiosk sells is written under its own journal: nothing of it is another's, too."""
    monkeypatch.setattr("core_services.ticket_api.transactions.service.ATTEMPTS", 1)
    callers = [(api.kiosk(f"kiosk-{name}"), Till()) for name in "abcdef"]
    sales = [
        [till.sale([serial]) for serial in await caller.serials(till.journal_id, 5)]
        for caller, till in callers
    ]

    answers = await asyncio.gather(
        *(
            caller.upload(till.journal_id, *items)
            for (caller, till), items in zip(callers, sales, strict=True)
        )
    )

    assert {each["status"] for outcomes in answers for each in outcomes} == {"settled"}
    assert (await api.line())["sold"] == 30


async def test_gates_of_one_venue_that_send_at_once_keep_nobody_waiting(
    api: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed's last cursor is one record: at one ticket API they have it one after the other."""
    monkeypatch.setattr("core_services.ticket_api.transactions.service.ATTEMPTS", 1)
    gates = [(api.kiosk(f"kiosk-{name}"), Till()) for name in "abcdef"]
    unknown = [format_serial(number) for number in range(1, 31)]

    answers = await asyncio.gather(
        *(
            caller.upload(
                till.journal_id, *(till.admission(one) for one in unknown[place * 5 :][:5])
            )
            for place, (caller, till) in enumerate(gates)
        )
    )

    assert {each["status"] for outcomes in answers for each in outcomes} == {"settled"}
    entries = (await api.kiosk().get("/v1/gate-feed")).body["entries"]
    assert [each["cursor"] for each in entries] == list(range(1, 31))


async def test_of_two_contents_of_one_id_at_once_one_settles(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    sale = till.sale(serials[:1])
    txn_id = sale["envelope"]["txn_id"]
    other = till.transaction("sale", till.sale(serials[1:])["payload"], txn_id=txn_id)

    await asyncio.gather(*(kiosk.upload(till.journal_id, each) for each in (sale, other)))
    again = await kiosk.upload(till.journal_id, sale, other)

    assert sorted(each["status"] for each in again) == ["quarantined", "settled"]
    assert [each["code"] for each in again if each["code"]] == ["txn_payload_differs"]
    assert (await api.line())["sold"] == 1


async def test_more_than_one_item_can_hold_is_refused_for_good_where_the_store_has_a_bound(
    api: World, kiosk: Caller, till: Till
) -> None:
    """The kiosk halves a batch that is refused so, until the one to blame stands alone."""
    serials = await kiosk.serials(till.journal_id, 1)
    large: dict[str, Any] = {**till.shift(), "payload": "x" * 450_000}
    body = {"journal_id": str(till.journal_id), "items": [till.sale(serials), large]}

    answer = await kiosk.post("/v1/transactions", body)

    if isinstance(api.store, SqliteStore):
        assert [each["status"] for each in answer.body["outcomes"]] == ["settled", "quarantined"]
        return
    assert (answer.status, answer.code) == (413, "body_too_large")
    assert answer.body["retryable"] is False
    assert "the store takes 400,000" in answer.body["detail"]
    (outcome,) = await kiosk.upload(till.journal_id, body["items"][0])
    assert outcome["status"] == "settled"
    assert (await api.line())["sold"] == 1


async def test_a_full_allotment_and_the_largest_sale_fit_any_store(api: World, till: Till) -> None:
    """500 tickets are the most that one request may ask for; each has its signed code."""
    kiosk = api.kiosk()
    serials = await kiosk.serials(till.journal_id, 60)
    item = await api.store.query("journal_allotment", str(till.journal_id))
    allotment = await api.body("allotment", item[0].key.sk.rpartition("/")[2])
    assert len(str(allotment)) / len(serials) * 500 < 200_000
    (outcome,) = await kiosk.upload(till.journal_id, till.sale(serials))
    assert outcome["status"] == "settled"
    assert (await api.body("inventory", EVENT, "adult"))["taken"] == 60


def _beside(name: str) -> list[Put]:
    return [Put(Key("beside", name), {}, Absent())]
