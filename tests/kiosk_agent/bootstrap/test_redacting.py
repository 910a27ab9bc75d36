"""What is sent to support has neither secrets nor people in it, and still says what happened."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.bootstrap.domain.redacting import OUT, redact, redact_json

SECRETS = [
    "ASIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG",
    "aws_session_token = FwoGZXIvYXdzEXAMPLE",
    "https://sts.eu-central-1.amazonaws.com/?X-Amz-Signature=0123abcd&X-Amz-Date=20261126",
    "eyJhbGciOiJFZERTQSJ9.eyJraW9zayI6InRpbGwtMSJ9.c2lnbmF0dXJl",
    "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    "EP1ABCDEFGHIJKLMNOPQRSTUVWXYZ0123",
    "olga@example.com",
    "bash installer --activation-code aCt1vation/Code+20ch --region x",
    "token: enrolment-token-of-the-fleet",
    'password="hunter2"',
    "http://olga:s3cret@proxy.example.com:3128",
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----",
    "b" * 60,
]
GONE = [
    *("ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "FwoGZXIvYXdzEXAMPLE", "0123abcd"),
    *("c2lnbmF0dXJl", "aGFzaA", "EP1ABCDEF", "olga", "aCt1vation", "enrolment-token-of"),
    *("s3cret", "hunter2", "MC4CAQAwBQYDK2VwBCIEIA", "bbbb"),
]


def test_secrets_are_taken_out_wherever_they_stand() -> None:
    told = redact("\n".join(f"12:00:01 before {one} behind" for one in SECRETS))
    for gone in GONE:
        assert gone not in told
    assert told.count("12:00:01 before") == len(SECRETS)
    assert "X-Amz-Date=20261126" in told
    assert "aws_session_token = [removed]" in told


def test_people_are_taken_out_of_log_lines_and_codes_stay() -> None:
    line = {
        "event": "sale_recorded",
        "txn_id": "01a20b54-440e-7d5a-8b19-23ec61ff4d80",
        "staff_id": "ana",
        "buyer_name": "Ada Lovelace",
        "code": "serial_leased_elsewhere",
        "nested": [{"by": "olga", "left": 3}],
    }
    told = redact(f"2026-11-26T12:00:00 till-1 kiosk-agent[7]: {json.dumps(line)}")
    assert "ana" not in told.partition("{")[2].replace("serial_leased_elsewhere", "")
    assert "Lovelace" not in told
    assert "olga" not in told
    for stays in ("sale_recorded", line["txn_id"], "serial_leased_elsewhere", '"left": 3'):
        assert str(stays) in told
    assert redact_json({"code": "7KQ49MZ2XH3TW8RP"}) == {"code": OUT}


@pytest.mark.parametrize("text", ["", "{", "kiosk-agent started", '{"a": 1'])
def test_what_has_none_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_anything_can_be_redacted(text: str) -> None:
    assert redact(text).count("\n") <= text.count("\n")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
NAMES = st.sampled_from(["name", "by", "code", "pin", "address", "left"]) | st.text(max_size=8)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner))


@given(JSON)
def test_any_json_can_be_redacted_and_nothing_stays_of_a_persons_fields(value: object) -> None:
    assert nothing_stays(redact_json(value))
    redact(json.dumps(value))


def nothing_stays(value: object) -> bool:
    match value:
        case dict():
            kept = (value.get(name) for name in ("name", "by", "pin", "address"))
            return all(one in (None, "", OUT, True, False) for one in kept) and all(
                nothing_stays(one) for one in value.values()
            )
        case list():
            return all(nothing_stays(one) for one in value)
        case _:
            return True


@pytest.mark.parametrize("card", ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005"])
def test_card_numbers_are_taken_out_however_they_are_written(card: str) -> None:
    assert redact(f"paid by {card}, thanks") == f"paid by {OUT}, thanks"
    assert redact_json({"detail": f"card {card}"}) == {"detail": f"card {OUT}"}


@pytest.mark.parametrize("number", ["4111111111111112", "2026-11-27 12:00:00", "1764244800123"])
def test_figures_that_are_no_card_numbers_stay(number: str) -> None:
    assert redact(f"at {number} it fell") == f"at {number} it fell"
