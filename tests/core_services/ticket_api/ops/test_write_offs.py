"""Write-offs: unsold serials revoked and their places freed, once, at a risk that was accepted."""

from uuid import uuid4

import pytest

from cloud_store.port import Key, StoreError
from core_services.ticket_api.ops.write_offs import WriteOffService
from kiosk_contracts.allotments import WriteOff
from tests.support.faulty_store import FaultyStore
from tests.support.ticket_api import EVENT, Caller, World, event
from tests.support.till import Till

BOX = {"ticket_type_id": "box"}


async def revoked(kiosk: Caller) -> list[str]:
    """Return the serials that the gates are told are revoked, in their order."""
    entries = (await kiosk.get("/v1/gate-feed?limit=1000")).body["entries"]
    assert [entry["cursor"] for entry in entries] == list(range(1, len(entries) + 1))
    assert {(entry["fact"], entry["reason"]) for entry in entries} <= {("revoked", "written_off")}
    return [entry["serial"] for entry in entries]


async def test_what_a_journal_holds_unsold_is_revoked_freed_and_told_to_the_gates(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 5)
    box = await kiosk.serials(till.journal_id, 1, **BOX)
    await kiosk.upload(till.journal_id, till.sale(serials[:2]), till.give_back(serials[2:3]))

    answer = await api.write_off(till.journal_id)

    assert answer.status == 200
    assert sorted(answer.body["serials"]) == sorted([*serials[3:], *box])
    assert await revoked(kiosk) == answer.body["serials"]
    assert ((await api.line())["taken"], (await api.line("box"))["taken"]) == (2, 0)
    holding = await api.body("holding", "kiosk-a", f"{EVENT}/adult")
    assert holding["leased"] == 0
    kept = await api.body("write_off", answer.body["request_id"])
    assert sorted(kept["serials"]) == sorted(answer.body["serials"])
    assert (kept["operator"], kept["reason"], kept["kiosk_id"]) == (
        "olga",
        "kiosk stolen",
        "kiosk-a",
    )


async def test_without_the_risk_accepted_nothing_happens_and_the_risk_is_said(
    api: World, kiosk: Caller, till: Till
) -> None:
    await kiosk.serials(till.journal_id, 2)
    before = api.everything()

    answer = await api.write_off(till.journal_id, risk_accepted=False)

    assert (answer.status, answer.code) == (422, "risk_not_accepted")
    assert "given out twice" in answer.body["detail"]
    assert "risk_accepted" in answer.body["hint"]
    assert api.everything() == before


async def test_the_same_order_again_changes_nothing_and_is_answered_as_at_first(
    api: World, kiosk: Caller, till: Till
) -> None:
    await kiosk.serials(till.journal_id, 3)
    order = {"request_id": str(uuid4())}
    first = await api.write_off(till.journal_id, **order)
    fresh = await kiosk.serials(till.journal_id, 2)
    before = api.everything()

    again = await api.write_off(till.journal_id, **order)

    assert (again.status, again.body) == (200, first.body)
    assert not set(fresh) & set(again.body["serials"])
    assert api.everything() == before


@pytest.mark.parametrize(
    "change", [{"journal_id": "0d6ea4ce-24f7-4bd4-8d37-1c70dd4b1f5c"}, {"event_id": EVENT}]
)
async def test_another_order_under_a_known_id_is_refused(
    api: World, kiosk: Caller, till: Till, change: dict[str, str]
) -> None:
    await kiosk.serials(till.journal_id, 1)
    order = {"request_id": str(uuid4())}
    await api.write_off(till.journal_id, **order)
    before = api.everything()

    answer = await api.write_off(till.journal_id, **order, **change)

    assert (answer.status, answer.code) == (422, "txn_payload_differs")
    assert answer.body["hint"]
    assert api.everything() == before


async def test_a_journal_that_nobody_knows_can_not_be_written_off(api: World) -> None:
    before = api.everything()

    answer = await api.write_off(Till().journal_id)

    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.body["hint"]
    assert api.everything() == before


