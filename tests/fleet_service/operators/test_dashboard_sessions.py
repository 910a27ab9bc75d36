"""The dashboard's session: a cookie that no script reads, no site borrows, and nobody forges."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_store.port import StoreError
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service.admission import STORE
from fleet_service.operators.records import EndedSessionRecord
from fleet_service.operators.sessions import DashboardSession, SessionSeal
from kiosk_contracts.version import CSRF_HEADER
from tests.support.fleet import FakeFleetClock
from tests.support.operator_desk import Browser, OperatorDesk, operator_desk
from tests.support.operators import venue

SEAL = SessionSeal(b"a" * 32)
SESSION = DashboardSession("id", "settings", "p" * 64, "csrf", FakeFleetClock().now())
SEALED = SEAL.seal(SESSION)


async def test_a_token_becomes_a_cookie_that_scripts_and_sites_do_not_get(
    desk: OperatorDesk,
) -> None:
    told = await desk.ask("POST", "session", token=await desk.token("viewer"))
    assert told.status == 201
    given_cookie = told.cookies["eventpro-ops"]
    assert given_cookie["httponly"]
    assert given_cookie["samesite"] == "Strict"
    assert given_cookie["path"] == "/"
    assert int(given_cookie["max-age"]) == 4 * 3600
    assert given_cookie["domain"] == ""
    browser = Browser(desk, given_cookie.value, told.body["session"]["csrf_token"])
    me = await browser.ask("GET", "me")
    assert me.body == told.body
    assert me.body["session"]["expires_at"] == "2026-11-24T16:00:00Z"


@pytest.mark.parametrize(
    "headers",
    [{"Host": "fleet.example.com"}, {"X-Forwarded-For": "192.0.2.7"}],
)
async def test_it_is_secure_but_on_this_machine_alone(
    desk: OperatorDesk, headers: dict[str, str]
) -> None:
    near = await desk.ask("POST", "session")
    assert not near.cookies["eventpro-ops"]["secure"]
    far = await desk.ask("POST", "session", headers=headers)
    assert list(far.cookies) == ["__Host-eventpro-ops"]
    made = far.cookies["__Host-eventpro-ops"]
    assert made["secure"]
    cookie = {"Cookie": f"__Host-eventpro-ops={made.value}", **headers}
    assert (await desk.ask("GET", "me", token=None, headers=cookie)).status == 200
    # One that is not of that kind could have been planted by a neighbour's host, or over http.
    cookie = {"Cookie": f"eventpro-ops={made.value}", **headers}
    assert (await desk.ask("GET", "me", token=None, headers=cookie)).code == "token_missing"


async def test_a_change_by_a_cookie_carries_what_only_our_page_knows(desk: OperatorDesk) -> None:
    browser = await desk.sign_in()
    told = await browser.ask("PUT", "venues/a", venue("a"))
    assert told.status == 200, told.text
    assert (await browser.ask("PUT", "venues/a", venue("a"), Origin=None)).status == 200
    told = await browser.ask("PUT", "venues/a", venue("a"), Sec_Fetch_Site=None)
    assert told.status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"EventPro_Csrf_Token": None},
        {"EventPro_Csrf_Token": ""},
        {"EventPro_Csrf_Token": "guess"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://127.0.0.1"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://[::1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": None, "Sec_Fetch_Site": None},
    ],
)
async def test_a_change_that_our_page_did_not_send_is_refused(
    desk: OperatorDesk, changes: dict[str, str | None]
) -> None:
    browser = await desk.sign_in()
    told = await browser.ask("PUT", "venues/a", venue("a"), **changes)
    assert (told.status, told.code) == (403, "cross_site")
    assert (await browser.ask("GET", "venues/a")).code == "venue_unknown"


async def test_behind_a_proxy_the_page_is_https_whatever_the_last_hop_is(
    desk: OperatorDesk,
) -> None:
    far = {"Host": "fleet.example.com"}
    told = await desk.ask("POST", "session", headers=far)
    headers = {
        **far,
        "Cookie": f"__Host-eventpro-ops={told.cookies['__Host-eventpro-ops'].value}",
        CSRF_HEADER: told.body["session"]["csrf_token"],
    }
    for origin, status in (
        ("https://fleet.example.com", 200),
        ("https://fleet.example.com:443", 200),
        ("http://fleet.example.com", 403),
        ("https://fleet.example.com:8443", 403),
        ("https://fleet.example.com.evil.example", 403),
    ):
        given_headers = {**headers, "Origin": origin}
        told = await desk.ask("PUT", "venues/a", venue("a"), token=None, headers=given_headers)
        assert told.status == status, origin


async def test_the_csrf_token_of_another_session_is_none_of_this_one(desk: OperatorDesk) -> None:
    one, other = await desk.sign_in(), await desk.sign_in()
    told = await one.ask("PUT", "venues/a", venue("a"), EventPro_Csrf_Token=other.csrf_token)
    assert told.code == "cross_site"


async def test_a_token_in_a_header_needs_none_of_it_and_counts_before_the_cookie(
    desk: OperatorDesk,
) -> None:
    browser = await desk.sign_in()
    token = await desk.token("viewer")
    headers = {"Cookie": browser.said()["Cookie"]}
    told = await desk.ask("GET", "me", token=token, headers=headers)
    assert (told.body["role"], told.body["session"]) == ("viewer", None)
    told = await desk.ask("PUT", "venues/a", venue("a"), headers=headers)
    assert told.status == 200


async def test_a_session_ends_by_its_time_and_opens_no_other(desk: OperatorDesk) -> None:
    browser = await desk.sign_in()
    told = await browser.ask("POST", "session")
    assert (told.status, told.code) == (401, "token_missing")
    desk.clock.advance(4 * 3600 - 1)
    assert (await browser.ask("GET", "me")).status == 200
    desk.clock.advance(1)
    told = await browser.ask("GET", "me")
    assert (told.status, told.code) == (401, "session_ended")


async def test_a_session_lasts_no_longer_than_its_token(desk: OperatorDesk) -> None:
    made = await desk.make("viewer", days=1 / 24)
    told = await desk.ask("POST", "session", token=made["token"])
    assert told.body["session"]["expires_at"] == made["expires_at"]
    assert int(told.cookies["eventpro-ops"]["max-age"]) == 3600


async def test_whoever_revokes_the_token_ends_its_sessions(desk: OperatorDesk) -> None:
    made = await desk.make("operator")
    browser = await desk.sign_in(made["token"])
    await desk.ask("POST", f"operator-tokens/{made['token_id']}/revoke")
    told = await browser.ask("PUT", "venues/a", venue("a"))
    assert (told.status, told.code) == (401, "session_ended")
    assert "revoked" in told.body["detail"]


async def test_another_token_in_the_settings_ends_the_sessions_of_the_one_before(
    desk: OperatorDesk, tmp_path: Path
) -> None:
    browser = await desk.sign_in()
    async with operator_desk(tmp_path) as same:
        assert (await Browser(same, browser.cookie, "").ask("GET", "me")).status == 200
    for other in ("1" * 64, None):
        async with operator_desk(tmp_path, ops_token_sha256=other) as changed:
            told = await Browser(changed, browser.cookie, "").ask("GET", "me")
            assert told.code == "session_ended"


async def test_whoever_ends_a_session_ends_it_in_every_task(
    desk: OperatorDesk, tmp_path: Path
) -> None:
    browser, other = await desk.sign_in(), await desk.sign_in()
    async with operator_desk(tmp_path) as task:
        elsewhere = Browser(task, browser.cookie, browser.csrf_token)
        assert (await elsewhere.ask("GET", "me")).status == 200
        told = await browser.ask("DELETE", "session")
        assert told.status == 204
        assert told.cookies["eventpro-ops"].value == ""
        assert told.cookies["eventpro-ops"]["max-age"] == "0"
        assert (await browser.ask("GET", "me")).code == "session_ended"
        task.clock.advance(1)
        assert (await elsewhere.ask("GET", "me")).code == "session_ended"
    assert (await other.ask("GET", "me")).status == 200
    # Who has a token and no session ends none.
    assert (await desk.ask("DELETE", "session")).status == 204
    assert (await desk.ask("GET", "me")).status == 200


async def test_ended_sessions_do_not_pile_up(desk: OperatorDesk) -> None:
    async def kept() -> int:
        async with open_sqlite(desk.state_file, FLEET_SERVICE) as store:
            return len(await store.query(EndedSessionRecord.store_kind, "settings"))

    for _ in range(3):
        await (await desk.sign_in()).ask("DELETE", "session")
    assert await kept() == 3
    desk.clock.advance(4 * 3600 + 299)
    await (await desk.sign_in()).ask("DELETE", "session")
    assert await kept() == 4
    desk.clock.advance(1)
    await (await desk.sign_in()).ask("DELETE", "session")
    assert await kept() == 2


async def test_a_store_that_is_away_lets_nobody_in(
    desk: OperatorDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, token = await desk.sign_in(), await desk.token("viewer")

    async def away(_: object) -> None:
        raise StoreError("the store is away")

    for name in ("get", "get_many"):
        monkeypatch.setattr(desk.app[STORE], name, away)
    for told in (await browser.ask("GET", "me"), await desk.ask("GET", "me", token=token)):
        assert (told.status, told.code) == (503, "upstream_busy")


def test_a_sealed_session_is_opened_as_it_was_by_whoever_has_the_key() -> None:
    assert SessionSeal(b"a" * 32).open(SEALED) == SESSION
    assert SessionSeal(b"b" * 32).open(SEALED) is None
    assert SEAL.seal(SESSION) != SEALED
    later = DashboardSession("id", "t", "p", "c", SESSION.expires_at + timedelta(seconds=1))
    assert SEAL.open(SEAL.seal(later)) == later


@given(st.integers(0, len(SEALED) - 1), st.sampled_from("ABCxyz019-_"))
def test_a_cookie_of_which_anything_is_changed_is_none(place: int, sign: str) -> None:
    changed = SEALED[:place] + sign + SEALED[place + 1 :]
    opened = SEAL.open(changed)
    # The last sign has bits that stand for nothing.
    assert opened is None or changed == SEALED or place == len(SEALED) - 1


@given(st.text(max_size=400))
def test_any_text_is_no_session(text: str) -> None:
    assert SEAL.open(text) is None
