"""DynamoDB on moto, on loopback, and a table of it for a test."""

import copy
import os
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Final
from uuid import uuid4

import boto3

from cloud_store import places
from cloud_store.dynamodb.asking import opened
from cloud_store.dynamodb.layout import SEPARATOR
from cloud_store.dynamodb.store import DynamoStore, open_dynamodb
from cloud_store.dynamodb.table import create_table
from cloud_store.places import TablePlace
from cloud_store.port import Store
from tests.support.http import ask

REGION: Final = "eu-central-1"
TICKET_API: Final = places.TICKET_API.name
FLEET_SERVICE: Final = places.FLEET_SERVICE.name
ENDPOINT: Final = "AWS_ENDPOINT_URL_DYNAMODB"


def environment(url: str) -> dict[str, str]:
    """Return what leads boto3 to a DynamoDB, and to nothing else of the machine's."""
    return {
        ENDPOINT: url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@contextmanager
def moto() -> Iterator[str]:
    """Serve DynamoDB until the block ends; gives its address."""
    # Reading moto takes half a second, for which most tests have no use.
    from moto.dynamodb.models import Table  # noqa: PLC0415
    from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415

    class Silent(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  its signature
            pass

    Table.__deepcopy__ = as_it_was
    app = one_by_one(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="moto", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def as_it_was(table: Any, _memo: object) -> Any:
    """Return what moto goes back to when a commit fails; it keeps one for each write of it.

    Its items are replaced, never changed, by all that the store does: to copy them, too, takes
    seconds for a hundred writes beside a thousand items.
    """
    twin = copy.copy(table)
    twin.items = defaultdict(dict, {pk: dict(items) for pk, items in table.items.items()})
    return twin


def one_by_one(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Answer requests in turn: moto looks at a condition and then writes, with nothing between."""
    turn = threading.Lock()

    def answered(*request: Any) -> Iterable[bytes]:
        with turn:
            return list(app(*request))

    return answered


async def make_table(program: str = TICKET_API) -> TablePlace:
    """Make a program's table where the environment leads."""
    place = TablePlace(f"store-{uuid4()}", REGION)
    async with opened(place) as line:
        assert await create_table(line, DynamoStore(line), program)
    return place


def forget_all(url: str) -> None:
    """Remove every table."""
    assert ask(f"{url}/moto-api/reset", method="POST").status == 200


def scanned(store: Store) -> list[tuple[Any, ...]]:
    """Return all that a table holds: kind, pk, sk, version, body."""
    assert isinstance(store, DynamoStore)
    client = boto3.client("dynamodb", region_name=REGION)
    pages = client.get_paginator("scan").paginate(TableName=store._table, ConsistentRead=True)
    found = [item for page in pages for item in page["Items"]]
    client.close()
    return sorted(
        (
            *item["pk"]["S"].split(SEPARATOR, 1),
            item["sk"]["S"],
            int(item["version"]["N"]),
            item["body"]["S"],
        )
        for item in found
    )


def opener_of(program: str = TICKET_API) -> Callable[[], AbstractAsyncContextManager[DynamoStore]]:
    """Return what opens a table that is made at the first time."""
    made: list[TablePlace] = []

    @asynccontextmanager
    async def open_it() -> AsyncIterator[DynamoStore]:
        if not made:
            made.append(await make_table(program))
        async with open_dynamodb(made[0], program) as store:
            yield store

    return open_it
