"""What may be sent to STS on a stranger's behalf: one request, and nothing that looks like it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_service.sessions.presigned import (
    LONGEST_LIFE_S,
    NotPresignedError,
    Presigned,
    StsEndpoint,
    read_presigned,
    sts_of,
)
from kiosk_agent.host_role.presigning import presign_caller_identity, sts_host
from kiosk_agent.host_role.role_credentials import RoleCredentials
from kiosk_contracts.sessions import AUDIENCE_HEADER, NONCE_HEADER
from tests.support.sts import HOST, REGION, Key

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ALLOWED = (sts_of(REGION), sts_of("eu-west-1"))


def presigned(region: str = REGION, now: datetime = NOW, **headers: str) -> str:
    """Return what a kiosk's supervisor presigns."""
    key = Key()
    credentials = RoleCredentials(key.key_id, key.secret, key.token)
    signed = headers or {AUDIENCE_HEADER: "fleet.example.com", NONCE_HEADER: "n" * 22}
    return presign_caller_identity(credentials, region, signed, now)


GOOD = presigned()


def test_what_a_kiosk_presigns_may_be_sent_as_it_is() -> None:
    found = read_presigned(GOOD, ALLOWED)
    assert f"https://{found.host}/?{found.query}" == GOOD
    assert (found.signed_at, found.life) == (NOW, timedelta(seconds=60))
    assert read_presigned(presigned("eu-west-1"), ALLOWED).host == "sts.eu-west-1.amazonaws.com"


@pytest.mark.parametrize("region", ["eu-central-1", "cn-north-1"])
def test_both_sides_have_the_same_endpoints(region: str) -> None:
    assert sts_of(region) == StsEndpoint(region, sts_host(region))


def swapped(old: str, new: str) -> Callable[[], str]:
    def change() -> str:
        assert old in GOOD
        return GOOD.replace(old, new)

    return change


def added(more: str) -> Callable[[], str]:
    return lambda: f"{GOOD}&{more}"


