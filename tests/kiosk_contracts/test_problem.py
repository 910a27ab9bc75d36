"""The problem body: what every refusal says, and what a newer peer adds to it."""

import json

import pytest
from pydantic import ValidationError

from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE, Problem, ProblemCode, ProblemError


def test_a_problem_has_the_members_of_rfc_9457_and_ours() -> None:
    error = ProblemError(
        409,
        ProblemCode.STOCK_USED_UP,
        "Sold out at this kiosk",
        detail="The Tempest, Adult: 3 left, 5 wanted.",
        hint="Sell 3 instead.",
        retryable=True,
        retry_after_s=30,
        extra={"left": 3, "verdict": "amber"},
    )
    assert error.problem.to_json() == {
        "type": "about:blank",
        "title": "Sold out at this kiosk",
        "status": 409,
        "detail": "The Tempest, Adult: 3 left, 5 wanted.",
        "code": "stock_used_up",
        "retryable": True,
        "hint": "Sell 3 instead.",
        "left": 3,
        "verdict": "amber",
    }
    assert error.code == "stock_used_up"
    assert error.retry_after_s == 30
    assert PROBLEM_CONTENT_TYPE == "application/problem+json"


def test_a_plain_refusal_asks_for_no_second_try() -> None:
    error = ProblemError(404, "event_unknown", "Event not known here")
    assert error.problem.retryable is False
    assert error.retry_after_s is None
    assert (error.problem.detail, error.problem.hint) == ("", "")


def test_a_refusal_reads_as_title_and_detail() -> None:
    assert str(ProblemError(404, "x", "Not here")) == "Not here"
    assert str(ProblemError(404, "x", "Not here", detail="no event e")) == "Not here: no event e"


def test_members_and_codes_of_a_newer_peer_are_kept() -> None:
    body = {
        "type": "about:blank",
        "title": "Too warm",
        "status": 418,
        "detail": "",
        "code": "kettle_boils",
        "retryable": False,
        "hint": "",
        "instance": "/teapots/1",
        "previous": {"gate": "North", "seen": [1, None]},
    }
    read = Problem.model_validate_json(json.dumps(body))
    assert read.to_json() == body
    assert Problem.model_validate(read.to_json()) == read


def test_a_problem_of_any_server_needs_title_status_and_code_only() -> None:
    read = Problem.model_validate({"title": "Gone", "status": 410, "code": "gone"})
    assert (read.type, read.retryable) == ("about:blank", False)
    for member in ("title", "status", "code"):
        with pytest.raises(ValidationError, match=member):
            Problem.model_validate({"title": "a", "status": 400, "code": "b"} | {member: None})


@pytest.mark.parametrize(("status", "fits"), [(99, False), (100, True), (599, True), (600, False)])
def test_a_status_is_one_of_http(status: int, *, fits: bool) -> None:
    body = {"title": "a", "status": status, "code": "b"}
    if fits:
        assert Problem.model_validate(body).status == status
    else:
        with pytest.raises(ValidationError, match="status"):
            Problem.model_validate(body)


def test_a_code_is_its_own_name_in_small_letters() -> None:
    assert {code.value for code in ProblemCode} == {
        name.lower() for name in ProblemCode.__members__
    }
