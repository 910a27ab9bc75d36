"""A DynamoDB that is slow, throttled, gone, or whose answer is lost: what the store says of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from cloud_store.dynamodb import asking
from cloud_store.dynamodb.store import DynamoStore, open_dynamodb
from cloud_store.port import Check, ConditionFailedError, Delete, StoreError, VersionIs
from tests.support.dynamodb import ENDPOINT, TICKET_API, make_table
from tests.support.dynamodb_line import (
    DynamoLine,
    cancel,
    change,
    cut,
    dynamodb_line,
    fail_after,
    hang,
    lose_answer,
    lose_answer_and,
    refuse,
)
from tests.support.stores import bodies, key, new
from tests.support.stores import change as rewrite


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a pause is is no test's matter."""
    monkeypatch.setattr(asking, "_LONGEST_PAUSE_S", 0.001)


@dataclass
class Meddled:
    """A store behind a line that can be meddled with, and the same table by another way."""

    store: DynamoStore
    line: DynamoLine
    other: DynamoStore


@pytest.fixture
async def meddled(dynamodb: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Meddled]:
    place = await make_table()
    async with dynamodb_line(dynamodb) as line, open_dynamodb(place, TICKET_API) as other:
        monkeypatch.setenv(ENDPOINT, line.url)
        async with open_dynamodb(place, TICKET_API) as store:
            line.asked.clear()
            yield Meddled(store, line, other)


LOST = [lose_answer, fail_after(500), fail_after(503)]


@pytest.mark.parametrize("fault", LOST, ids=["cut", "500", "503"])
async def test_a_single_write_whose_answer_was_lost_is_known_by_its_id(
    meddled: Meddled, fault: Any
) -> None:
    meddled.line.order("PutItem", fault)

    await meddled.store.commit([new(key(), n=1)])

    assert meddled.line.fired == 1
    assert meddled.line.operations() == ["PutItem", "PutItem", "BatchGetItem"]
    item = await meddled.store.get(key())
    assert item is not None
    assert (item.version, item.body) == (1, {"n": 1})


@pytest.mark.parametrize("fault", LOST, ids=["cut", "500", "503"])
async def test_attempts_of_a_commit_carry_one_token_and_a_lost_answer_is_no_false_conflict(
    meddled: Meddled, fault: Any
) -> None:
    """The token is nothing to moto, so the second attempt fails there: what was written tells."""
    await meddled.store.commit([new(key("old"), n=1)])
    meddled.line.asked.clear()
    meddled.line.order("TransactWriteItems", fault)

    await meddled.store.commit([rewrite(key("old"), 1, n=2), new(key("new"), n=1)])

    tokens = [body["ClientRequestToken"] for _, body in meddled.line.asked[:2]]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1
    assert await bodies(meddled.store, key("old"), key("new")) == [{"n": 2}, {"n": 1}]


async def test_where_the_token_is_heeded_the_second_attempt_is_answered_as_the_first(
    meddled: Meddled,
) -> None:
    """As AWS documents it: the same token within ten minutes changes nothing and succeeds."""
    meddled.line.order("TransactWriteItems", lose_answer, change(lambda _refusal: {}))

    await meddled.store.commit([new(key("a")), new(key("b"))])

    assert meddled.line.fired == 2
    assert meddled.line.operations() == ["TransactWriteItems"] * 2
    assert await bodies(meddled.store, key("a"), key("b")) == [{}, {}]


async def test_commits_have_tokens_of_their_own(meddled: Meddled) -> None:
    meddled.line.order("TransactWriteItems", cancel("TransactionConflict", "None"))

    await meddled.store.commit([new(key("a")), new(key("b"))])

    tokens = [body["ClientRequestToken"] for _, body in meddled.line.asked]
    assert len(tokens) == len(set(tokens)) == 2


async def test_a_line_cut_before_anything_was_done_is_tried_again(meddled: Meddled) -> None:
    meddled.line.order("PutItem", cut, cut)
    meddled.line.order("GetItem", cut)
    meddled.line.order("Query", cut)

    await meddled.store.commit([new(key(), n=1)])
    assert await meddled.store.get(key()) is not None
    assert len(await meddled.store.query("k", "p")) == 1

    assert meddled.line.fired == 4


async def test_whose_write_it_is_is_not_claimed_when_another_came_after_a_lost_answer(
    meddled: Meddled,
) -> None:
    """Ours was written and overwritten: neither `written` nor `another was first` can be known."""

    async def overwrite() -> None:
        await meddled.other.commit([rewrite(key(), 1, by="another")])

    meddled.line.order("PutItem", lose_answer_and(overwrite))

    with pytest.raises(StoreError, match="lost, and then another writer was there"):
        await meddled.store.commit([new(key(), by="us")])

    assert await bodies(meddled.store, key()) == [{"by": "another"}]


async def test_a_removal_whose_answer_was_lost_is_not_told_as_another_s_victory(
    meddled: Meddled,
) -> None:
    await meddled.store.commit([new(key())])
    meddled.line.order("DeleteItem", lose_answer)

    with pytest.raises(StoreError, match="lost"):
        await meddled.store.commit([Delete(key(), VersionIs(1))])

    assert await meddled.store.get(key()) is None