TOKEN = quote(Key().token, safe="-_.~")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (swapped("https://", "http://"), "not https"),
        (swapped("https://", "HTTPS://"), "not https"),
        (swapped("https://", "https://user@"), "characters"),
        (swapped(HOST, f"{HOST}:443"), "no STS endpoint of ours"),
        (swapped(HOST, f"{HOST}."), "no STS endpoint of ours"),
        (swapped(HOST, HOST.upper()), "no STS endpoint of ours"),
        (swapped(HOST, f"{HOST}.evil.example"), "no STS endpoint of ours"),
        (swapped(HOST, f"evil-{HOST}"), "no STS endpoint of ours"),
        (swapped(HOST, f"evil.example\\{HOST}"), "characters"),
        (swapped(HOST, f"evil.example#{HOST}"), "characters"),
        (swapped(HOST, "sts.us-east-1.amazonaws.com"), "no STS endpoint of ours"),
        (swapped(HOST, "sts.amazonaws.com"), "no STS endpoint of ours"),
        (swapped(HOST, "\u0455ts.eu-central-1.amazonaws.com"), "characters"),
        (swapped(HOST, "sts.eu-west-1.amazonaws.com"), "credential is not for this"),
        (swapped("/?", "//?"), "path is not /"),
        (swapped("/?", "/x?"), "path is not /"),
        (swapped("/?", "?"), "no STS endpoint of ours"),
        (swapped("GetCallerIdentity", "GetSessionToken"), "Action is not"),
        (swapped("GetCallerIdentity", "getcalleridentity"), "Action is not"),
        (swapped("2011-06-15", "2011-06-16"), "Version is not"),
        (swapped("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "Algorithm is not"),
        (swapped("X-Amz-Expires=60", "X-Amz-Expires=901"), "Expires is not"),
        (swapped("X-Amz-Expires=60", "X-Amz-Expires=0"), "Expires is not"),
        (swapped("X-Amz-Expires=60", "X-Amz-Expires=-1"), "Expires is not"),
        (swapped("X-Amz-Expires=60", "X-Amz-Expires=60000000000000"), "Expires is not"),
        (swapped("X-Amz-Expires=60", "X-Amz-Expires=060"), "Expires is not"),
        (swapped("X-Amz-Expires=60", "X-Amz-Expires=0009009999"), "Expires is not"),
        (swapped("X-Amz-Expires=60", "X-Amz-Expires=000001" + "9" * 20), "Expires is not"),
        (swapped("X-Amz-Expires=60", "X-Amz-Expires=%D9%A6"), "Expires is not"),
        (swapped("X-Amz-Expires=60&", ""), "lacks X-Amz-Expires"),
        (swapped("20261126T120000Z", "20261126T120000"), "Date is no time"),
        (swapped("20261126T120000Z", "20261326T120000Z"), "Date is no time"),
        (swapped("20261126T120000Z", "20261126T1200 0Z"), "characters"),
        (swapped("20261126T120000Z", "20261127T120000Z"), "of another day"),
        (swapped("%2Fsts%2F", "%2Fs3%2F"), "credential is not for this"),
        (swapped("%2Feu-central-1%2F", "%2Feu-west-1%2F"), "credential is not for this"),
        (swapped(f"host%3B{AUDIENCE_HEADER}%3B{NONCE_HEADER}", f"host%3B{NONCE_HEADER}"), "signs"),
        (
            swapped(f"host%3B{AUDIENCE_HEADER}%3B{NONCE_HEADER}", f"host%3B{AUDIENCE_HEADER}"),
            "signs",
        ),
        (swapped(f"host%3B{AUDIENCE_HEADER}", AUDIENCE_HEADER), "signs"),
        (swapped(f"%3B{NONCE_HEADER}", f"%3B{NONCE_HEADER}%3Bx-more"), "signs"),
        (swapped("X-Amz-Signature=", "X-Amz-Signature=z"), "signature is none"),
        (swapped("X-Amz-Signature=", "X-Amz-Signature=0"), "signature is none"),
        (swapped(TOKEN, TOKEN + "+"), "Token is not percent-encoded"),
        (swapped(TOKEN, TOKEN + ";Action=GetSessionToken"), "Token is not percent-encoded"),
        (swapped(TOKEN, TOKEN + "/"), "Token is not percent-encoded"),
        (added("Action=GetCallerIdentity"), "Action twice"),
        (added("action=GetSessionToken"), "does not need"),
        (added("ACTION=GetSessionToken"), "does not need"),
        (added("%41ction=GetSessionToken"), "does not need"),
        (added("x-amz-date=20261126T120000Z"), "does not need"),
        (added("X-Amz-Date=20261126T120000Z"), "X-Amz-Date twice"),
        (added("DurationSeconds=900"), "does not need"),
        (added(""), "does not need"),
        (added("Version"), "does not need"),
        (added("x" * 4096), "longer than 4096"),
        (lambda: "", "not https"),
        (lambda: f"https://{HOST}", "path is not /"),
        (lambda: f"https://{HOST}/?", "does not need"),
    ],
)
def test_everything_else_is_refused_and_says_why(change: Callable[[], str], why: str) -> None:
    with pytest.raises(NotPresignedError) as caught:
        read_presigned(change(), ALLOWED)
    assert why in str(caught.value)


@given(st.text("0123456789", max_size=40))
def test_its_life_is_what_was_compared_with_the_limit(digits: str) -> None:
    try:
        found = read_presigned(GOOD.replace("X-Amz-Expires=60", f"X-Amz-Expires={digits}"), ALLOWED)
    except NotPresignedError:
        assert digits.startswith("0") or not 0 < int(digits or "0") <= LONGEST_LIFE_S
    else:
        assert found.life == timedelta(seconds=int(digits)) <= timedelta(seconds=LONGEST_LIFE_S)


@pytest.mark.parametrize("seconds", [1, 9, 10, LONGEST_LIFE_S])
def test_a_life_up_to_the_limit_counts(seconds: int) -> None:
    url = GOOD.replace("X-Amz-Expires=60", f"X-Amz-Expires={seconds}")
    assert read_presigned(url, ALLOWED).life == timedelta(seconds=seconds)


@given(st.text(max_size=200), st.integers(0, len(GOOD)))
def test_no_text_put_in_anywhere_changes_where_it_goes_or_what_is_asked(
    text: str, place: int
) -> None:
    changed = GOOD[:place] + text + GOOD[place:]
    try:
        found = read_presigned(changed, ALLOWED)
    except NotPresignedError:
        return
    assert f"https://{found.host}/?{found.query}" == changed
    assert found.host in {one.host for one in ALLOWED}
    assert found.query.count("Action=") == found.query.count("Action=GetCallerIdentity&") == 1


@pytest.mark.parametrize(
    ("seconds", "fresh"), [(-11, False), (-10, True), (0, True), (69.9, True), (70, False)]
)
def test_it_counts_for_its_life_and_a_leeway(seconds: float, fresh: bool) -> None:  # noqa: FBT001
    found = Presigned(HOST, "", NOW, timedelta(seconds=60))
    assert found.is_fresh(NOW + timedelta(seconds=seconds), timedelta(seconds=10)) is fresh
