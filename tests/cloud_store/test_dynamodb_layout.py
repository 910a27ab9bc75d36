"""Where items lie in the table, and what is too large for it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_store.dynamodb.layout import (
    LARGEST_COMMIT,
    LARGEST_ITEM,
    SEPARATOR,
    place_of,
    requests,
)
from cloud_store.dynamodb.store import DynamoStore
from cloud_store.port import Key, TooLargeError
from cloud_store.records import Record
from core_services.ticket_api.records import RosterRecord
from kiosk_contracts.roster import MOST_STAFF, RosterEntry
from tests.support.dynamodb import opener_of
from tests.support.stores import key, new

KINDS = st.text(st.characters(exclude_characters=SEPARATOR, exclude_categories=["Cs"]), min_size=1)
KEYS = st.builds(Key, KINDS, st.text(), st.text(min_size=1))
ODD = st.sampled_from(
    [Key("a", "/b"), Key("a", "b"), Key("a", "//b"), Key("ab", ""), Key("a", ""), Key("a/", "b")]
)


@given(one=KEYS, other=KEYS)
def test_two_keys_have_two_places(one: Key, other: Key) -> None:
    assert (place_of(one) == place_of(other)) == (one == other)


@given(one=KEYS)
def test_a_place_leads_back_to_its_key(one: Key) -> None:
    place = place_of(one)
    kind, _, pk = place["pk"]["S"].partition(SEPARATOR)
    assert Key(kind, pk, place["sk"]["S"]) == one


def test_a_kind_with_the_separator_is_refused() -> None:
    with pytest.raises(ValueError, match="a kind has no '/'"):
        place_of(Key("a/b", "c"))


def test_no_kind_of_ours_has_the_separator() -> None:
    import core_services.ticket_api.runtime  # noqa: F401, PLC0415  defines its records
    import fleet_service.runtime  # noqa: F401, PLC0415  the same

    kinds = [each.store_kind for each in _all_below(Record) if hasattr(each, "store_kind")]
    assert len(kinds) > 15
    assert [kind for kind in kinds if SEPARATOR in kind] == []


def _all_below(record: type[Any]) -> list[type[Any]]:
    return [each for own in record.__subclasses__() for each in (own, *_all_below(own))]


@given(texts=st.lists(st.text()))
def test_bytes_of_utf_8_are_in_the_order_of_code_points(texts: list[str]) -> None:
    """DynamoDB compares the former; the port promises the latter."""
    assert sorted(texts, key=str.encode) == sorted(texts)


@pytest.mark.parametrize(("said", "size"), [("x", 1), ("é", 2), ("日", 3), ("\U0001f600", 4)])
def test_a_body_takes_no_more_than_its_utf_8(said: str, size: int) -> None:
    (request,) = requests([new(key(), said=said)], "t", "w")
    text = request["Put"]["Item"]["body"]["S"]
    assert len(text.encode()) == len('{"said":""}') + size


def test_the_largest_roster_fits() -> None:
    """The largest that operators may send: as many people, with names as long, as may be."""
    pin_hash = f"$argon2id$v=19$m=65536,t=3,p=4${'s' * 22}${'h' * 43}"
    name = "\U0001f600" * 120
    members = [
        RosterEntry.model_validate(
            {"staff_id": f"{n:040}", "name": name, "role": "manager", "pin_hash": pin_hash}
        )
        for n in range(MOST_STAFF)
    ]
    roster = RosterRecord(version=1, members=tuple(members)).to_json()
    (request,) = requests([new(key(), **roster)], "t", "w")
    assert len(request["Put"]["Item"]["body"]["S"].encode()) > 300_000


def _filled(size: int) -> dict[str, Any]:
    """Return a body of so many bytes of JSON."""
    return {"f": "x" * (size - len(json.dumps({"f": ""}, separators=(",", ":"))))}


async def test_what_fits_is_written_and_one_byte_too_much_is_refused_beforehand(
    dynamodb: str,
) -> None:
    assert dynamodb
    around = LARGEST_ITEM - 300
    (request,) = requests([new(key(), **_filled(around))], "t", "w" * 32)
    assert len(request["Put"]["Item"]["body"]["S"]) == around
    async with opener_of()() as store:
        assert isinstance(store, DynamoStore)
        await store.commit([new(key(), **_filled(around))])
        with pytest.raises(TooLargeError, match="k p big makes 400,") as refused:
            await store.commit([new(key("a")), new(key("big"), **_filled(LARGEST_ITEM - 60))])
        assert refused.value.key == key("big")
        assert [item.key for item in await store.query("k", "p")] == [key()]


@pytest.mark.parametrize("at", [key("x" * 1025), key("-", "x" * 2047), key("é" * 513)])
def test_a_key_that_is_too_long_is_refused(at: Key) -> None:
    with pytest.raises(TooLargeError):
        requests([new(at)], "t", "w")


def test_a_commit_of_more_than_four_megabytes_is_refused() -> None:
    writes = [new(key(f"{n:02d}"), **_filled(LARGEST_COMMIT // 20)) for n in range(20)]
    requests(writes[:-1], "t", "w")
    with pytest.raises(TooLargeError, match="the store takes 4,194,304") as refused:
        requests(writes, "t", "w")
    assert refused.value.key == key("19")
