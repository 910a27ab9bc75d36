"""The table is made whole, once, and a table that is not ours is refused in words."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import boto3
import pytest

from cloud_store.dynamodb.asking import Line, opened
from cloud_store.dynamodb.store import DynamoStore, open_dynamodb
from cloud_store.dynamodb.table import create_table
from cloud_store.places import TablePlace
from cloud_store.port import Key, Put, StoreError, VersionIs
from tests.support.dynamodb import FLEET_SERVICE, REGION, TICKET_API, make_table
from tests.support.stores import key, new

HASH = {"AttributeName": "pk", "KeyType": "HASH"}
RANGE = {"AttributeName": "sk", "KeyType": "RANGE"}
PLACE = TablePlace("eventpro", REGION)


@asynccontextmanager
async def making(place: TablePlace = PLACE) -> AsyncIterator[tuple[Line, DynamoStore]]:
    async with opened(place) as line:
        yield line, DynamoStore(line)


async def test_a_table_is_made_with_all_that_keeps_it_safe(dynamodb: str) -> None:
    assert dynamodb
    async with making() as (line, store):
        assert await create_table(line, store, TICKET_API) is True
        assert await create_table(line, store, TICKET_API) is False
        table = (await line.ask("describe_table", TableName=PLACE.name))["Table"]
        backups = await line.ask("describe_continuous_backups", TableName=PLACE.name)

    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    assert table["KeySchema"] == [HASH, RANGE]
    described = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert described["PointInTimeRecoveryStatus"] == "ENABLED"
    async with open_dynamodb(PLACE, TICKET_API) as opened_again:
        await opened_again.commit([new(key(), n=1)])


async def test_what_another_run_left_undone_is_done(dynamodb: str) -> None:
    _plain_table(dynamodb)
    with pytest.raises(StoreError, match=r"not marked as ours: run `ticket-api store create`"):
        async with open_dynamodb(PLACE, TICKET_API):
            pass

    async with making() as (line, store):
        assert await create_table(line, store, TICKET_API) is False
        table = (await line.ask("describe_table", TableName=PLACE.name))["Table"]

    assert table["DeletionProtectionEnabled"] is True
    async with open_dynamodb(PLACE, TICKET_API):
        pass


async def test_a_table_that_is_not_there_is_said_with_the_command(dynamodb: str) -> None:
    assert dynamodb
    with pytest.raises(StoreError, match=r"no table eventpro in eu-central-1: make it with"):
        async with open_dynamodb(PLACE, TICKET_API):
            pass


async def test_another_programs_table_is_refused(dynamodb: str) -> None:
    assert dynamodb
    place = await make_table(FLEET_SERVICE)
    with pytest.raises(StoreError, match="is another program's: fleet-service"):
        async with open_dynamodb(place, TICKET_API):
            pass
    async with making(place) as (line, store):
        with pytest.raises(StoreError, match="is another program's: fleet-service"):
            await create_table(line, store, TICKET_API)


async def test_a_table_of_a_newer_version_is_refused(dynamodb: str) -> None:
    assert dynamodb
    place = await make_table()
    async with open_dynamodb(place, TICKET_API) as store:
        about = {"program": TICKET_API, "schema": 2}
        await store.commit([Put(Key("store", "about"), about, VersionIs(1))])
    with pytest.raises(StoreError, match="of version 2; this program reads 1"):
        async with open_dynamodb(place, TICKET_API):
            pass


OTHER_SHAPES: list[tuple[str, list[dict[str, str]], dict[str, str]]] = [
    ("no sort key", [HASH], {"pk": "S"}),
    ("numbers", [HASH, RANGE], {"pk": "S", "sk": "N"}),
    (
        "other names",
        [{**HASH, "AttributeName": "id"}, {**RANGE, "AttributeName": "at"}],
        {"id": "S", "at": "S"},
    ),
]


@pytest.mark.parametrize(("_what", "keys", "types"), OTHER_SHAPES, ids=lambda each: str(each)[:11])
async def test_a_table_of_another_shape_is_refused_and_left_as_it_is(
    dynamodb: str, _what: str, keys: Any, types: Any
) -> None:
    _plain_table(dynamodb, keys, types)
    with pytest.raises(StoreError, match="no store of ours: its key is not the strings pk and sk"):
        async with open_dynamodb(PLACE, TICKET_API):
            pass
    async with making() as (line, store):
        with pytest.raises(StoreError, match="no store of ours"):
            await create_table(line, store, TICKET_API)
        table = (await line.ask("describe_table", TableName=PLACE.name))["Table"]
    assert not table["DeletionProtectionEnabled"]


async def test_missing_credentials_are_said(dynamodb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dynamodb
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert os.environ["AWS_EC2_METADATA_DISABLED"]
    with pytest.raises(StoreError, match="there are no AWS credentials: give the task a role"):
        async with open_dynamodb(PLACE, TICKET_API):
            pass


async def test_a_region_that_is_none_is_said() -> None:
    with pytest.raises(StoreError, match="can't be asked in not a region"):
        async with open_dynamodb(TablePlace("t", "not a region"), TICKET_API):
            pass


def _plain_table(url: str, keys: Any = (HASH, RANGE), types: Any = None) -> None:
    types = types or {"pk": "S", "sk": "S"}
    client = boto3.client("dynamodb", region_name=REGION, endpoint_url=url)
    client.create_table(
        TableName=PLACE.name,
        KeySchema=list(keys),
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind in types.items()
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    client.close()
