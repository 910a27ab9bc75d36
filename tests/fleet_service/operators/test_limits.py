"""Who asks too often waits: by token, by address, and soonest where tokens are wrong."""

from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from fleet_service.operators import limits
from fleet_service.operators.addresses import _address, bucket_of, is_on_loopback
from fleet_service.operators.limits import OperatorLimits, TokenBuckets
from kiosk_contracts.problem import ProblemError
from tests.support.fleet import FakeFleetClock
from tests.support.operator_desk import operator_desk


def test_a_bucket_has_its_burst_and_then_fills_by_the_second() -> None:
    clock = FakeFleetClock()
    buckets = TokenBuckets(clock, per_s=2, burst=3)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a") == 0.5
    assert buckets.take("b") == 0
    clock.advance(0.5)
    assert buckets.wait_s("a") == 0
    assert buckets.take("a") == 0
    assert buckets.wait_s("a") == 0.5
    clock.advance(1000)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


@given(st.lists(st.tuples(st.floats(0, 10), st.booleans()), max_size=200))
def test_no_more_gets_through_than_burst_and_rate_allow(steps: list[tuple[float, bool]]) -> None:
    clock = FakeFleetClock()
    buckets = TokenBuckets(clock, per_s=1, burst=5)
    began, passed = clock.monotonic(), 0
    for seconds, asks in steps:
        clock.advance(seconds)
        if asks:
            wait_s = buckets.take("a")
            passed += wait_s == 0
            assert 0 <= wait_s <= 1
    assert passed <= 5 + (clock.monotonic() - began) + 1e-6


def test_whoever_has_taken_too_much_is_not_forgotten_for_all_who_ask_after_it() -> None:
    """With more kiosks than any fleet has, each of which asks once."""
    clock = FakeFleetClock()
    buckets = TokenBuckets(clock, per_s=5, burst=60)
    while not buckets.take("the one"):
        pass
    for number in range(25_000):
        buckets.take(str(number))
    assert buckets.take("the one") > 0
    assert len(buckets) == 25_001


def test_a_bucket_that_is_full_again_is_forgotten_and_none_before() -> None:
    clock = FakeFleetClock()
    buckets = TokenBuckets(clock, per_s=1, burst=10)
    for number in range(1000):
        buckets.take(f"once {number}")
    for _ in range(5):
        buckets.take("often")
    clock.advance(4)
    buckets.take("more")
    assert len(buckets) == 2, "often is not full before five seconds are over"
    assert [buckets.take("often") for _ in range(10)] == [0] * 9 + [1]
    clock.advance(10)
    buckets.take("new")
    assert len(buckets) == 1


def test_who_is_looked_at_alone_leaves_nothing_behind() -> None:
    buckets = TokenBuckets(FakeFleetClock(), per_s=1, burst=1)
    assert buckets.wait_s("a") == 0
    assert len(buckets) == 0


def test_no_more_buckets_are_kept_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MOST_BUCKETS", 2)
    buckets = TokenBuckets(FakeFleetClock(), per_s=1, burst=1)
    for key in ("a", "b", "c"):
        assert buckets.take(key) == 0
    assert len(buckets) == 2
    assert buckets.take("b") > 0
    assert buckets.take("a") == 0


def test_an_address_may_ask_as_often_as_four_operators() -> None:
    clock = FakeFleetClock()
    limit = OperatorLimits(clock, per_s=1, burst=2, failures=1)
    for _ in range(8):
        limit.asked_from("192.0.2.7")
    with pytest.raises(ProblemError) as refused:
        limit.asked_from("192.0.2.7")
    assert refused.value.retry_after_s == 1
    limit.asked_from("192.0.2.8")
    clock.advance(0.25)
    limit.asked_from("192.0.2.7")


async def test_a_token_that_asks_too_often_is_told_when_to_ask_again(tmp_path: Path) -> None:
    async with operator_desk(tmp_path, ops_requests_per_s=0.5, ops_requests_burst=3) as desk:
        token = await desk.token("viewer")
        for _ in range(3):
            assert (await desk.ask("GET", "me", token=token)).status == 200
        told = await desk.ask("GET", "me", token=token)
        assert (told.status, told.code) == (429, "too_many_requests")
        assert told.headers["Retry-After"] == "2"
        assert told.body["retryable"]
        assert "your token" in told.body["detail"]
        assert (await desk.ask("GET", "me")).status == 200
        desk.clock.advance(2)
        assert (await desk.ask("GET", "me", token=token)).status == 200


