"""The line to DynamoDB: requests in threads of their own, each tried a bounded number of times."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import create_loader

from cloud_store.dynamodb.judging import Trouble, judge
from cloud_store.places import TablePlace
from cloud_store.port import StoreError

AT_ONCE: Final = 32
"""Requests under way in a process, at most; more wait for a thread."""
ATTEMPTS: Final = 6
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
LONGEST_S: Final = 12.0
"""For a request with all its attempts: less than a kiosk's request may take on its way (25 s)."""
_CONFIG: Final = Config(
    connect_timeout=2,
    read_timeout=3,
    max_pool_connections=AT_ONCE,
    tcp_keepalive=True,
    # Attempts are counted here: whether an earlier one may have been done decides what a refusal
    # of a later one means, and a pause holds no thread.
    retries={"mode": "standard", "total_max_attempts": 1},
    user_agent_extra="eventpro-store",
)

_MODELS: Final = create_loader()
"""AWS's descriptions of its services, read once."""


class RefusedError(Exception):
    """DynamoDB has refused for good. `trouble.in_doubt`: an earlier attempt may have been done."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.what)
        self.trouble = trouble


class Line:
    """Asks DynamoDB without ever blocking the event loop. Endpoint and credentials are AWS's usual.

    Close it.
    """

    def __init__(self, place: TablePlace, client: Any, *, longest_s: float = LONGEST_S) -> None:
        self.place = place
        self._client = client
        self._longest_s = longest_s
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dynamodb")

    async def ask(self, operation: str, **params: Any) -> Mapping[str, Any]:
        """Return what DynamoDB answers; `operation` is boto3's name.

        Raises RefusedError, and StoreError where it can't be reached, or throttles, or fails.
        """
        in_doubt = False
        try:
            async with asyncio.timeout(self._longest_s):
                for attempt in range(1, ATTEMPTS):
                    try:
                        return await self._once(operation, params)
                    except RefusedError as error:
                        if not error.trouble.again:
                            raise _doubted(error, in_doubt) from error
                        in_doubt = in_doubt or error.trouble.in_doubt
                    await pause(attempt)
                return await self._once(operation, params)
        except RefusedError as error:
            if error.trouble.again:
                raise StoreError(error.trouble.what) from error
            raise _doubted(error, in_doubt) from error
        except TimeoutError:
            raise StoreError(
                f"DynamoDB did not answer for table {self.place.name} in {self._longest_s:g} s: "
                "look at AWS's health, and at how much is asked of it at once"
            ) from None

    async def close(self) -> None:
        """Wait for what is under way, and let go of the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        self._client.close()

    async def _once(self, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        def asked() -> Mapping[str, Any]:
            answer: Mapping[str, Any] = getattr(self._client, operation)(**params)
            return answer

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, asked)
        except (ClientError, BotoCoreError) as error:
            raise RefusedError(judge(error, self.place.name, self.place.region)) from error


@asynccontextmanager
async def opened(place: TablePlace) -> AsyncIterator[Line]:
    """Open a line; raises StoreError where settings of AWS's own make that impossible."""
    try:
        line = Line(place, await asyncio.to_thread(_client, place.region))
    except (BotoCoreError, ValueError) as error:
        raise StoreError(f"DynamoDB can't be asked in {place.region}: {error}") from error
    try:
        yield line
    finally:
        await line.close()


def _client(region: str) -> Any:
    core = botocore.session.Session()
    core.register_component("data_loader", _MODELS)
    session = boto3.session.Session(botocore_session=core)
    return session.client("dynamodb", region_name=region, config=_CONFIG)


async def pause(attempt: int) -> None:
    """Wait a random moment, longer with every attempt."""
    longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)
    await asyncio.sleep(random.uniform(0, longest))  # noqa: S311  spreading, not secrecy


def _doubted(error: RefusedError, in_doubt: bool) -> RefusedError:  # noqa: FBT001  one flag
    return RefusedError(replace(error.trouble, in_doubt=in_doubt))
