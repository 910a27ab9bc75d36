"""Events of ECS: each is heeded once, in whatever order they come, beside the sweeps."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from cloud_store.port import Store, StoreError
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service.clock import SystemClock
from fleet_service.instances import listening as listening_module
from fleet_service.instances.events import HostEvent
from fleet_service.instances.learning import changes
from fleet_service.instances.listening import EventQueue, HostEvents, listening
from fleet_service.instances.ports import HostSeen, Source
from fleet_service.instances.queue_figures import QueueFigures
from fleet_service.instances.records import HostLookRecord, all_looks
from fleet_service.kiosks.ports import AwsAwayError
from local_region.settings import RegionSettings
from tests.support.enrolled import environment
from tests.support.external_instance import until
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock
from tests.support.region import RunningRegion, running_region

ECS = Source("ecs", "eu-central-1", "kiosks")
HOST = "mi-0123456789abcdef0"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


@pytest.fixture
def clock() -> FakeFleetClock:
    return FakeFleetClock()


@pytest.fixture
def events(store: Store, clock: FakeFleetClock) -> HostEvents:
    return HostEvents(store, clock, [ECS])


def event(version: int, *, arn: str = "one", cluster: str = "kiosks", **told: Any) -> str:
    """Return an event as the documentation of ECS shows it."""
    prefix = "arn:aws:ecs:eu-central-1:111122223333"
    detail = {
        "agentConnected": True,
        "attributes": [
            {"name": "ecs.capability.external"},
            {"name": "kiosk.release", "value": "r-1"},
            {"name": "kiosk.name", "value": "till-hb1"},
        ],
        "clusterArn": f"{prefix}:cluster/{cluster}",
        "containerInstanceArn": f"{prefix}:container-instance/{cluster}/{arn}",
        "ec2InstanceId": HOST,
        "registeredResources": [],
        "remainingResources": [],
        "status": "ACTIVE",
        "version": version,
        "versionInfo": {"agentHash": "aebcbca", "agentVersion": "1.105.1"},
        "updatedAt": "2026-11-27T10:41:06.991Z",
        **told,
    }
    return json.dumps(
        {
            "version": "0",
            "id": "8952ba83-7be2-4ab5-9c32-6687532d15a2",
            "detail-type": "ECS Container Instance State Change",
            "source": "aws.ecs",
            "account": "111122223333",
            "time": "2026-11-27T10:41:06Z",
            "region": "eu-central-1",
            "resources": [detail["containerInstanceArn"]],
            "detail": detail,
        }
    )


async def known(store: Store) -> HostLookRecord | None:
    return (await all_looks(store, ECS.name)).get(HOST)


async def test_an_event_tells_of_a_host(
    store: Store, clock: FakeFleetClock, events: HostEvents
) -> None:
    assert await events.heed(event(3))
    clock.advance(5)
    assert await events.heed(event(4, agentConnected=False))
    look = await known(store)
    assert look is not None
    assert (look.status, look.connected, look.changed_at) == ("ACTIVE", False, clock.now())
    assert (look.release, look.kiosk_name, look.agent_version) == ("r-1", "till-hb1", "1.105.1")


async def test_one_that_drains_is_not_connected_anew(
    store: Store, clock: FakeFleetClock, events: HostEvents
) -> None:
    assert await events.heed(event(3, agentConnected=False))
    away_at = clock.now()
    clock.advance(3600)
    assert await events.heed(event(4, agentConnected=False, status="DRAINING"))
    look = await known(store)
    assert look is not None
    assert (look.status, look.changed_at) == ("DRAINING", away_at)
    assert await events.heed(event(5, agentConnected=False, status="INACTIVE"))
    look = await known(store)
    assert look is not None
    assert (look.status, look.changed_at) == ("", clock.now())


async def test_one_that_comes_twice_or_late_changes_nothing(
    store: Store, events: HostEvents
) -> None:
    assert await events.heed(event(7, agentConnected=False))
    before = await store.query(HostLookRecord.store_kind, ECS.name)
    assert not await events.heed(event(7, agentConnected=False))
    assert not await events.heed(event(6, agentConnected=True))
    assert await store.query(HostLookRecord.store_kind, ECS.name) == before


async def test_one_that_was_deregistered_is_gone(store: Store, events: HostEvents) -> None:
    assert not await events.heed(event(2, status="INACTIVE")), "of one that nobody knows"
    await events.heed(event(2))
    assert await events.heed(event(3, status="INACTIVE"))
    look = await known(store)
    assert look is not None
    assert (look.status, look.connected) == ("", False)
    assert await events.heed(event(1, arn="two")), "its host has registered anew"


async def test_of_another_container_instance_of_the_host_the_sweep_says(
    store: Store, events: HostEvents
) -> None:
    await events.heed(event(2))
    assert not await events.heed(event(9, arn="two", status="INACTIVE"))
    look = await known(store)
    assert look is not None
    assert look.status == "ACTIVE"


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "{}",
        json.dumps({"detail-type": "ECS Task State Change", "source": "aws.ecs", "detail": {}}),
        event(1, cluster="elsewhere"),
        event("many"),  # type: ignore[arg-type]
        event(1, attributes=[{"value": "no name"}]),
    ],
    ids=["text", "list", "empty", "task", "cluster", "version", "attribute"],
)
async def test_what_is_none_of_our_hosts_is_passed_over(
    store: Store, events: HostEvents, text: str
) -> None:
    assert not await events.heed(text)
    assert await all_looks(store, ECS.name) == {}


async def test_a_sweep_that_began_before_undoes_no_event(
    store: Store, clock: FakeFleetClock, events: HostEvents
) -> None:
    began_at = clock.now()
    clock.advance(5)
    await events.heed(event(8, agentConnected=False))
    look = await known(store)
    assert look is not None
    late = HostSeen(HOST, "ACTIVE", connected=True, arn=look.arn, version=7)
    assert [*changes({HOST: look}, {HOST: late}, began_at)] == []
    assert [*changes({HOST: look}, {}, began_at)] == [], "it was not there yet"
    newer = HostSeen(HOST, "ACTIVE", connected=True, arn=look.arn, version=9)
    [change] = changes({HOST: look}, {HOST: newer}, began_at)
    assert change.look is not None
    assert change.look.connected
    [change] = changes({HOST: look}, {}, clock.now() + timedelta(seconds=1))
    assert change.look is not None
    assert change.look.status == ""


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region(RegionSettings(moto=True)) as running:
        yield running


async def test_messages_of_a_queue_are_heeded_and_go(
    region: RunningRegion, store: Store, events: HostEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(region).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", region.url)
    sqs = region.client("sqs")
    url = sqs.create_queue(QueueName="ecs-events")["QueueUrl"]
    for body in ("no JSON", event(1), event(2, agentConnected=False)):
        sqs.send_message(QueueUrl=url, MessageBody=body)

    async def heeded() -> Any:
        look = await known(store)
        return look is not None and not look.connected

    def left() -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return {told[name] for name in names} == {"0"}

    figures = QueueFigures(SystemClock())
    async with listening(["eu-central-1/ecs-events"], events, figures):
        await until(heeded, "both events")
        await until(left, "no message is left")
    ages = figures_of(figures)
    assert 0 <= ages["age_seconds", "eu-central-1/ecs-events"] < 60


def figures_of(figures: QueueFigures) -> dict[tuple[str, str], float]:
    prefix = "eventpro_fleet_task_events_"
    return {
        (one.name.removeprefix(prefix), sample.labels["queue"]): sample.value
        for one in figures.collect()
        for sample in one.samples
    }


@dataclass
class Sqs:
    """A client of SQS with these messages, each in a batch of its own."""

    batches: list[list[dict[str, Any]]]
    deleted: list[str] = field(default_factory=list)
    away: bool = False

    def receive_message(self, **_asked: Any) -> dict[str, Any]:
        if self.away:
            raise EndpointConnectionError(endpoint_url="sqs")
        return {"Messages": self.batches.pop(0)} if self.batches else {}

    def delete_message(self, *, ReceiptHandle: str, **_asked: Any) -> None:  # noqa: N803  boto3's
        self.deleted.append(ReceiptHandle)


def message(body: str, handle: str, sent_at: float | None = None) -> dict[str, Any]:
    told = {} if sent_at is None else {"SentTimestamp": str(int(sent_at * 1000))}
    return {"Body": body, "ReceiptHandle": handle, "Attributes": told}


async def test_what_nobody_understands_goes_and_holds_up_nothing_behind_it(
    store: Store, clock: FakeFleetClock, events: HostEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = listening_module.read_event

    def fails(text: str) -> HostEvent:
        if text == "odd":
            raise AttributeError(text)
        return read(text)

    monkeypatch.setattr(listening_module, "read_event", fails)
    sqs = Sqs([[message("odd", "1"), message(event(1), "2")]])
    queue = EventQueue("eu-central-1", "ecs-events", events, QueueFigures(clock))
    await queue._take(sqs, "url")
    assert sqs.deleted == ["1", "2"]
    assert await known(store) is not None


async def test_what_can_not_be_kept_now_stays_in_the_queue(
    store: Store, clock: FakeFleetClock
) -> None:
    faulty = FaultyStore(store)
    faulty.fail_commits_after(0)
    sqs = Sqs([[message(event(1), "1")]])
    events = HostEvents(faulty, clock, [ECS])
    with pytest.raises(StoreError):
        await EventQueue("r", "q", events, QueueFigures(clock))._take(sqs, "url")
    assert sqs.deleted == []


async def test_a_queue_that_does_not_answer_ages_and_how_long_events_waited_is_told(
    clock: FakeFleetClock, events: HostEvents
) -> None:
    figures = QueueFigures(clock)
    figures.reads("r/q")
    now = clock.now().timestamp()
    sqs = Sqs([[message(event(1), "1", now - 400), message(event(2), "2", now - 20)]])
    queue = EventQueue("r", "q", events, figures)
    clock.advance(90)
    assert figures_of(figures) == {("age_seconds", "r/q"): 90, ("wait_seconds", "r/q"): 0}
    await queue._take(sqs, "url")
    assert figures_of(figures) == {("age_seconds", "r/q"): 0, ("wait_seconds", "r/q"): 490}
    clock.advance(30)
    sqs.away = True
    with pytest.raises(AwsAwayError):
        await queue._take(sqs, "url")
    assert figures_of(figures)["age_seconds", "r/q"] == 30
    sqs.away = False
    await queue._take(sqs, "url")
    assert figures_of(figures) == {("age_seconds", "r/q"): 0, ("wait_seconds", "r/q"): 0}
