"""Operators' tokens: shown once, of a role and with an end, hashed at rest, revoked at once."""

import asyncio
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service.operators.ports import Operator
from fleet_service.operators.service import Operators
from kiosk_contracts.operators import NewOperatorToken, OperatorRole
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock
from tests.support.operator_desk import OperatorDesk, operator_desk
from tests.support.operators import OPS_TOKEN

ADMIN = Operator("settings", "settings", OperatorRole.ADMIN, None, "0" * 64)


def wanted(clock: FakeFleetClock, role: OperatorRole = OperatorRole.OPERATOR) -> NewOperatorToken:
    ends = clock.now() + timedelta(days=30)
    return NewOperatorToken(name="Ana", role=role, expires_at=ends)


async def test_a_token_is_shown_once_and_says_who_it_is_of(desk: OperatorDesk) -> None:
    made = await desk.make("operator", "Ana of the control room")
    assert re.fullmatch(rf"eop_{made['token_id']}_[A-Za-z0-9_-]{{43}}", made["token"])
    assert (made["made_by"], made["made_by_id"]) == ("settings", "settings")
    me = await desk.ask("GET", "me", token=made["token"])
    assert me.body == {
        "token_id": made["token_id"],
        "name": "Ana of the control room",
        "role": "operator",
        "expires_at": made["expires_at"],
        "session": None,
    }
    listed = await desk.ask("GET", "operator-tokens")
    assert [one["token_id"] for one in listed.body["tokens"]] == [made["token_id"]]
    assert listed.body["tokens"][0]["last_used_on"] == "2026-11-24"
    assert made["token"].split("_", 2)[2] not in listed.text


def holding(folder: Path, secret: bytes) -> list[Path]:
    """Return the files that hold a secret."""
    return [path for path in folder.iterdir() if secret in path.read_bytes()]


async def test_no_file_of_the_service_holds_a_token(desk: OperatorDesk, tmp_path: Path) -> None:
    made = await desk.make("admin")
    assert (await desk.ask("GET", "venues", token=made["token"])).status == 200
    secret = made["token"].split("_", 2)[2].encode()
    assert holding(tmp_path, secret) == []
    assert holding(tmp_path, made["token_id"].encode())
    # As it is looked for where it would be, if it were anywhere.
    with sqlite3.connect(desk.state_file) as file:
        rows = [row[0] for row in file.execute("SELECT body FROM items")]
    assert any(made["token_id"] in row or "secret_sha256" in row for row in rows)
    assert not any(secret.decode() in row for row in rows)


async def test_it_counts_as_bearer_too_and_two_are_none(desk: OperatorDesk) -> None:
    token = await desk.token("viewer")
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await desk.ask("GET", "me", token=None, headers=bearer)).status == 200
    small = {"authorization": f"bearer {token}"}
    assert (await desk.ask("GET", "me", token=None, headers=small)).status == 200
    for both in (bearer, {"Authorization": f"Bearer {OPS_TOKEN}"}):
        told = await desk.ask("GET", "me", token=token, headers=both)
        assert (told.status, told.code) == (401, "token_invalid")
    basic = {"Authorization": f"Basic {token}"}
    told = await desk.ask("GET", "me", token=None, headers=basic)
    assert (told.status, told.code) == (401, "token_missing")


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"),
        lambda token: token + "a",
        lambda token: token[:-1],
        lambda token: token.upper(),
        lambda token: token.replace("eop_", "eop"),
        lambda token: f"eop_{'0' * 16}_{token.split('_', 2)[2]}",
        lambda token: f" {token} x",
    ],
)
async def test_what_is_no_token_lets_nobody_in(desk: OperatorDesk, change: object) -> None:
    assert callable(change)
    token = await desk.token("viewer")
    told = await desk.ask("GET", "me", token=change(token))
    assert (told.status, told.code) == (401, "token_invalid")


async def test_one_that_has_expired_counts_no_more_and_says_since_when(desk: OperatorDesk) -> None:
    made = await desk.make("viewer", days=1)
    desk.clock.advance(86399)
    assert (await desk.ask("GET", "me", token=made["token"])).status == 200
    desk.clock.advance(1)
    told = await desk.ask("GET", "me", token=made["token"])
    assert (told.status, told.code) == (401, "token_expired")
    assert "2026-11-25 12:00:00 UTC" in told.body["detail"]


async def test_one_that_is_revoked_counts_no_more_at_once(desk: OperatorDesk) -> None:
    made = await desk.make("viewer")
    assert (await desk.ask("GET", "me", token=made["token"])).status == 200
    for _ in range(2):
        told = await desk.ask("POST", f"operator-tokens/{made['token_id']}/revoke")
        assert (await desk.ask("GET", "me", token=made["token"])).code == "token_revoked"
        assert told.status == 200
        assert told.body["revoked_at"] == "2026-11-24T12:00:00Z"
        assert told.body["revoked_by"] == "settings"
        desk.clock.advance(60)
    told = await desk.ask("GET", "me", token=made["token"])
    assert (told.status, told.code) == (401, "token_revoked")
    # Nobody else learns that there was such a token.
    guessed = f"eop_{made['token_id']}_{'A' * 43}"
    assert (await desk.ask("GET", "me", token=guessed)).code == "token_invalid"


async def test_one_revoked_by_another_task_is_out_within_a_second(
    desk: OperatorDesk,
) -> None:
    made = await desk.make("viewer")
    assert (await desk.ask("GET", "me", token=made["token"])).status == 200
    async with open_sqlite(desk.state_file, FLEET_SERVICE) as store:
        await Operators(store, desk.clock, None).revoke(made["token_id"], ADMIN)
    desk.clock.advance(1)
    assert (await desk.ask("GET", "me", token=made["token"])).code == "token_revoked"


