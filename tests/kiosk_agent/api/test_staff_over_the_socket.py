"""Signing in, roles, lockout and shifts: the agent checks, whatever the UI shows."""

import asyncio
from dataclasses import asdict
from pathlib import Path

import pytest
from uuid6 import uuid7

from kiosk_agent.adapters.roster_file import load_roster
from kiosk_agent.domain.wrong_pins import FORGET_S, FREE_TRIES
from kiosk_agent.services.known_staff import KnownStaff
from kiosk_contracts.roster import RosterEntry, VenueRoster
from tests.support.tickets import euros
from tests.support.ui_socket import PINS, Till, line, sale_of, till_in
from tests.support.ui_socket import roster as till_roster

A_TXN_ID = "01a20b54-440e-7d5a-8b19-23ec61ff4d80"


async def _wrong(till: Till, pin: str = "0000") -> str:
    return (await till.ask("POST", "/v1/sign-in", {"pin": pin})).code


async def test_a_session_survives_the_agent(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first = (await till.sign_in("ana")).body
        assert (first["role"], first["shift_id"], first["currency"]) == ("cashier", None, "EUR")
        token = till.token
    async with till_in(tmp_path) as till:
        till.token = token
        again = await till.ask("GET", "/v1/session")
        assert again.body == first
        assert (await till.ask("POST", "/v1/sign-out")).status == 204
        refused = await till.ask("GET", "/v1/session")
        assert (refused.status, refused.code) == (401, "not_signed_in")


async def test_a_kiosk_without_a_roster_says_so_until_one_comes(tmp_path: Path) -> None:
    staff = KnownStaff(load_roster(None))
    async with till_in(tmp_path, staff=staff) as till:
        refused = await till.ask("POST", "/v1/sign-in", {"pin": PINS["ana"]})
        assert (refused.status, refused.code) == (503, "roster_missing")
        warnings = (await till.ask("GET", "/v1/status")).body["warnings"]
        assert "roster_missing" in [one["code"] for one in warnings]
        ana = till_roster().find("ana")
        assert ana is not None
        entry = RosterEntry.model_validate(asdict(ana))
        staff.learn(VenueRoster(version=1, members=(entry,)))
        assert (await till.sign_in("ana")).body["role"] == "cashier"
        warnings = (await till.ask("GET", "/v1/status")).body["warnings"]
        assert "roster_missing" not in [one["code"] for one in warnings]


async def test_the_journal_holds_no_token_that_could_be_used(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        assert till.token is not None
        assert len(till.token) >= 43, "256 random bits"
        token = till.token.encode()
    assert token not in (tmp_path / "journal.db").read_bytes()


async def test_five_wrong_pins_lock_for_a_minute_and_longer_each_time(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        codes = [await _wrong(till) for _ in range(FREE_TRIES)]
        assert codes == ["pin_wrong"] * FREE_TRIES
        locked = await till.ask("POST", "/v1/sign-in", {"pin": "2222"})
        assert (locked.status, locked.code) == (429, "pin_locked")
        assert locked.headers["Retry-After"] == "60"
        till.clock.advance(60)
        assert await _wrong(till) == "pin_wrong"
        till.clock.advance(119)
        assert await _wrong(till, "2222") == "pin_locked"
        till.clock.advance(1)
        await till.sign_in("ana")
        assert await _wrong(till) == "pin_wrong"
        assert await _wrong(till, "2222") == "pin_locked", "a right PIN forgets no wrong one"


async def test_nobody_guesses_a_managers_pin_between_sign_ins_of_their_own(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        guesses = [await _approve(till, f"{n:04d}") for n in range(FREE_TRIES - 1)]
        assert guesses == ["pin_wrong"] * (FREE_TRIES - 1)
        await till.sign_in("ana")
        assert await _approve(till, "0004") == "pin_wrong"
        assert await _approve(till, PINS["mia"]) == "pin_locked", "nor is the right one taken now"
        assert await _wrong(till, PINS["ana"]) == "pin_locked", "sign-in and approval count as one"
        status = await till.ask("GET", "/v1/session")
        assert status.status == 200, "who is signed in works on"


async def test_wrong_pins_are_forgotten_by_time_alone(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        for _ in range(FREE_TRIES - 1):
            await _wrong(till)
        till.clock.advance(FORGET_S)
        assert await _wrong(till) == "pin_wrong"
        await till.sign_in("ana")
        assert await _wrong(till) == "pin_wrong"
        assert await _wrong(till, PINS["ana"]) == "pin_locked"


async def _approve(till: Till, pin: str) -> str:
    """Type a PIN where a manager's is asked for; return the refusal's code."""
    shown = {"device_time": till.clock.now().isoformat(), "approval_pin": pin}
    return (await till.ask("POST", "/v1/clock/confirm", shown)).code


async def test_the_lock_survives_the_agent_and_a_clock_set_back(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        for _ in range(FREE_TRIES):
            await _wrong(till)
        clock = till.clock
    async with till_in(tmp_path, clock) as till:
        assert await _wrong(till, "2222") == "pin_locked"
        till.clock.set_wall(till.clock.now().replace(year=2020))
        locked = await till.ask("POST", "/v1/sign-in", {"pin": "2222"})
        assert locked.body["retry_after_s"] == 60
        till.clock.advance(59)
        assert await _wrong(till, "2222") == "pin_locked"
        till.clock.advance(1)
        await till.sign_in("ana")


async def test_tries_made_at_once_do_not_pass_the_lock(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        codes = await asyncio.gather(*(_wrong(till, f"{n:04d}") for n in range(20)))
    assert codes.count("pin_wrong") == FREE_TRIES
    assert codes.count("pin_locked") == 20 - FREE_TRIES


async def test_a_try_counts_before_it_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    async with till_in(tmp_path) as till:
        staff = till.desk.staff
        judge = staff._people._having

        def look(*about: object) -> object:
            rows = till.opened.journal._reading.execute(
                "SELECT value FROM meta WHERE key = 'pin_failures'"
            )
            counted.append(int(rows.fetchone()[0]))
            return judge(*about)  # type: ignore[arg-type]

        monkeypatch.setattr(staff._people, "_having", look)
        await _wrong(till)
        await till.sign_in("ana")
        assert counted == [1, 2], "pulling the plug during a try does not undo it"
        failures = await till.opened.journal.read(lambda reader: reader.pin_failures())
    assert failures[0] == 1, "the right PIN is taken off again, the wrong one before it is not"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/sign-out", None),
        ("GET", "/v1/session", None),
        ("POST", "/v1/shifts", {}),
        ("GET", "/v1/carts", None),
        ("GET", f"/v1/carts/{A_TXN_ID}", None),
        ("PUT", f"/v1/carts/{A_TXN_ID}", {"lines": []}),
        ("DELETE", f"/v1/carts/{A_TXN_ID}", None),
        ("POST", f"/v1/carts/{A_TXN_ID}/payment", None),
        ("DELETE", f"/v1/carts/{A_TXN_ID}/payment", None),
        ("POST", "/v1/sales", {}),
        ("POST", "/v1/admissions", {}),
        ("POST", "/v1/exits", {}),
        ("POST", "/v1/voids", {}),
        ("GET", "/v1/transactions", None),
        ("GET", f"/v1/transactions/{A_TXN_ID}", None),
    ],
)
async def test_what_a_person_does_needs_a_person(
    tmp_path: Path, method: str, path: str, body: object
) -> None:
    async with till_in(tmp_path) as till:
        for token in (None, "made-up", "\u00e9"):
            till.token = token
            refused = await till.ask(method, path, body)
            assert (refused.status, refused.code) == (401, "not_signed_in")


async def test_status_and_catalogue_need_nobody(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        assert (await till.ask("GET", "/v1/status")).status == 200
        assert (await till.ask("GET", "/v1/catalogue")).status == 200


async def test_the_gate_admits_but_does_not_sell(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        await till.sign_in("gus")
        total = euros("12.50").to_json()
        shift = {"txn_id": str(uuid7()), "opening_float": total}
        void = {"txn_id": str(uuid7()), "sale_txn_id": str(uuid7()), "reason": "x"}
        for method, path, body in [
            ("POST", "/v1/shifts", shift),
            ("PUT", f"/v1/carts/{uuid7()}", {"lines": [line("tide", "adult", 1)]}),
            ("POST", f"/v1/carts/{uuid7()}/payment", None),
            ("DELETE", f"/v1/carts/{uuid7()}/payment", None),
            ("POST", "/v1/sales", sale_of(uuid7(), total)),
        ]:
            refused = await till.ask(method, path, body)
            assert (refused.status, refused.code) == (403, "role_too_low"), path
            assert "cashier" in refused.body["hint"]
        assert (await till.ask("POST", "/v1/voids", void)).status in {403, 404}


async def test_selling_needs_an_open_shift(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        await till.sign_in("ana")
        assert (await till.put_cart(uuid7(), adult=1)).code == "shift_not_open"
        await till.open_shift("ana")
        txn_id = uuid7()
        total = (await till.put_cart(txn_id, adult=1)).body["total"]
        await till.close_shift()
        sold = await till.ask("POST", "/v1/sales", sale_of(txn_id, total))
        assert sold.code == "shift_not_open"


async def test_a_shift_opens_once_and_its_repeat_gets_the_first_answer(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        body = {"txn_id": str(uuid7()), "opening_float": euros("100.00").to_json()}
        first = await till.ask("POST", "/v1/shifts", body)
        assert (first.status, first.body["kind"]) == (201, "shift_opened")
        again = await till.ask("POST", "/v1/shifts", body)
        assert again.body == {**first.body, "replayed": True}
        other = await till.ask(
            "POST", "/v1/shifts", {**body, "opening_float": euros("1").to_json()}
        )
        assert other.code == "txn_payload_differs"
        second = await till.ask("POST", "/v1/shifts", {**body, "txn_id": str(uuid7())})
        assert (second.status, second.code) == (409, "shift_already_open")
        row = await till.opened.journal.read(lambda reader: reader.row(body["txn_id"]))  # type: ignore[arg-type]
        shift = (await till.ask("GET", "/v1/session")).body["shift_id"]
    assert row is not None
    assert row.transaction.payload["shift_id"] == shift
    recorded = row.transaction.payload["recorded"]
    assert isinstance(recorded, dict)
    assert (recorded["boot_id"], recorded["server_offset_ms"]) == ("boot-1", 40)


@pytest.mark.parametrize("amount", [("-1.00", "EUR"), ("100.00", "USD")])
async def test_a_float_that_no_drawer_has_is_refused(
    tmp_path: Path, amount: tuple[str, str]
) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        money = {"amount": amount[0], "currency": amount[1]}
        body = {"txn_id": str(uuid7()), "opening_float": money}
        refused = await till.ask("POST", "/v1/shifts", body)
        assert (refused.status, refused.body["field"]) == (422, "opening_float")