async def test_a_refused_condition_without_any_doubt_reads_nothing(meddled: Meddled) -> None:
    await meddled.store.commit([new(key("there"))])
    meddled.line.asked.clear()

    for writes in ([new(key("there"))], [new(key("a")), new(key("there"))]):
        with pytest.raises(ConditionFailedError) as refused:
            await meddled.store.commit(writes)
        assert refused.value.key == key("there")

    assert meddled.line.operations() == ["PutItem", "TransactWriteItems"]


THROTTLES = [
    refuse("ProvisionedThroughputExceededException"),
    refuse("ThrottlingException"),
    refuse("RequestLimitExceeded"),
]


@pytest.mark.parametrize("throttle", THROTTLES)
async def test_a_throttle_that_passes_is_waited_for(meddled: Meddled, throttle: Any) -> None:
    meddled.line.order("PutItem", throttle, throttle)
    meddled.line.order("GetItem", throttle)

    await meddled.store.commit([new(key(), n=1)])

    assert await bodies(meddled.store, key()) == [{"n": 1}]
    assert await meddled.store.get(key()) is not None
    assert meddled.line.fired == 3


@pytest.mark.parametrize("throttle", THROTTLES)
async def test_a_throttle_that_stays_is_said_with_what_to_do(
    meddled: Meddled, throttle: Any
) -> None:
    meddled.line.order_always(throttle)
    for asked in (
        meddled.store.get(key()),
        meddled.store.get_many([key()]),
        meddled.store.query("k", "p"),
        meddled.store.commit([new(key())]),
        meddled.store.commit([new(key("a")), new(key("b"))]),
    ):
        before = meddled.line.fired
        with pytest.raises(StoreError, match=r"throttles table .* wait, or raise"):
            await asked
        assert meddled.line.fired - before == asking.ATTEMPTS


async def test_commits_that_meet_another_under_way_are_tried_again(meddled: Meddled) -> None:
    conflict = cancel("None", "TransactionConflict")
    meddled.line.order("TransactWriteItems", conflict, conflict)
    meddled.line.order("PutItem", refuse("TransactionConflictException"))

    await meddled.store.commit([new(key("a")), new(key("b"))])
    await meddled.store.commit([new(key("c"))])

    assert meddled.line.fired == 3
    assert await bodies(meddled.store, key("a"), key("b"), key("c")) == [{}, {}, {}]


async def test_a_conflict_that_stays_is_another_writer_who_was_first(meddled: Meddled) -> None:
    """Every attempt was cancelled, so nothing was written: whoever reads afresh may go on."""
    meddled.line.order_always(cancel("None", "TransactionConflict"))
    with pytest.raises(ConditionFailedError) as refused:
        await meddled.store.commit([new(key("a")), new(key("b"))])
    assert refused.value.key == key("b")
    assert meddled.line.fired == asking.ATTEMPTS

    meddled.line.order_always(refuse("TransactionConflictException"))
    with pytest.raises(ConditionFailedError) as refused:
        await meddled.store.commit([new(key("a"))])
    assert refused.value.key == key("a")


async def test_a_conflict_after_a_lost_answer_is_not_told_as_nothing_written(
    meddled: Meddled,
) -> None:
    meddled.line.order("TransactWriteItems", cut, cancel("None", "TransactionConflict"))
    with pytest.raises(StoreError, match="lost"):
        await meddled.store.commit([new(key("a")), new(key("b"))])


async def test_a_condition_counts_more_than_a_conflict_beside_it(meddled: Meddled) -> None:
    meddled.line.order(
        "TransactWriteItems", cancel("TransactionConflict", "ConditionalCheckFailed")
    )
    with pytest.raises(ConditionFailedError) as refused:
        await meddled.store.commit([new(key("a")), new(key("b"))])
    assert refused.value.key == key("b")
    assert meddled.line.operations() == ["TransactWriteItems"]


async def test_a_commit_cancelled_for_throughput_is_tried_again_and_then_said(
    meddled: Meddled,
) -> None:
    throttled = cancel("ThrottlingError", "None")
    meddled.line.order("TransactWriteItems", throttled)
    await meddled.store.commit([new(key("a")), new(key("b"))])
    assert meddled.line.fired == 1

    meddled.line.order_always(throttled)
    with pytest.raises(StoreError, match="ThrottlingError"):
        await meddled.store.commit([new(key("c")), new(key("d"))])


async def test_a_transaction_in_progress_is_ours_and_is_waited_for(meddled: Meddled) -> None:
    meddled.line.order("TransactWriteItems", lose_answer, refuse("TransactionInProgressException"))
    await meddled.store.commit([new(key("a")), new(key("b"))])
    assert meddled.line.fired == 2


REFUSALS = [
    ("AccessDeniedException", "role may not dynamodb:GetItem"),
    ("ResourceNotFoundException", "there is no table .* `store create`"),
    ("ExpiredTokenException", "AWS does not take the credentials"),
    ("UnrecognizedClientException", "AWS does not take the credentials"),
    ("ValidationException", "refused GetItem .*as ordered"),
]


