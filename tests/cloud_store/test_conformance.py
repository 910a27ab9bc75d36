"""What every adapter of the store does: conditional writes together, reads by key and in order."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud_store.port import (
    MAX_WRITES,
    Absent,
    Check,
    ConditionFailedError,
    Delete,
    Item,
    Key,
    Put,
    Store,
    VersionIs,
    Write,
)
from tests.support.stores import Opener, bodies, change, key, new


async def test_nothing_is_where_nothing_was_written(store: Store) -> None:
    assert await store.get(key()) is None
    assert await store.get_many([key("a"), key("b")]) == [None, None]
    assert await store.get_many([]) == []
    assert await store.query("k", "p") == []


async def test_an_item_is_read_back_with_version_1_and_one_more_with_every_write(
    store: Store,
) -> None:
    await store.commit([new(key(), a=1)])
    assert await store.get(key()) == Item(key(), 1, {"a": 1})

    await store.commit([change(key(), 1, b=2)])
    await store.commit([change(key(), 2, c=3)])

    assert await store.get(key()) == Item(key(), 3, {"c": 3})


async def test_items_come_in_the_order_of_the_keys_also_twice(store: Store) -> None:
    await store.commit([new(key("a"), n=1), new(key("b"), n=2)])

    asked = [key("b"), key("missing"), key("a"), key("b")]

    assert await bodies(store, *asked) == [{"n": 2}, None, {"n": 1}, {"n": 2}]


async def test_more_items_are_read_than_one_commit_writes(store: Store) -> None:
    keys = [key(f"{number:04d}") for number in range(12 * MAX_WRITES)]
    for start in range(0, len(keys), MAX_WRITES):
        await store.commit([new(each, at=each.sk) for each in keys[start : start + MAX_WRITES]])

    assert await bodies(store, *reversed(keys)) == [{"at": each.sk} for each in reversed(keys)]


async def test_kind_partition_and_sort_key_each_tell_items_apart(store: Store) -> None:
    keys = [key("s", "p", "k"), key("s", "p", "l"), key("s", "q", "k"), key("t", "p", "k")]

    await store.commit([new(each, n=number) for number, each in enumerate(keys)])

    assert await bodies(store, *keys) == [{"n": number} for number in range(4)]


FAILING: list[Write] = [
    new(key("there"), x=1),
    change(key("there"), 2, x=1),
    change(key("missing"), 1, x=1),
    change(key("missing"), 0, x=1),
    Delete(key("there"), VersionIs(2)),
    Delete(key("missing"), VersionIs(1)),
    Check(key("there"), VersionIs(2)),
    Check(key("there"), Absent()),
    Check(key("missing"), VersionIs(1)),
]


@pytest.mark.parametrize("failing", FAILING, ids=str)
@pytest.mark.parametrize("position", [0, 1, 2])
async def test_a_condition_that_does_not_hold_undoes_the_whole_commit_and_is_named(
    store: Store, failing: Write, position: int
) -> None:
    await store.commit([new(key("there"), n=1), new(key("changed"), n=1), new(key("gone"), n=1)])
    writes: list[Write] = [
        change(key("changed"), 1, n=2),
        Delete(key("gone"), VersionIs(1)),
        new(key("new"), n=1),
    ]
    writes.insert(position, failing)

    with pytest.raises(ConditionFailedError) as refused:
        await store.commit(writes)

    assert refused.value.key == failing.key
    keys = [key(name) for name in ("there", "changed", "gone", "new", "missing")]
    assert await bodies(store, *keys) == [{"n": 1}, {"n": 1}, {"n": 1}, None, None]
    assert [item and item.version for item in await store.get_many(keys[:3])] == [1, 1, 1]


async def test_a_check_that_holds_changes_nothing_where_it_looks(store: Store) -> None:
    await store.commit([new(key("there"), n=1)])

    checks = [Check(key("there"), VersionIs(1)), Check(key("missing"), Absent())]
    await store.commit([*checks, new(key("new"), n=1)])
    await store.commit(checks)

    assert await store.get(key("there")) == Item(key("there"), 1, {"n": 1})
    assert await bodies(store, key("missing"), key("new")) == [None, {"n": 1}]
    with pytest.raises(ValueError, match="each of another key"):
        await store.commit([checks[0], change(key("there"), 1, n=2)])


async def test_what_was_removed_is_gone_and_its_key_begins_anew(store: Store) -> None:
    await store.commit([new(key(), n=1)])
    await store.commit([change(key(), 1, n=2)])

    await store.commit([Delete(key(), VersionIs(2))])
    assert await store.get(key()) is None
    assert await store.query("k", "p") == []

    await store.commit([new(key(), n=3)])
    assert await store.get(key()) == Item(key(), 1, {"n": 3})


async def test_a_commit_is_as_large_as_the_port_says_and_no_larger(store: Store) -> None:
    writes = [new(key(f"{number:03d}")) for number in range(MAX_WRITES + 1)]

    with pytest.raises(ValueError, match="at most 100 writes"):
        await store.commit(writes)
    assert await store.query("k", "p") == []

    await store.commit(writes[:MAX_WRITES])
    assert len(await store.query("k", "p", limit=1000)) == MAX_WRITES == 100


async def test_two_writes_of_one_key_in_a_commit_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="each of another key"):
        await store.commit([new(key(), n=1), Delete(key(), VersionIs(1))])

    assert await store.get(key()) is None


@pytest.mark.parametrize("at", [key(""), key("\ud800"), key("a", "\udfff")], ids=ascii)
async def test_a_key_that_no_store_can_order_is_refused_and_takes_nothing_from_others(
    store: Store, at: Key
) -> None:
    answers = await asyncio.gather(
        store.commit([new(key("good"))]),
        store.commit([new(key("beside")), new(at)]),
        return_exceptions=True,
    )

    assert answers[0] is None
    assert isinstance(answers[1], ValueError)
    assert [item.key for item in await store.query("k", "p")] == [key("good")]


async def test_nothing_is_at_a_key_that_nothing_can_have(store: Store) -> None:
    await store.commit([new(key("there"))])
    odd = [key(""), key("x" * 5000), key("there", "x" * 5000)]

    assert await bodies(store, *odd, key("there")) == [None, None, None, {}]
    assert [await store.get(each) for each in odd] == [None, None, None]
    assert await store.query("k", "p", after="x" * 5000) == []
    assert len(await store.query("k", "p", after="a" * 5000)) == 1


async def test_a_kind_ends_where_its_partition_begins(store: Store) -> None:
    keys = [Key("k", "p/q"), Key("k", "p"), Key("k", "/p"), Key("kp", "q"), Key("k", "")]
    await store.commit([new(each, n=number) for number, each in enumerate(keys)])

    assert await bodies(store, *keys) == [{"n": number} for number in range(5)]
    for each in keys:
        assert [item.key for item in await store.query(each.kind, each.pk)] == [each]


async def test_an_item_of_300_kilobytes_and_a_commit_of_three_megabytes_are_kept(
    store: Store,
) -> None:
    filling = "é" * 100 + "x" * 299_000
    await store.commit([new(key(f"{n:02d}"), filling=filling) for n in range(10)])

    assert await bodies(store, key("00"), key("09")) == [{"filling": filling}] * 2


SORTED = ["", "-", "0", "9", "A", "Z", "a", "a/b", "ab", "z", "é", "\uffff", "\U0001f600"]


async def test_a_partition_is_read_in_the_order_of_code_points(store: Store) -> None:
    await store.commit([new(key(sk), sk=sk) for sk in reversed(SORTED[1:])])

    items = await store.query("k", "p")

    assert [item.key.sk for item in items] == SORTED[1:] == sorted(SORTED[1:])
    assert [(item.key, item.version, item.body) for item in items] == [
        (key(sk), 1, {"sk": sk}) for sk in SORTED[1:]
    ]


@pytest.mark.parametrize("after", [*SORTED, "a/", "zz"])
async def test_a_read_begins_above_a_sort_key_whether_that_exists_or_not(
    store: Store, after: str
) -> None:
    await store.commit([new(key(sk)) for sk in SORTED[1:]])

    items = await store.query("k", "p", after=after)

    assert [item.key.sk for item in items] == [sk for sk in SORTED[1:] if sk > after]


async def test_a_page_is_as_long_as_asked_and_pages_join_without_gap_or_overlap(
    store: Store,
) -> None:
    names = [f"{number:03d}" for number in range(MAX_WRITES)]
    await store.commit([new(key(name)) for name in names])
    await store.commit([new(key("more"))])

    read: list[str] = []
    while page := await store.query("k", "p", after=read[-1] if read else "", limit=33):
        read += [item.key.sk for item in page]
        assert len(page) == min(33, 101 + len(page) - len(read))

    assert read == [*names, "more"]
    assert len(await store.query("k", "p")) == 100


async def test_a_read_keeps_to_its_partition(store: Store) -> None:
    others = [key("b", "p", "other"), key("b", "o"), key("b", "q"), key("b", "p/x"), key("b", "P")]
    await store.commit([new(key("a")), *(new(other) for other in others)])

    assert [item.key for item in await store.query("k", "p")] == [key("a")]


JSON_BODIES = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=JSON_BODIES)
async def test_every_body_is_read_back_as_it_was(store: Store, body: dict[str, Any]) -> None:
    at = key(str(uuid4()))
    await store.commit([Put(at, body, Absent())])

    assert await bodies(store, at) == [body]


@pytest.mark.parametrize("said", ["\ud800", "a\udfffé", "\U0001f600", "\x00"], ids=ascii)
async def test_text_that_is_no_unicode_is_kept_as_json_has_it(store: Store, said: str) -> None:
    await store.commit([new(key(), said=said, **{said: 1})])

    assert await bodies(store, key()) == [{"said": said, said: 1}]


NOT_JSON = [float("nan"), {1, 2}, object()]


@pytest.mark.parametrize("value", NOT_JSON, ids=["not a number", "a set", "an object"])
async def test_a_body_that_is_no_json_is_refused_and_nothing_is_written(
    store: Store, value: Any
) -> None:
    with pytest.raises((ValueError, TypeError)):
        await store.commit([new(key("good")), new(key("bad"), value=value)])

    assert await store.query("k", "p") == []


@pytest.mark.parametrize("sk", ["'; DROP TABLE items; --", "a\nb", "%", "日本語/é"])
async def test_a_key_is_any_text(store: Store, sk: str) -> None:
    at = Key("k", sk, sk)
    await store.commit([new(at, n=1)])

    assert await store.get(at) == Item(at, 1, {"n": 1})
    assert await store.query("k", sk) == [Item(at, 1, {"n": 1})]


async def test_what_was_committed_is_there_when_the_store_is_opened_again(opener: Opener) -> None:
    async with opener() as store:
        await store.commit([new(key("kept"), n=1), new(key("gone"))])
        await store.commit([change(key("kept"), 1, n=2), Delete(key("gone"), VersionIs(1))])

    async with opener() as store:
        assert await store.get(key("kept")) == Item(key("kept"), 2, {"n": 2})
        assert await store.get(key("gone")) is None


async def test_every_read_sees_every_commit_that_has_returned_whoever_made_it(
    opener: Opener,
) -> None:
    async with opener() as one, opener() as two:
        for number in range(20):
            writer, reader = (one, two) if number % 2 else (two, one)
            await writer.commit([new(key(f"{number:02d}"), n=number)])
            assert await bodies(reader, key(f"{number:02d}")) == [{"n": number}]
            assert len(await reader.query("k", "p")) == number + 1
