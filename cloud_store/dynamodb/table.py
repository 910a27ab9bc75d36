"""The table: made once, by a command; looked at by every process that opens it."""

from collections.abc import Mapping
from typing import Any, Final

from cloud_store.dynamodb.asking import Line, RefusedError, pause
from cloud_store.dynamodb.layout import PARTITION, SORT
from cloud_store.port import Absent, ConditionFailedError, Key, Put, Store, StoreError

SCHEMA_VERSION: Final = 1
_ABOUT: Final = Key("store", "about")
"""The item that says whose table it is."""
_KEYS: Final = [
    {"AttributeName": PARTITION, "KeyType": "HASH"},
    {"AttributeName": SORT, "KeyType": "RANGE"},
]
_MADE_AFTER: Final = 60
"""Looks at a table that is being made; some seconds is usual."""


async def check_table(line: Line, store: Store, program: str) -> None:
    """Raise StoreError for a table that can't be the program's store."""
    name = line.place.name
    described = await _described(line)
    if described is None:
        raise StoreError(
            f"there is no table {name} in {line.place.region}: make it with `{program} store "
            "create`, or correct store_table and store_region"
        )
    _check_shape(described, name)
    if described["TableStatus"] not in {"ACTIVE", "UPDATING"}:
        raise StoreError(f"table {name} is {described['TableStatus']}: wait until it is ACTIVE")
    about = await store.get(_ABOUT)
    if about is None:
        raise StoreError(f"table {name} is not marked as ours: run `{program} store create`")
    _check_about(about.body, name, program)


async def create_table(line: Line, store: Store, program: str) -> bool:
    """Make the table, mark it, and have it kept safe; return whether it was not there before.

    Idempotent: what an earlier run left undone is done. Billed by request, with deletion
    protection and point-in-time recovery. Raises StoreError.
    """
    before = await _described(line)
    if before is None:
        await _create(line)
    else:
        _check_shape(before, line.place.name)
    await _until_active(line)
    try:
        await store.commit([Put(_ABOUT, {"program": program, "schema": SCHEMA_VERSION}, Absent())])
    except ConditionFailedError:
        about = await store.get(_ABOUT)
        _check_about(about.body if about else {}, line.place.name, program)
    await _protect(line)
    return before is None


def _check_shape(described: Mapping[str, Any], name: str) -> None:
    types = {
        one["AttributeName"]: one["AttributeType"] for one in described["AttributeDefinitions"]
    }
    strings = types.get(PARTITION) == types.get(SORT) == "S"
    if described["KeySchema"] != _KEYS or not strings:
        raise StoreError(
            f"table {name} is no store of ours: its key is not the strings {PARTITION} and {SORT}"
        )


def _check_about(about: Mapping[str, Any], name: str, program: str) -> None:
    if about.get("program") != program:
        raise StoreError(f"table {name} is another program's: {about.get('program')}")
    version = about.get("schema")
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"table {name} is of version {version}; this program reads {SCHEMA_VERSION}"
        )


async def _described(line: Line) -> Mapping[str, Any] | None:
    try:
        answer = await line.ask("describe_table", TableName=line.place.name)
    except RefusedError as error:
        if error.trouble.code == "ResourceNotFoundException":
            return None
        raise StoreError(error.trouble.what) from error
    table: Mapping[str, Any] = answer["Table"]
    return table


async def _create(line: Line) -> None:
    try:
        await line.ask(
            "create_table",
            TableName=line.place.name,
            KeySchema=_KEYS,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in (PARTITION, SORT)
            ],
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=True,
        )
    except RefusedError as error:
        # Made by another at the same time, or by an attempt whose answer was lost.
        if error.trouble.code != "ResourceInUseException":
            raise StoreError(error.trouble.what) from error


async def _until_active(line: Line) -> None:
    for attempt in range(_MADE_AFTER):
        described = await _described(line)
        if described is not None and described["TableStatus"] == "ACTIVE":
            return
        await pause(attempt)
    raise StoreError(f"table {line.place.name} is still being made: run the same again")


async def _protect(line: Line) -> None:
    name, described = line.place.name, await _described(line)
    try:
        if described is not None and not described.get("DeletionProtectionEnabled"):
            await line.ask("update_table", TableName=name, DeletionProtectionEnabled=True)
            await _until_active(line)
        await line.ask(
            "update_continuous_backups",
            TableName=name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
    except RefusedError as error:
        raise StoreError(error.trouble.what) from error