@pytest.mark.parametrize(("code", "words"), REFUSALS)
async def test_a_refusal_that_stays_is_said_at_once_in_words(
    meddled: Meddled, code: str, words: str
) -> None:
    meddled.line.order("GetItem", refuse(code))

    with pytest.raises(StoreError, match=words):
        await meddled.store.get(key())

    assert meddled.line.operations() == ["GetItem"]


async def test_a_store_that_is_gone_is_said_with_what_to_do(
    dynamodb: str, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    place = await make_table()
    async with dynamodb_line(dynamodb) as line:
        monkeypatch.setenv(ENDPOINT, line.url)
        async with open_dynamodb(place, TICKET_API) as store:
            line.order_always(cut)
            with pytest.raises(StoreError, match=r"does not answer .*look at the way there"):
                await store.get(key())
            with pytest.raises(StoreError, match="does not answer"):
                await store.commit([new(key())])
            line.order_always(None)
            assert await store.get(key()) is None
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(StoreError, match=r"does not answer .*EndpointConnectionError"):
        async with open_dynamodb(place, TICKET_API):
            pass


async def test_a_store_that_is_slow_is_given_up_and_blocks_nobody_else(
    meddled: Meddled,
) -> None:
    arrived, let_go = asyncio.Queue[None](), asyncio.Event()
    meddled.line.order_always(hang(arrived, let_go))
    meddled.store._line._longest_s = 0.3
    asked = [asyncio.create_task(meddled.store.get(key(str(n)))) for n in range(3)]
    # The line is served by this very loop: were it blocked, none of these would have come.
    for _ in asked:
        await arrived.get()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    let_go.set()

    assert all(isinstance(answer, StoreError) for answer in answers)
    assert "did not answer" in str(answers[0])
    meddled.line.order_always(None)
    meddled.store._line._longest_s = asking.LONGEST_S
    assert await meddled.store.get(key()) is None


async def test_what_is_not_processed_is_asked_for_again(meddled: Meddled) -> None:
    keys = [key(f"{n:03d}") for n in range(150)]
    for start in (0, 100):
        await meddled.store.commit([new(one, at=one.sk) for one in keys[start : start + 100]])
    table = meddled.store._table

    def hold_back(answer: dict[str, Any]) -> dict[str, Any]:
        """Give out ten, as where a page of 16 MB is full."""
        given, kept = answer["Responses"][table][:10], answer["Responses"][table][10:]
        left = [{"pk": one["pk"], "sk": one["sk"]} for one in kept]
        unprocessed = {table: {"Keys": left, "ConsistentRead": True}}
        return {"Responses": {table: given}, "UnprocessedKeys": unprocessed}

    meddled.line.order("BatchGetItem", *[change(hold_back)] * 5)

    assert await bodies(meddled.store, *keys) == [{"at": one.sk} for one in keys]
    assert meddled.line.fired == 5
    asked = [body["RequestItems"][table] for name, body in meddled.line.asked if name[0] == "B"]
    assert all(len(one["Keys"]) <= 100 and one["ConsistentRead"] for one in asked)


async def test_reads_that_are_never_processed_are_given_up(meddled: Meddled) -> None:
    await meddled.store.commit([new(key())])
    table = meddled.store._table

    def hold_all_back(_answer: dict[str, Any]) -> dict[str, Any]:
        left = {table: {"Keys": [{"pk": {"S": "k/p"}, "sk": {"S": "-"}}]}}
        return {"Responses": {table: []}, "UnprocessedKeys": left}

    meddled.line.order_always(change(hold_all_back))
    with pytest.raises(StoreError, match="throttles reads"):
        await meddled.store.get_many([key()])
    assert meddled.line.fired == asking.ATTEMPTS


async def test_a_page_of_a_megabyte_is_followed_by_the_next_until_the_limit_is_filled(
    meddled: Meddled,
) -> None:
    for n in range(7):
        await meddled.store.commit([new(key(f"{n}"), filling="x" * 300_000)])
    meddled.line.asked.clear()

    items = await meddled.store.query("k", "p", limit=6)

    assert [item.key.sk for item in items] == ["0", "1", "2", "3", "4", "5"]
    asked = [body for name, body in meddled.line.asked if name == "Query"]
    assert len(asked) > 1
    assert [body["Limit"] for body in asked] == [6, *[6 - 3 * n for n in range(1, len(asked))]]


async def test_every_read_is_consistent_and_nothing_scans(meddled: Meddled) -> None:
    await meddled.store.commit([new(key()), Check(key("none"), new(key()).condition)])
    await meddled.store.get(key())
    await meddled.store.get_many([key(), key(), key("none")])
    await meddled.store.query("k", "p", after="a")

    reads = [(name, body) for name, body in meddled.line.asked if name != "TransactWriteItems"]
    assert [name for name, _ in reads] == ["GetItem", "BatchGetItem", "Query"]
    (_, get), (_, batch), (_, query) = reads
    (table,) = batch["RequestItems"].values()
    assert [one["ConsistentRead"] for one in (get, table, query)] == [True] * 3
    assert len(table["Keys"]) == 2
    assert "IndexName" not in query
