"""Opens a program's store where its settings say it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cloud_store.places import Program, StorePlace, TablePlace
from cloud_store.port import Store
from cloud_store.sqlite import open_sqlite


@asynccontextmanager
async def open_store(place: StorePlace, program: Program) -> AsyncIterator[Store]:
    """Open a store; a file that is not there is made, a table is not. Raises StoreError."""
    if isinstance(place, Path):
        async with open_sqlite(place, program.application_id) as file:
            yield file
        return
    # Who keeps a file does without boto3: ten megabytes and a third of a second.
    from cloud_store.dynamodb.store import open_dynamodb  # noqa: PLC0415

    async with open_dynamodb(place, program.name) as table:
        yield table


async def create_table(place: TablePlace, program: Program) -> str:
    """Make a program's table, or finish making it; return what was done, in words.

    Raises StoreError.
    """
    from cloud_store.dynamodb import asking, store, table  # noqa: PLC0415  the same

    async with asking.opened(place) as line:
        made = await table.create_table(line, store.DynamoStore(line), program.name)
    said = "was made" if made else "was there already"
    return f"{place} {said}: billed by request, deletion protection, point-in-time recovery"
