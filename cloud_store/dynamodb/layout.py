"""How an item lies in the table: `pk`, `sk`, `version`, `body` and `write`, and how large it is.

Sizes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cloud_store.port import (
    Absent,
    Body,
    Check,
    Condition,
    Delete,
    Item,
    Key,
    Put,
    TooLargeError,
    Write,
)

SEPARATOR: Final = "/"
"""Between kind and partition key. No kind has one, so the first of them ends the kind."""
PARTITION: Final = "pk"
SORT: Final = "sk"
LARGEST_ITEM: Final = 400_000
"""DynamoDB says 400 KB, and not of which kind."""
LARGEST_COMMIT: Final = 4 * 1024 * 1024
LONGEST_PARTITION_KEY: Final = 2048
LONGEST_SORT_KEY: Final = 1024
"""All in bytes."""
_NAMES: Final = len(PARTITION) + len(SORT) + len("version") + len("body") + len("write")
_NUMBER: Final = 21
"""A number takes no more, whatever it is."""

Attributes = Mapping[str, Any]
"""As the low-level API has them: `{"pk": {"S": "…"}}`."""


def place_of(key: Key) -> dict[str, Any]:
    """Return an item's primary key; ValueError for a kind that could be mistaken for another."""
    return {PARTITION: {"S": partition_of(key.kind, key.pk)}, SORT: {"S": key.sk}}


def partition_of(kind: str, pk: str) -> str:
    """Return the partition that has the items of a kind and pk, and no others."""
    if SEPARATOR in kind:
        raise ValueError(f"a kind has no {SEPARATOR!r}: {kind!r}")
    return f"{kind}{SEPARATOR}{pk}"


def fits(key: Key) -> bool:
    """Say whether an item can be at the key: DynamoDB knows none that is longer, and none empty."""
    return (
        0 < _bytes(key.sk) <= LONGEST_SORT_KEY
        and _bytes(partition_of(key.kind, key.pk)) <= LONGEST_PARTITION_KEY
    )


def item_at(key: Key, found: Attributes) -> Item:
    """Return the item at a key, from its attributes."""
    return Item(key, int(found["version"]["N"]), json.loads(found["body"]["S"]))


def requests(writes: Sequence[Write], table: str, write_id: str) -> list[dict[str, Any]]:
    """Return what TransactWriteItems is asked for `writes`, one member for each.

    ValueError for a body that is no JSON; TooLargeError for what DynamoDB would not take.
    """
    asked = [_request(write, table, write_id) for write in writes]
    size = 0
    for write, request in zip(writes, asked, strict=True):
        taken = _size(request)
        size += taken
        if not fits(write.key) or taken > LARGEST_ITEM:
            raise TooLargeError(write.key, taken, LARGEST_ITEM)
        if size > LARGEST_COMMIT:
            raise TooLargeError(write.key, size, LARGEST_COMMIT)
    return asked


def _request(write: Write, table: str, write_id: str) -> dict[str, Any]:
    condition = {"TableName": table, **_condition(write.condition)}
    match write:
        case Put(key=key, body=body):
            item = {
                **place_of(key),
                "version": {"N": str(_version(write.condition))},
                "body": {"S": _text(body)},
                "write": {"S": write_id},
            }
            return {"Put": {**condition, "Item": item}}
        case Delete(key=key):
            return {"Delete": {**condition, "Key": place_of(key)}}
        case Check(key=key):
            return {"ConditionCheck": {**condition, "Key": place_of(key)}}


def _text(body: Body) -> str:
    """Return a body as JSON, as short as UTF-8 makes it: sizes are bounded, and paid for."""
    text = json.dumps(body, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # Half of a surrogate pair, as JSON may have it, has no UTF-8; its escape has.
            return json.dumps(body, separators=(",", ":"), allow_nan=False)
    return text


def _condition(condition: Condition) -> dict[str, Any]:
    match condition:
        case Absent():
            return {
                "ConditionExpression": "attribute_not_exists(#p)",
                "ExpressionAttributeNames": {"#p": PARTITION},
            }
        case _:
            return {
                "ConditionExpression": "#v = :v",
                "ExpressionAttributeNames": {"#v": "version"},
                "ExpressionAttributeValues": {":v": {"N": str(condition.version)}},
            }


def _version(condition: Condition) -> int:
    return 1 if isinstance(condition, Absent) else condition.version + 1


def _size(request: Mapping[str, Any]) -> int:
    """Return how many bytes DynamoDB counts for an item, rounded up; 0 where none is written."""
    if "Put" not in request:
        return 0
    item = request["Put"]["Item"]
    texts = sum(_bytes(value["S"]) for value in item.values() if "S" in value)
    return texts + _NAMES + _NUMBER


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
