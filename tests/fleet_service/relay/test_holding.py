"""What is held of a kiosk's requests, and of what is answered, is its own share and no more."""

import pytest

from fleet_service.relay import holding
from fleet_service.relay.holding import Holding
from kiosk_contracts.problem import ProblemError


def test_one_kiosk_holds_its_share_of_bytes_and_leaves_others_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(holding, "MOST_BYTES_OF_ONE", 100)
    whole = Holding(1000)
    with whole.of("a") as first, whole.of("a") as second, whole.of("b") as other:
        first.more(60)
        second.more(40)
        with pytest.raises(ProblemError, match="too much at once") as refusal:
            second.more(1)
        assert (refusal.value.problem.status, refusal.value.retry_after_s) == (429, 5)
        other.more(100)
        assert whole.bytes == 200
    assert (whole.bytes, whole.requests, dict(whole.bytes_of)) == (0, 0, {})


def test_an_answer_takes_its_request_s_room_and_is_never_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(holding, "MOST_BYTES_OF_ONE", 100)
    whole = Holding(150)
    with whole.of("a") as first:
        first.more(90)
        first.instead(200)
        assert (whole.bytes, whole.bytes_of["a"]) == (200, 200)
        with whole.of("b") as other, pytest.raises(ProblemError, match="busy"):
            other.more(1)
        first.instead(10)
        with whole.of("b") as other:
            other.more(100)
        assert whole.bytes == 10
    assert whole.bytes == 0
