"""Admissions and exits are facts: always recorded; contradictions are reported."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.support.ticket_api import EVENT, NOW, Caller, World
from tests.support.till import Till


@pytest.fixture
async def serial(kiosk: Caller, till: Till) -> str:
    """Sell a ticket."""
    (serial,) = await kiosk.serials(till.journal_id, 1)
    (outcome,) = await kiosk.upload(till.journal_id, till.sale([serial]))
    assert outcome["status"] == "settled"
    return serial


async def test_an_admission_is_recorded_and_told_to_the_other_gates(
    api: World, kiosk: Caller, till: Till, serial: str
) -> None:
    (outcome,) = await kiosk.upload(till.journal_id, till.admission(serial, "North"))

    assert (outcome["status"], outcome["flags"]) == ("settled", [])
    (entry,) = (await api.kiosk("kiosk-b").get("/v1/gate-feed")).body["entries"]
    assert (entry["fact"], entry["serial"], entry["gate"]) == ("admitted", serial, "North")
    assert (entry["kiosk_id"], entry["event_id"]) == ("kiosk-a", EVENT)


async def test_an_admission_that_a_manager_approved_settles_and_is_kept_whole(
    api: World, kiosk: Caller, till: Till
) -> None:
    said = {"approved_by": "mara", "reason": "showed the order mail"}
    admission = till.admission("000001YG0H", "North", **said)
    (outcome,) = await kiosk.upload(till.journal_id, admission)

    assert (outcome["status"], outcome["flags"]) == ("settled", ["serial_unknown"])
    kept = (await api.body("transaction", admission["envelope"]["txn_id"]))["payload"]
    assert {key: kept[key] for key in said} == said


async def test_two_gates_that_admit_one_ticket_make_a_conflict_that_names_both(
    api: World, kiosk: Caller, till: Till, serial: str
) -> None:
    other, kiosk_b = Till(), api.kiosk("kiosk-b")
    earlier = NOW - timedelta(minutes=2)
    (first,) = await kiosk.upload(till.journal_id, till.admission(serial, "North"))
    second_admission = other.admission(serial, "South", at=earlier)
    (second,) = await kiosk_b.upload(other.journal_id, second_admission)

    assert (first["flags"], second["status"]) == ([], "settled")
    assert second["flags"] == ["gate_conflict"]
    for words in ("North", "South", "kiosk-a", "kiosk-b", "18:00:00", "17:58:00"):
        assert words in second["detail"]
    kept = await api.body("admission", EVENT, serial)
    assert (kept["first"]["gate"], kept["inside"]) == ("North", True)
    assert [each["gate"] for each in kept["conflicts"]] == ["South"]
    ledger = await api.ledger()
    (entry,) = ledger["attention"]
    assert entry["conflict"]["first"]["gate"] == "North"
    assert entry["conflict"]["second"]["gate"] == "South"
    assert ledger["flags"] == {"gate_conflict": 1}
    # The admission that stands is told to gates once.
    assert len((await kiosk.get("/v1/gate-feed")).body["entries"]) == 1


async def test_who_left_may_come_back_and_leaving_without_being_inside_is_flagged(
    api: World, kiosk: Caller, till: Till, serial: str
) -> None:
    outcomes = await kiosk.upload(
        till.journal_id,
        till.exit(serial),
        till.admission(serial),
        till.exit(serial),
        till.exit(serial),
        till.admission(serial, "South"),
    )

    assert [each["flags"] for each in outcomes] == [["not_inside"], [], [], ["not_inside"], []]
    kept = await api.body("admission", EVENT, serial)
    assert (kept["first"]["gate"], kept["last"]["gate"], kept["inside"]) == ("North", "South", True)
    facts = [each["fact"] for each in (await kiosk.get("/v1/gate-feed")).body["entries"]]
    assert facts == ["exited", "admitted", "exited", "exited", "admitted"]


async def test_a_ticket_whose_sale_is_not_known_yet_is_admitted(
    api: World, kiosk: Caller, till: Till
) -> None:
    (leased,) = await kiosk.serials(till.journal_id, 1)
    gate = Till()

    (outcome,) = await api.kiosk("kiosk-b").upload(gate.journal_id, gate.admission(leased))

    assert (outcome["status"], outcome["flags"]) == ("settled", [])


async def test_admissions_that_should_not_have_been_are_recorded_and_flagged(
    kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 3)
    sale = till.sale(serials[:1])
    returned = till.give_back(serials[1:2])
    await kiosk.upload(till.journal_id, sale, till.void(sale), returned)

    outcomes = await kiosk.upload(
        till.journal_id,
        till.admission(serials[0]),
        till.admission(serials[1]),
        till.admission(serials[2], event_id="another-show"),
        till.admission("0000000000"),
    )

    assert [each["status"] for each in outcomes] == ["settled"] * 4
    assert [each["flags"] for each in outcomes] == [
        ["ticket_revoked"],
        ["serial_returned"],
        ["ticket_wrong_event"],
        ["serial_unknown"],
    ]


async def test_an_admission_of_a_written_off_ticket_is_flagged(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    order = {
        "request_id": str(uuid4()),
        "journal_id": str(till.journal_id),
        "operator": "olga",
        "reason": "stolen",
        "risk_accepted": True,
    }
    await api.ops().post("/v1/ops/write-offs", order)

    (outcome,) = await kiosk.upload(till.journal_id, till.admission(serials[0]))

    assert (outcome["status"], outcome["flags"]) == ("settled", ["ticket_revoked"])


async def test_exits_that_should_not_have_been_are_recorded_and_flagged_too(
    kiosk: Caller, till: Till, serial: str
) -> None:
    outcomes = await kiosk.upload(
        till.journal_id,
        till.exit("0000000000"),
        till.exit(serial, event_id="another-show"),
        till.admission(serial),
        till.exit(serial, at=NOW + timedelta(hours=2)),
    )

    assert [each["status"] for each in outcomes] == ["settled"] * 4
    assert [each["flags"] for each in outcomes] == [
        ["not_inside", "serial_unknown"],
        ["not_inside", "ticket_wrong_event"],
        [],
        ["clock_ahead"],
    ]


async def test_a_conflict_names_the_admission_that_stands_now_and_keeps_every_flag(
    api: World, kiosk: Caller, till: Till, serial: str
) -> None:
    *_, second, third = await kiosk.upload(
        till.journal_id,
        till.admission(serial, "North"),
        till.exit(serial),
        till.admission(serial, "West"),
        till.admission(serial, "South"),
        till.admission(serial, "East", at=NOW + timedelta(hours=2)),
    )

    assert "the admission at West stands" in second["detail"]
    assert third["flags"] == ["clock_ahead", "gate_conflict"]
    kept = await api.body("admission", EVENT, serial)
    assert (kept["first"]["gate"], kept["last"]["gate"]) == ("North", "West")
    assert [each["gate"] for each in kept["conflicts"]] == ["South", "East"]
    await kiosk.upload(till.journal_id, till.exit(serial), till.admission(serial, "Side"))
    kept = await api.body("admission", EVENT, serial)
    assert len(kept["conflicts"]) == 2


async def test_a_revoked_ticket_that_two_gates_let_in_has_both_flags(
    api: World, kiosk: Caller, till: Till, serial: str
) -> None:
    await kiosk.upload(till.journal_id, till.admission(serial))
    other = Till()
    kiosk_b = api.kiosk("kiosk-b")

    (outcome,) = await kiosk_b.upload(
        other.journal_id, other.admission(serial, "South", event_id=EVENT)
    )
    assert outcome["flags"] == ["gate_conflict"]

    leased = await kiosk.serials(till.journal_id, 1)
    sale = till.sale(leased)
    await kiosk.upload(till.journal_id, sale, till.void(sale))
    first, second = await kiosk_b.upload(
        other.journal_id, other.admission(leased[0]), other.admission(leased[0], "South")
    )
    assert first["flags"] == ["ticket_revoked"]
    assert second["flags"] == ["gate_conflict", "ticket_revoked"]


async def test_a_kiosk_of_another_venue_tells_this_venues_gates_nothing(
    api: World, kiosk: Caller, till: Till, serial: str
) -> None:
    stranger, far_away = Till(), api.kiosk("kiosk-z", venue="elsewhere")
    told = (await kiosk.get("/v1/gate-feed")).body
    outcomes = await far_away.upload(
        stranger.journal_id, stranger.admission(serial, "Theirs"), stranger.exit(serial, "Theirs")
    )
    assert [(one["status"], one["flags"]) for one in outcomes] == [
        ("settled", ["ticket_wrong_event"])
    ] * 2
    assert (await kiosk.get("/v1/gate-feed")).body == told
    (ours,) = await kiosk.upload(till.journal_id, till.admission(serial, "North"))
    assert (ours["status"], ours["flags"]) == ("settled", []), "theirs makes no conflict"