@pytest.mark.parametrize("days", [-1, 0, 367])
async def test_an_end_that_is_past_or_far_is_refused(desk: OperatorDesk, days: int) -> None:
    ends = desk.clock.now() + timedelta(days=days)
    body = {"name": "Ana", "role": "viewer", "expires_at": ends.isoformat()}
    told = await desk.ask("POST", "operator-tokens", body)
    assert (told.status, told.code) == (422, "body_invalid")
    assert "expires_at" in told.body["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "root"),
        ("name", ""),
        ("name", "Ana\x1b[31m"),
        ("expires_at", "2026-12-24T12:00:00"),
        ("expires_at", None),
    ],
)
async def test_a_token_that_can_not_be_is_refused_by_its_field(
    desk: OperatorDesk, field: str, value: object
) -> None:
    body = {"name": "Ana", "role": "viewer", "expires_at": "2026-12-24T12:00:00Z", field: value}
    told = await desk.ask("POST", "operator-tokens", body)
    assert (told.status, told.code) == (422, "body_invalid")
    assert field in told.body["detail"]
    assert (await desk.ask("GET", "operator-tokens")).body["tokens"] == []


async def test_the_settings_token_is_no_record_and_ends_with_its_setting(
    desk: OperatorDesk, tmp_path: Path
) -> None:
    own = await desk.token("admin")
    told = await desk.ask("POST", "operator-tokens/settings/revoke")
    assert (told.status, told.code) == (409, "not_allowed")
    assert "ops_token_sha256" in told.body["hint"]
    told = await desk.ask("POST", f"operator-tokens/{'0' * 16}/revoke")
    assert (told.status, told.code) == (404, "operator_token_unknown")
    async with operator_desk(tmp_path, ops_token_sha256=None) as without:
        assert (await without.ask("GET", "me")).code == "token_invalid"
        assert (await without.ask("GET", "operator-tokens", token=own)).status == 200


async def test_tokens_are_listed_page_by_page(desk: OperatorDesk) -> None:
    made = sorted([(await desk.make("viewer"))["token_id"] for _ in range(5)])
    found, after = [], ""
    for _ in range(3):
        page = (await desk.ask("GET", f"operator-tokens?limit=2&after={after}")).body
        found += [one["token_id"] for one in page["tokens"]]
        after = page["next_after"]
    assert (found, after) == (made, None)


async def test_a_use_is_noted_once_a_day_and_holds_up_nobody(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        faulty, clock = FaultyStore(store), FakeFleetClock()
        operators = Operators(faulty, clock, None)
        made = await operators.make(wanted(clock), ADMIN)
        token, before = made.token.get_secret_value(), len(faulty.commits)
        for _ in range(10):
            await operators.authenticate(token)
            clock.advance(0.3)
        assert len(faulty.commits) == before + 1
        other = Operators(faulty, clock, None)
        await other.authenticate(token)
        assert len(faulty.commits) == before + 1
        clock.advance(86400)
        faulty.fail_commits_after(0)
        assert (await operators.authenticate(token)).name == "Ana"
        faulty.heal()
        assert faulty.failed == 1
        await other.authenticate(token)
        [told] = (await other.page("", 50)).tokens
        assert told.last_used_on == clock.now().date()


async def test_what_rests_on_a_token_rests_on_its_secret(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        clock = FakeFleetClock()
        operators = Operators(store, clock, None)
        made = await operators.make(wanted(clock), ADMIN)
        operator = await operators.authenticate(made.token.get_secret_value())
        assert await operators.still(operator.token_id, operator.proof) == operator
        for token_id, proof in (
            (operator.token_id, "0" * 64),
            ("0" * 16, operator.proof),
            ("settings", operator.proof),
        ):
            with pytest.raises(ProblemError) as refused:
                await operators.still(token_id, proof)
            assert refused.value.code == "token_invalid"


async def test_noting_a_use_does_not_undo_a_revocation(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        faulty, clock = FaultyStore(store), FakeFleetClock()
        operators, rival = Operators(faulty, clock, None), Operators(store, clock, None)
        made = await operators.make(wanted(clock), ADMIN)

        async def revoke() -> None:
            await rival.revoke(made.token_id, ADMIN)

        faulty.let_rival_in(revoke)
        await operators.authenticate(made.token.get_secret_value())
        clock.advance(1)
        with pytest.raises(ProblemError) as refused:
            await operators.authenticate(made.token.get_secret_value())
        assert refused.value.code == "token_revoked"


async def test_of_two_who_revoke_at_once_the_first_is_told_of(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        clock = FakeFleetClock()
        operators = Operators(store, clock, None)
        made = await operators.make(wanted(clock), ADMIN)
        told = await asyncio.gather(*(operators.revoke(made.token_id, ADMIN) for _ in range(8)))
        assert {one.revoked_at for one in told} == {clock.now()}


async def test_a_token_in_a_query_or_of_a_kiosk_is_none(desk: OperatorDesk) -> None:
    token = await desk.token("admin")
    told = await desk.ask("GET", f"me?{OPS_TOKEN_HEADER}={token}", token=None)
    assert (told.status, told.code) == (401, "token_missing")


@pytest.mark.parametrize("path", ["venues", "activations", "operator-tokens"])
async def test_a_list_that_did_not_change_is_not_told_again(desk: OperatorDesk, path: str) -> None:
    told = await desk.ask("GET", path)
    assert (told.status, told.headers["Cache-Control"]) == (200, "no-store")
    again = await desk.ask("GET", path, headers={"If-None-Match": told.headers["ETag"]})
    assert (again.status, again.text) == (304, "")