async def test_a_journal_that_holds_nothing_gives_up_nothing(
    api: World, kiosk: Caller, till: Till
) -> None:
    await kiosk.upload(till.journal_id, till.shift())

    answer = await api.write_off(till.journal_id)

    assert (answer.status, answer.body["serials"]) == (200, [])


@pytest.mark.parametrize("name", [f"{EVENT}-2", "aida", "winter"])
async def test_only_the_event_that_is_named_is_written_off(
    api: World, kiosk: Caller, till: Till, name: str
) -> None:
    await api.ops().put(f"/v1/ops/events/{name}", event(name, event_no=102).to_json())
    mine = await kiosk.serials(till.journal_id, 2)
    other = await kiosk.serials(till.journal_id, 2, event_id=name)

    answer = await api.write_off(till.journal_id, event_id=EVENT)

    assert sorted(answer.body["serials"]) == sorted(mine)
    assert (await api.line("adult", name))["taken"] == 2
    rest = await api.write_off(till.journal_id)
    assert sorted(rest.body["serials"]) == sorted(other)


async def test_many_grants_and_serials_are_written_off_whole(
    api: World, kiosk: Caller, till: Till
) -> None:
    rule = {"per_kiosk": 1000, "keep_back": 0, "top_up_below": 10}
    big = event("stadium", event_no=103, stock_rule=rule)
    types = [{**big.ticket_types[0].to_json(), "capacity": 1000}, big.ticket_types[1].to_json()]
    await api.ops().put("/v1/ops/events/stadium", {**big.to_json(), "ticket_types": types})
    serials = [
        serial
        for _ in range(101)
        for serial in await kiosk.serials(till.journal_id, 1, event_id="stadium")
    ]
    other = await kiosk.serials(till.journal_id, 1)
    small = await api.write_off(till.journal_id, event_id=EVENT)
    assert small.body["serials"] == other

    answer = await api.write_off(till.journal_id, event_id="stadium")

    assert sorted(answer.body["serials"]) == sorted(serials)
    assert sorted(await revoked(kiosk)) == sorted([*other, *serials])
    assert (await api.line("adult", "stadium"))["taken"] == 0


async def test_a_write_off_that_breaks_off_is_finished_by_the_same_order(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 50)
    faulty = FaultyStore(api.store)
    faulty.fail_commits_after(2)
    service = WriteOffService(faulty, api.clock)
    order = _order(till)

    with pytest.raises(StoreError):
        await service.write_off(order)
    assert (faulty.failed, (await api.line())["taken"]) == (1, 30)
    faulty.heal()
    result = await service.write_off(order)

    assert sorted(result.serials) == sorted(serials)
    assert sorted(await revoked(kiosk)) == sorted(serials)
    assert (await api.line())["taken"] == 0


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_write_off_whose_answer_is_lost_frees_each_place_once(
    api: World, kiosk: Caller, till: Till, lost: int
) -> None:
    await kiosk.serials(till.journal_id, 10)
    faulty = FaultyStore(api.store)
    service, order = WriteOffService(faulty, api.clock), _order(till)
    for _ in range(lost):
        faulty.lose_answers(1)
        with pytest.raises(StoreError):
            await service.write_off(order)
    assert faulty.failed == lost

    result = await service.write_off(order)

    assert len(result.serials) == 10
    assert (await api.line())["taken"] == 0
    assert len(await revoked(kiosk)) == 10


async def test_a_serial_whose_sale_settles_in_the_meantime_is_not_revoked(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 3)
    faulty = FaultyStore(api.store)
    service, order = WriteOffService(faulty, api.clock), _order(till)
    faulty.lose_answers(1)
    with pytest.raises(StoreError):
        await service.write_off(order)
    (sold,) = await kiosk.upload(till.journal_id, till.sale(serials[:1]))

    result = await service.write_off(order)

    assert (sold["status"], sold["flags"]) == ("settled", [])
    assert sorted(result.serials) == sorted(serials[1:])
    assert ((await api.line())["taken"], (await api.line())["sold"]) == (1, 1)


