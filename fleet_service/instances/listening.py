"""Events of ECS from queues of SQS: what changed between two sweeps is known within seconds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Final, TypeVar

import boto3
import structlog
from botocore.config import Config

from cloud_store.port import ConditionFailedError, Store, StoreError
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace
from fleet_service.beside import beside
from fleet_service.clock import Clock
from fleet_service.instances.events import HostEvent, NoHostEventError, after_event, read_event
from fleet_service.instances.ports import Source
from fleet_service.instances.queue_figures import QueueFigures
from fleet_service.instances.records import HostLookRecord
from fleet_service.kiosks.aws_calls import told_by
from fleet_service.kiosks.ports import AwsAwayError

log = structlog.get_logger()

_T = TypeVar("_T")
_WAIT_S: Final = 5
"""How long SQS waits for a message; a task that stops waits for that at most."""
_MOST: Final = 10
_CONFIG: Final = Config(
    connect_timeout=3,
    # Beyond the wait for a message.
    read_timeout=_WAIT_S + 5,
    retries={"mode": "standard", "total_max_attempts": 3},
)
_PAUSE_S: Final = 10.0
"""After SQS did not answer: sweeps go on meanwhile."""


class HostEvents:
    """Keeps what events say. Any task may: the version of an event says whether it is news."""

    def __init__(self, store: Store, clock: Clock, sources: Collection[Source]) -> None:
        self._store = store
        self._clock = clock
        self._sources = frozenset(sources)

    async def heed(self, text: str) -> bool:
        """Keep what a message says; say whether it was news. Idempotent. Raises StoreError."""
        try:
            event = read_event(text)
        except NoHostEventError as error:
            log.warning("event_passed_over", reason=str(error))
            return False
        # Rules of EventBridge may let through clusters that are nobody's kiosks.
        return event.source in self._sources and await self._keep(event)

    async def _keep(self, event: HostEvent) -> bool:
        async def work(workspace: Workspace) -> bool:
            pk, sk = event.source.name, event.instance_id
            before = await workspace.fetch(HostLookRecord, pk, sk)
            after = after_event(before, event, self._clock.now())
            if after is None:
                return False
            workspace.put(after, pk, sk)
            await workspace.commit()
            return True

        return await with_fresh_reads(self._store, work)


class EventQueue:
    """One queue. A message goes once what it says is kept: a task that dies loses none."""

    def __init__(self, region: str, name: str, events: HostEvents, figures: QueueFigures) -> None:
        self._region = region
        self._name = name
        self._events = events
        self._figures = figures
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="events")

    @property
    def _queue(self) -> str:
        return f"{self._region}/{self._name}"

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Take messages until the block ends."""
        try:
            async with beside(self._work(), f"events {self._queue}"):
                yield
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _work(self) -> None:
        self._figures.reads(self._queue)
        client: Any = await self._in_thread(self._client)
        url = ""
        while True:
            try:
                url = url or await self._in_thread(lambda: self._url(client))
                await self._take(client, url)
            except (AwsAwayError, StoreError, ConditionFailedError) as error:
                log.warning("events_not_taken", queue=self._name, reason=str(error))
                await asyncio.sleep(_PAUSE_S)
            except Exception:
                log.exception("events_broke", queue=self._name)
                await asyncio.sleep(_PAUSE_S)

    async def _take(self, client: Any, url: str) -> None:
        def receive() -> list[dict[str, Any]]:
            with told_by("SQS"):
                told = client.receive_message(
                    QueueUrl=url,
                    AttributeNames=["SentTimestamp"],
                    MaxNumberOfMessages=_MOST,
                    WaitTimeSeconds=_WAIT_S,
                )
            found: list[dict[str, Any]] = told.get("Messages", [])
            return found

        messages = await self._in_thread(receive)
        self._figures.answered(self._queue, [*_sent_at(messages)])
        for message in messages:
            await self._heed(message["Body"])
            await self._in_thread(partial(self._done, client, url, message))

    async def _heed(self, text: str) -> None:
        """Keep what a message says. Raises StoreError and ConditionFailedError: it comes again."""
        try:
            news = await self._events.heed(text)
        except (StoreError, ConditionFailedError):
            raise
        except Exception:
            # It would come again for ever, and hold up all behind it; the sweeps know better.
            log.exception("event_not_understood", queue=self._name)
        else:
            log.debug("event_heeded", news=news)

    def _done(self, client: Any, url: str, message: dict[str, Any]) -> None:
        with told_by("SQS"):
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _client(self) -> Any:
        return boto3.Session().client("sqs", region_name=self._region, config=_CONFIG)

    def _url(self, client: Any) -> str:
        with told_by("SQS"):
            return str(client.get_queue_url(QueueName=self._name)["QueueUrl"])

    def _in_thread(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work)


def _sent_at(messages: Iterable[Mapping[str, Any]]) -> Iterator[float]:
    """Yield when messages were sent, Unix time, as far as it is told."""
    for message in messages:
        told = str(message.get("Attributes", {}).get("SentTimestamp", ""))
        if told.isdecimal():
            yield int(told) / 1000


@asynccontextmanager
async def listening(
    queues: Collection[str], events: HostEvents, figures: QueueFigures
) -> AsyncIterator[None]:
    """Take messages of all queues, `REGION/NAME`, until the block ends."""
    async with AsyncExitStack() as stack:
        for queue in queues:
            region, _, name = queue.partition("/")
            await stack.enter_async_context(EventQueue(region, name, events, figures).working())
        yield
