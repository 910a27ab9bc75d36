"""The Store port on DynamoDB. Make one with `open_dynamodb`."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

from cloud_store.dynamodb.asking import ATTEMPTS, Line, RefusedError, opened, pause
from cloud_store.dynamodb.judging import Trouble
from cloud_store.dynamodb.layout import (
    LONGEST_SORT_KEY,
    PARTITION,
    SORT,
    fits,
    item_at,
    partition_of,
    place_of,
    requests,
)
from cloud_store.dynamodb.table import check_table
from cloud_store.places import TablePlace
from cloud_store.port import (
    Check,
    ConditionFailedError,
    Item,
    Key,
    StoreError,
    Write,
    check_commit,
)

_KEYS_AT_ONCE: Final = 100
"""Of one BatchGetItem, at most."""


class DynamoStore:
    """The Store port on one table. It neither scans nor has an index."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._table = line.place.name

    async def get(self, key: Key) -> Item | None:
        """Return the item at `key`, or None."""
        if not fits(key):
            return None
        answer = await self._asked(
            "get_item", TableName=self._table, Key=place_of(key), ConsistentRead=True
        )
        return item_at(key, answer["Item"]) if "Item" in answer else None

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        """Return the items at `keys`, in their order."""
        wanted = [key for key in dict.fromkeys(keys) if fits(key)]
        parts = [wanted[at : at + _KEYS_AT_ONCE] for at in range(0, len(wanted), _KEYS_AT_ONCE)]
        found: dict[Key, Item] = {}
        for part in await asyncio.gather(*(self._read(part) for part in parts)):
            found.update(part)
        return [found.get(key) for key in keys]

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        """Return up to `limit` items of a partition above `after`, by sort key.

        DynamoDB orders by the bytes of UTF-8, which is the order of code points.
        """
        asked = self._partition(kind, pk, after)
        items: list[Item] = []
        while len(items) < limit:
            # A page ends after 1 MB, however many were asked for.
            answer = await self._asked("query", **asked, Limit=limit - len(items))
            items += [item_at(Key(kind, pk, one[SORT]["S"]), one) for one in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return items

    async def commit(self, writes: Sequence[Write]) -> None:
        """Do all of `writes`, durably, or none.

        Where another's commit is under way at the same items, it is tried again; if that does not
        pass, ConditionFailedError: nothing was written, and another writer is there.
        """
        check_commit(writes)
        if not writes:
            return
        write_id = uuid4().hex
        asked = requests(writes, self._table, write_id)
        attempt = 0
        while (trouble := await self._write(asked)) is not None:
            attempt += 1
            if trouble.in_doubt:
                await self._settle_doubt(writes, write_id)
                return
            if trouble.failed is not None:
                raise ConditionFailedError(writes[trouble.failed].key)
            if attempt == ATTEMPTS and trouble.contended is not None:
                raise ConditionFailedError(writes[trouble.contended].key)
            if attempt == ATTEMPTS or not trouble.passes:
                raise StoreError(trouble.what)
            await pause(attempt)

    async def _write(self, asked: Sequence[Mapping[str, Any]]) -> Trouble | None:
        """Ask for a commit; return why it was refused, or None. Raises StoreError."""
        [(action, single)] = asked[0].items()
        try:
            if len(asked) == 1 and action in _ALONE:
                # By itself: a transaction of one would cost twice as much.
                await self._line.ask(_ALONE[action], **single)
            else:
                # Attempts of the same token are the same commit. A commit that was cancelled gets a
                # new one, lest its end be told again.
                await self._line.ask(
                    "transact_write_items",
                    TransactItems=list(asked),
                    ClientRequestToken=str(uuid4()),
                )
        except RefusedError as error:
            return error.trouble
        return None

    async def _settle_doubt(self, writes: Sequence[Write], write_id: str) -> None:
        """Return if the commit was done by an attempt whose answer was lost; else StoreError.

        A refusal afterwards may be our own doing: our own write made the condition false. Each
        item names the commit that wrote it. Where none of ours is found, it may still have been
        there and been overwritten, so that is not told as another's victory.
        """
        keys = [write.key for write in writes if not isinstance(write, Check)]
        for at in range(0, len(keys), _KEYS_AT_ONCE):
            found = await self._attributes(keys[at : at + _KEYS_AT_ONCE])
            if any(one["write"]["S"] == write_id for one in found):
                return
        raise StoreError(
            f"the answer to a commit at {writes[0].key.kind} in table {self._table} was lost, and "
            "then another writer was there: look whether it happened, or send the same again"
        )

    async def _read(self, keys: Sequence[Key]) -> dict[Key, Item]:
        places = {(partition_of(key.kind, key.pk), key.sk): key for key in keys}
        found = {}
        for one in await self._attributes(keys):
            key = places[one[PARTITION]["S"], one[SORT]["S"]]
            found[key] = item_at(key, one)
        return found

    async def _attributes(self, keys: Sequence[Key]) -> list[Mapping[str, Any]]:
        """Return what there is at up to a hundred keys; in rounds, as DynamoDB gives it out."""
        found: list[Mapping[str, Any]] = []
        left = {self._table: {"Keys": [place_of(key) for key in keys], "ConsistentRead": True}}
        empty_rounds = 0
        while left:
            answer = await self._asked("batch_get_item", RequestItems=left)
            got = answer["Responses"].get(self._table, [])
            found += got
            left = dict(answer.get("UnprocessedKeys") or {})
            if left and not got:
                empty_rounds += 1
                if empty_rounds == ATTEMPTS:
                    raise StoreError(
                        f"DynamoDB throttles reads of table {self._table}: wait, or raise what the "
                        "table or the account may do"
                    )
                await pause(empty_rounds)
        return found

    async def _asked(self, operation: str, **params: Any) -> Mapping[str, Any]:
        try:
            return await self._line.ask(operation, **params)
        except RefusedError as error:
            raise StoreError(error.trouble.what) from error

    def _partition(self, kind: str, pk: str, after: str) -> dict[str, Any]:
        names, values = {"#p": PARTITION}, {":p": {"S": partition_of(kind, pk)}}
        condition = "#p = :p"
        if after:
            names["#s"], values[":s"] = SORT, {"S": _bounded(after)}
            condition += " AND #s > :s"
        return {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }


@asynccontextmanager
async def open_dynamodb(place: TablePlace, program: str) -> AsyncIterator[DynamoStore]:
    """Open a program's table, which `create_table` made.

    Raises StoreError for a table that is not there, another's, of another shape or version, or out
    of reach, and where there are no credentials.
    """
    async with opened(place) as line:
        store = DynamoStore(line)
        await check_table(line, store, program)
        yield store


_ALONE: Final = {"Put": "put_item", "Delete": "delete_item"}


def _bounded(after: str) -> str:
    """Return a bound that DynamoDB takes; above a longer one are the same keys."""
    return after.encode()[:LONGEST_SORT_KEY].decode(errors="ignore")
