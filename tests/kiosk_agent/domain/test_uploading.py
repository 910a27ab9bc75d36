"""Which steps come of a batch's outcomes, and which don't."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from kiosk_agent.domain.uploading import (
    BatchSize,
    NotJudged,
    Park,
    Quarantine,
    SentItem,
    Settle,
    TryAgain,
    is_about_the_items,
    misfit,
    plan_outcomes,
    refused_alone,
)
from kiosk_contracts.uploads import ItemOutcome, ItemStatus

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
PARK_AFTER = timedelta(minutes=10)
_SEQUENCES = count(1)


def _item(refused_for: timedelta | None = None, *, was_parked: bool = False) -> SentItem:
    since = None if refused_for is None else NOW - refused_for
    return SentItem(next(_SEQUENCES), since, was_parked=was_parked)


def _outcome(status: str) -> ItemOutcome:
    return ItemOutcome(txn_id=None, status=status, code="", detail="")


def _plan(items: list[SentItem], statuses: list[str]) -> list[tuple[type, int]]:
    outcomes = [_outcome(status) for status in statuses]
    steps = plan_outcomes(items, outcomes, NOW, PARK_AFTER)
    return [(type(step), step.sequence) for step in steps]


def test_a_settled_prefix_stands_and_the_first_retry_stops_the_batch() -> None:
    items = [_item() for _ in range(5)]
    plan = _plan(items, ["settled", "settled", "retry", "settled", "quarantined"])
    kinds = [Settle, Settle, TryAgain, NotJudged, NotJudged]
    assert plan == list(zip(kinds, (item.sequence for item in items), strict=True))


def test_a_quarantined_item_holds_up_nobody() -> None:
    items = [_item() for _ in range(3)]
    plan = _plan(items, ["settled", "quarantined", "settled"])
    assert [kind for kind, _ in plan] == [Settle, Quarantine, Settle]


def test_an_item_refused_for_long_enough_is_parked_and_others_pass() -> None:
    items = [_item(PARK_AFTER), _item(PARK_AFTER - timedelta(seconds=1)), _item()]
    plan = _plan(items, ["retry", "retry", "settled"])
    assert [kind for kind, _ in plan] == [Park, TryAgain, NotJudged]


def test_an_item_that_comes_from_the_park_goes_back_there_at_once() -> None:
    plan = _plan([_item(was_parked=True), _item()], ["retry", "settled"])
    assert [kind for kind, _ in plan] == [Park, Settle]


def test_a_status_of_a_newer_peer_counts_as_a_retry() -> None:
    assert [kind for kind, _ in _plan([_item(), _item()], ["marinated", "settled"])] == [
        TryAgain,
        NotJudged,
    ]


def test_another_number_of_outcomes_is_no_plan() -> None:
    with pytest.raises(ValueError, match="shorter"):
        plan_outcomes([_item(), _item()], [_outcome("settled")], NOW, PARK_AFTER)


@given(st.lists(st.sampled_from([*ItemStatus, "unknown"]), min_size=1, max_size=30))
def test_every_item_gets_exactly_one_step_in_order(statuses: list[str]) -> None:
    items = [_item() for _ in statuses]
    plan = _plan(items, statuses)
    assert [sequence for _, sequence in plan] == [item.sequence for item in items]
    assert sum(kind is TryAgain for kind, _ in plan) <= 1
    judged = [kind for kind, _ in plan if kind is not NotJudged]
    assert all(kind is NotJudged for kind, _ in plan[len(judged) :])


@pytest.mark.parametrize(
    ("status", "code", "blames"),
    [
        (400, "body_not_json", True),
        (422, "body_invalid", True),
        (422, "a_code_of_a_newer_peer", True),
        (413, "body_too_large", True),
        (413, "upstream_garbage", True),
        (400, "protocol_version_unsupported", False),
        (400, "upstream_garbage", False),
        (401, "token_invalid", False),
        (403, "journal_of_another_kiosk", False),
        (404, "not_found", False),
        (500, "internal_error", False),
        (None, "line_down", False),
    ],
)
def test_which_refusals_blame_the_items(status: int | None, code: str, *, blames: bool) -> None:
    assert is_about_the_items(status, code) is blames


def test_the_item_that_is_to_blame_is_quarantined_with_words_and_a_hint() -> None:
    outcome = refused_alone("body_invalid", "payload: too deep")
    assert (outcome.status, outcome.code) == ("quarantined", "body_invalid")
    assert "too deep" in outcome.detail
    assert "tried again in Transactions" in outcome.hint


_FIRST = "01a21570-d9fb-7a5e-823d-57f6050de4db"
_SECOND = "01a21570-d9fc-7a5e-823d-57f6050de4db"


def _named(txn_id: str) -> JsonValue:
    return {"envelope": {"txn_id": txn_id}}


def _of(txn_id: str | None, status: str = "settled") -> ItemOutcome:
    return ItemOutcome(txn_id=None if txn_id is None else UUID(txn_id), status=status)


@pytest.mark.parametrize(
    ("items", "outcomes"),
    [
        ([_named(_FIRST), _named(_SECOND)], [_of(_FIRST), _of(_SECOND)]),
        ([_named(_FIRST.upper())], [_of(_FIRST)]),
        (["torn", {"envelope": None}, [7]], [_of(None, "quarantined")] * 3),
        ([_named(_FIRST)], [_of(None, "retry")]),
    ],
)
def test_outcomes_of_these_items_fit(items: list[JsonValue], outcomes: list[ItemOutcome]) -> None:
    assert misfit(items, outcomes) is None


@pytest.mark.parametrize(
    ("items", "outcomes", "why"),
    [
        ([_named(_FIRST), _named(_SECOND)], [_of(_FIRST)], "not of this batch"),
        ([_named(_FIRST)], [_of(_FIRST), _of(_SECOND)], "not of this batch"),
        ([_named(_FIRST), _named(_SECOND)], [_of(_SECOND), _of(_FIRST)], "another order"),
        (["torn", _named(_FIRST)], [_of(_FIRST), _of(None, "quarantined")], "another order"),
        ([{"envelope": {"txn_id": "no id"}}], [_of(_FIRST)], "another order"),
        ([_named(_FIRST)], [_of(None)], "settles nothing that it names"),
        (["torn"], [_of(None)], "settles nothing that it names"),
    ],
)
def test_outcomes_that_are_not_of_these_items_say_why(
    items: list[JsonValue], outcomes: list[ItemOutcome], why: str
) -> None:
    assert why in (misfit(items, outcomes) or "they fit")


def test_a_batch_halves_from_what_was_sent_and_doubles_up_to_the_maximum() -> None:
    size = BatchSize(200, 200)
    assert size.halved(200).limit == 100
    assert size.halved(30).limit == 15
    assert size.halved(1).limit == 1
    assert size.halved(1).grown().grown().limit == 4
    assert BatchSize(150, 200).grown().limit == 200