async def test_an_address_that_asks_too_often_is_refused_before_anything_is_looked_up(
    tmp_path: Path,
) -> None:
    async with operator_desk(tmp_path, ops_requests_burst=1) as desk:
        told = [await desk.ask("GET", "me", token=None) for _ in range(5)]
        assert [one.status for one in told] == [401, 401, 401, 401, 429]
        assert (await desk.ask("GET", "me")).status == 429


async def test_wrong_words_make_their_address_wait_but_keep_no_good_token_out(
    tmp_path: Path,
) -> None:
    async with operator_desk(tmp_path, ops_failures_allowed=3) as desk:
        good = await desk.token("viewer")
        wrong = f"eop_{'0' * 16}_{'A' * 43}"
        for guess in ("guess", wrong, "guess"):
            assert (await desk.ask("GET", "me", token=guess)).code == "token_invalid"
        for guess in ("guess", wrong):
            told = await desk.ask("GET", "me", token=guess)
            assert (told.status, told.code) == (429, "too_many_requests")
            assert told.headers["Retry-After"] == "10"
        # A word of the settings may be one that can be guessed: it waits as well.
        assert (await desk.ask("GET", "me")).status == 429
        assert (await desk.ask("GET", "me", token=good)).status == 200
        desk.clock.advance(10)
        assert (await desk.ask("GET", "me")).status == 200
        assert (await desk.ask("GET", "me", token="guess")).status == 401
        assert (await desk.ask("GET", "me", token="guess")).status == 429


async def test_what_was_right_once_is_no_guess(tmp_path: Path) -> None:
    async with operator_desk(tmp_path, ops_failures_allowed=1) as desk:
        made = await desk.make("viewer", days=1)
        desk.clock.advance(86400)
        for _ in range(5):
            assert (await desk.ask("GET", "me", token=made["token"])).code == "token_expired"
            assert (await desk.ask("GET", "me", token=None)).code == "token_missing"
        assert (await desk.ask("GET", "me")).status == 200


async def test_each_address_behind_our_proxy_waits_for_itself(tmp_path: Path) -> None:
    async with operator_desk(tmp_path, ops_failures_allowed=1, proxies=1) as desk:
        for said, status in (
            ("192.0.2.7", 401),
            ("192.0.2.7", 429),
            ("192.0.2.8", 401),
            # What stands before our proxy's own word is the client's.
            ("192.0.2.9, 192.0.2.7", 429),
            ("nobody, 192.0.2.8:4711", 429),
            ("2001:db8::1", 401),
            ("2001:db8::2", 429),
            ("2001:db8:0:1::1", 401),
            ("::ffff:192.0.2.7", 429),
        ):
            headers = {"X-Forwarded-For": said}
            told = await desk.ask("GET", "me", token="guess", headers=headers)
            assert told.status == status, said


@pytest.mark.parametrize(
    ("heard", "proxies", "address"),
    [
        ([], 0, "10.0.0.1"),
        (["192.0.2.7"], 0, "10.0.0.1"),
        (["192.0.2.7"], 1, "192.0.2.7"),
        (["203.0.113.1", "192.0.2.7"], 1, "192.0.2.7"),
        (["203.0.113.1", "192.0.2.7"], 2, "203.0.113.1"),
        (["192.0.2.7"], 2, "10.0.0.1"),
        (["<script>"], 1, "10.0.0.1"),
        (["[2001:db8::1]:443"], 1, "2001:db8::1"),
        (["::ffff:192.0.2.7"], 1, "192.0.2.7"),
    ],
)
def test_an_address_is_what_the_outermost_of_our_proxies_heard(
    heard: list[str], proxies: int, address: str
) -> None:
    assert _address(heard, "10.0.0.1", proxies) == address


def test_an_address_that_nobody_knows_is_one_for_all() -> None:
    assert _address([], None, 0) == "unknown"
    assert bucket_of("unknown") == "unknown"
    assert bucket_of("2001:db8::1") == "2001:db8::/64"
    assert bucket_of("192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize(
    ("host", "peer", "forwarded", "near"),
    [
        ("127.0.0.1:8400", "127.0.0.1", None, True),
        ("localhost", "127.0.0.1", None, True),
        ("localhost:8400", "::1", None, True),
        ("[::1]:8400", "::1", None, True),
        ("[::1]", "::1", None, True),
        ("localhost.evil.example", "127.0.0.1", None, False),
        ("fleet.example.com", "127.0.0.1", None, False),
        ("localhost", "10.0.0.1", None, False),
        ("localhost", "127.0.0.1", "10.0.0.1", False),
    ],
)
def test_loopback_is_a_browser_on_this_machine_with_nothing_between(
    host: str, peer: str, forwarded: str | None, *, near: bool
) -> None:
    headers = CIMultiDict({"Host": host})
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=peer)
    assert is_on_loopback(request) is near