async def test_a_freed_place_gets_a_new_serial_and_a_signed_serial_is_never_issued_again(
    api: World, kiosk: Caller
) -> None:
    issued: list[str] = []
    for _ in range(4):
        till = Till()
        serials = await kiosk.serials(till.journal_id, 5, **BOX)
        assert len(serials) == 5
        issued += serials
        await api.write_off(till.journal_id)

    assert len(set(issued)) == 20
    kept = await api.store.get_many([Key("serial", serial) for serial in issued])
    assert {item.body["state"] for item in kept if item} == {"written_off"}
    assert (await api.line("box"))["taken"] == 0


async def test_a_kiosk_that_had_sold_settles_flagged_also_where_its_place_was_given_out_again(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 5, **BOX)
    await api.write_off(till.journal_id)
    await api.kiosk("kiosk-b").serials(Till().journal_id, 4, **BOX)

    outcomes = await kiosk.upload(
        till.journal_id, till.sale(serials[:1], "box"), till.sale(serials[1:2], "box")
    )

    assert [each["status"] for each in outcomes] == ["settled", "settled"]
    assert [each["flags"] for each in outcomes] == [
        ["serial_written_off"],
        ["over_capacity", "serial_written_off"],
    ]
    assert (await api.line("box"))["taken"] == 6
    assert sorted(each["sequence"] for each in (await api.ledger())["attention"]) == [1, 2]


async def test_stock_that_was_written_off_and_comes_back_frees_no_place_twice(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 3)
    await api.write_off(till.journal_id)

    (outcome,) = await kiosk.upload(till.journal_id, till.give_back(serials))

    assert (outcome["status"], outcome["flags"]) == ("settled", ["serial_written_off"])
    assert (await api.line())["taken"] == 0
    assert (await api.body("holding", "kiosk-a", f"{EVENT}/adult"))["leased"] == 0


async def test_stock_comes_back_once(api: World, kiosk: Caller, till: Till) -> None:
    serials = await kiosk.serials(till.journal_id, 3)
    first, second = till.give_back(serials[:2]), till.give_back([*serials, serials[2]])

    outcomes = await kiosk.upload(till.journal_id, first, second, second)

    assert [each["flags"] for each in outcomes] == [[], ["serial_returned"], ["serial_returned"]]
    assert (await api.line())["taken"] == 0
    assert (await api.body("holding", "kiosk-a", f"{EVENT}/adult"))["leased"] == 0


@pytest.mark.parametrize("whose", ["another journal", "nobody", "a buyer"])
async def test_only_unsold_serials_of_the_journal_come_back(
    api: World, kiosk: Caller, till: Till, whose: str
) -> None:
    mine = await kiosk.serials(till.journal_id, 2)
    match whose:
        case "another journal":
            strange = await api.kiosk("kiosk-b").serials(Till().journal_id, 1)
        case "nobody":
            strange = ["0000000000"]
        case _:
            strange = mine[1:]
            await kiosk.upload(till.journal_id, till.sale(strange))
    before = await api.line()

    (outcome,) = await kiosk.upload(till.journal_id, till.give_back([mine[0], *strange]))

    assert outcome["status"] == "quarantined"
    assert (
        outcome["code"]
        == {
            "another journal": "serial_leased_elsewhere",
            "nobody": "serial_never_issued",
            "a buyer": "serial_already_sold",
        }[whose]
    )
    assert await api.line() == before


async def test_stock_that_comes_back_under_another_type_is_freed_where_it_belongs_and_flagged(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)

    (outcome,) = await kiosk.upload(till.journal_id, till.give_back(serials, **BOX))

    assert (outcome["status"], outcome["flags"]) == ("settled", ["type_differs"])
    assert ((await api.line())["taken"], (await api.line("box"))["taken"]) == (0, 0)


def _order(till: Till) -> WriteOff:
    return WriteOff(
        request_id=uuid4(),
        journal_id=till.journal_id,
        operator="olga",
        reason="kiosk stolen",
        risk_accepted=True,
    )
