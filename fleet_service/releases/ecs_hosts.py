"""Kiosks' hosts in ECS by boto3: what runs there, and the two ways to have another release run.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutAttributes.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StartTask.html
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

import boto3
from botocore.config import Config

from fleet_service.clock import Clock
from fleet_service.instances.pacing import Pace
from fleet_service.kiosks.aws_calls import InThreads, attributes_of, told_by
from fleet_service.kiosks.ports import AnswerLostError, AwsAwayError
from fleet_service.releases.domain.moves import CALL_LASTS, REQUEST_LASTS
from fleet_service.releases.ports import Aim, HostInEcs
from kiosk_contracts.enrolment import RELEASE_ATTRIBUTE

_T = TypeVar("_T")
_AT_ONCE: Final = 4
_PER_SECOND: Final = 2.0
"""Hosts that are looked at, four calls each: ECS gives an account 20 a second in the long run."""
_BURST: Final = 10
_ORDERS_PER_SECOND: Final = 0.5
"""The same for whoever orders a move, and waits for it: not behind all moves that go on."""
_ORDERS_BURST: Final = 4
_LONGEST_S: Final = CALL_LASTS.total_seconds()
"""For all that is asked in a turn: later nothing is sent."""
_CONNECT_S: Final = 3
_READ_S: Final = REQUEST_LASTS.total_seconds() - _CONNECT_S
_ANYWHERE: Final = ""
_CONFIG: Final = Config(
    connect_timeout=_CONNECT_S,
    read_timeout=_READ_S,
    retries={"mode": "standard", "total_max_attempts": 2},
)
_ONCE: Final = Config(
    connect_timeout=_CONNECT_S, read_timeout=_READ_S, retries={"total_max_attempts": 1}
)
"""Starting a task has no token that makes it one: an answer that is lost is looked for."""
_STARTED_BY: Final = "release/"


@dataclass(frozen=True, slots=True)
class _Place:
    region: str
    cluster: str
    arn: str
    """Of the container instance."""


class _Threads(InThreads):
    """Of one region."""

    def do(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Do work in one of them."""
        return self._in_thread(work)

    def shut(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _late() -> AwsAwayError:
    # What was sent just before is under way yet.
    return AnswerLostError("ECS does not answer in time")


def _crowded() -> AwsAwayError:
    return AwsAwayError("so much is asked of ECS that this found no turn; nothing was sent")


class EcsHosts:
    """What both ways share. Use it as an async context manager.

    Each region has threads of its own: one that does not answer keeps no other waiting.

    Credentials and endpoints are those of the usual chain (`AWS_ENDPOINT_URL_…`).
    """

    def __init__(self, clusters: Sequence[str], clock: Clock) -> None:
        """`clusters`: each `REGION/CLUSTER`."""
        self._clusters = [tuple(one.split("/", 1)) for one in clusters]
        regions = {_ANYWHERE, *(region for region, _ in self._clusters)}
        self._threads = {one: _Threads(_AT_ONCE, f"aws-moves-{one}") for one in regions}
        self._until = threading.local()
        self._clients: dict[str, tuple[Any, Any]] = {}
        self._making = threading.Lock()
        self._places: dict[str, _Place] = {}
        # Of each region, as its throttles are.
        self._paces = {one: Pace(clock, per_second=_PER_SECOND, burst=_BURST) for one in regions}
        self._orders = {
            one: Pace(clock, per_second=_ORDERS_PER_SECOND, burst=_ORDERS_BURST) for one in regions
        }

    async def __aenter__(self) -> Self:
        """Make the clients."""
        await self._threads[_ANYWHERE].do(self._make_clients)
        return self

    async def __aexit__(self, *error: object) -> None:
        """Wait for nobody: what is under way ends by its own time limits."""
        for one in self._threads.values():
            one.shut()

    async def look(self, instance_id: str) -> HostInEcs:
        """Return what ECS has of a host."""
        return await self.run(lambda: self._look(instance_id), self.region(instance_id))

    async def look_for_an_order(self, instance_id: str) -> HostInEcs:
        """Return the same to somebody who orders a move just now."""
        region = self.region(instance_id)
        return await self._run(lambda: self._look(instance_id), region, self._orders[region])

    def region(self, instance_id: str) -> str:
        """Return the region where a host was found last; empty: none yet."""
        known = self._places.get(instance_id)
        return _ANYWHERE if known is None else known.region

    async def run(self, work: Callable[[], _T], region: str = _ANYWHERE) -> _T:
        """Do work that calls ECS, in its turn and in bounded time; raises AwsAwayError.

        `region`: where, if that is known.
        """
        return await self._run(work, region, self._paces.get(region, self._paces[_ANYWHERE]))

    async def _run(self, work: Callable[[], _T], region: str, pace: Pace) -> _T:
        until = time.monotonic() + _LONGEST_S

        def bounded() -> _T:
            # Whoever asked has gone by then: nothing may be called that nobody waits for.
            self._until.at = until
            return work()

        threads = self._threads.get(region, self._threads[_ANYWHERE])
        sent = False
        try:
            async with asyncio.timeout(_LONGEST_S):
                await pace.turn()
                sent = True
                return await threads.do(bounded)
        except TimeoutError:
            raise (_late() if sent else _crowded()) from None

    def place(self, instance_id: str) -> _Place:
        """Return where a host is; raises AwsAwayError if ECS has none."""
        return self._find(instance_id)[0]

    def put_release(self, place: _Place, release_id: str) -> None:
        """Say which release a host is to run."""
        target = {"targetType": "container-instance", "targetId": place.arn}
        attribute = {"name": RELEASE_ATTRIBUTE, "value": release_id, **target}
        with told_by("ECS"):
            self.client(place.region).put_attributes(cluster=place.cluster, attributes=[attribute])

    def tasks(self, place: _Place) -> list[Mapping[str, Any]]:
        """Return the tasks of a host that are to run, the oldest first."""
        client = self.client(place.region)
        with told_by("ECS"):
            arns = client.list_tasks(
                cluster=place.cluster, containerInstance=place.arn, desiredStatus="RUNNING"
            )["taskArns"]
            if not arns:
                return []
            found = client.describe_tasks(cluster=place.cluster, tasks=arns)["tasks"]
        wanted = [one for one in found if one["desiredStatus"] == "RUNNING"]
        return sorted(wanted, key=lambda one: (one["createdAt"], one["taskArn"]))

    def client(self, region: str, *, once: bool = False) -> Any:
        """Return a client; `once`: one that tries nothing twice. Raises AwsAwayError.

        Also in a region of which this service has no cluster any more: what a release left there is
        to go all the same.
        """
        self._in_time()
        with self._making:
            if region not in self._clients:
                self._clients[region] = self._clients_of(boto3.Session(), region)
            return self._clients[region][1 if once else 0]

    def _in_time(self, **_request: Any) -> None:
        """Raise AwsAwayError if nothing may be sent any more, also not once more."""
        if time.monotonic() > getattr(self._until, "at", float("inf")):
            raise _late()

    def _look(self, instance_id: str) -> HostInEcs:
        place, container = self._find(instance_id)
        running = [one for one in self.tasks(place) if one["lastStatus"] == "RUNNING"]
        return HostInEcs(
            place.region,
            place.cluster,
            container["agentConnected"] and container["status"] == "ACTIVE",
            attributes_of(container).get(RELEASE_ATTRIBUTE, ""),
            frozenset(one["taskDefinitionArn"] for one in running),
        )

    def _find(self, instance_id: str) -> tuple[_Place, Mapping[str, Any]]:
        """Return a host's newest container instance; raises AwsAwayError if there is none."""
        known = self._places.get(instance_id)
        found = [] if known is None else self._described(known, [known.arn])
        # An agent that lost its state has registered once more: its former one is not connected.
        if known is not None and found and found[0]["agentConnected"]:
            return known, found[0]
        self._places.pop(instance_id, None)
        away: AwsAwayError | None = None
        for region, cluster in self._clusters:
            place = _Place(region, cluster, "")
            try:
                found = self._described(place, self._listed(place, instance_id))
            except AwsAwayError as error:
                # It may be in another one, which does answer.
                away = error
                continue
            here = [one for one in found if one.get("ec2InstanceId") == instance_id]
            if here:
                newest = max(here, key=lambda one: one["registeredAt"])
                place = _Place(region, cluster, newest["containerInstanceArn"])
                self._places[instance_id] = place
                return place, newest
        raise away or AwsAwayError(f"ECS has no container instance of {instance_id}")

    def _listed(self, place: _Place, instance_id: str) -> list[str]:
        with told_by("ECS"):
            told = self.client(place.region).list_container_instances(
                cluster=place.cluster, filter=f"ec2InstanceId == {instance_id}"
            )
        arns: list[str] = told["containerInstanceArns"]
        return arns

    def _described(self, place: _Place, arns: list[str]) -> list[Mapping[str, Any]]:
        if not arns:
            return []
        with told_by("ECS"):
            told = self.client(place.region).describe_container_instances(
                cluster=place.cluster, containerInstances=arns
            )
        return [one for one in told["containerInstances"] if one["status"] != "INACTIVE"]

    def _make_clients(self) -> None:
        session = boto3.Session()
        for region in {region for region, _ in self._clusters}:
            self._clients[region] = self._clients_of(session, region)

    def _clients_of(self, session: boto3.Session, region: str) -> tuple[Any, Any]:
        return self._client(session, region, _CONFIG), self._client(session, region, _ONCE)

    def _client(self, session: boto3.Session, region: str, config: Config) -> Any:
        client = session.client("ecs", region_name=region, config=config)
        client.meta.events.register("before-send.ecs", self._in_time)
        return client


class AttributeMover:
    """Adapter of Mover: each release is a DAEMON service, which the host's attribute chooses."""

    def __init__(self, hosts: EcsHosts) -> None:
        self._hosts = hosts

    async def look(self, instance_id: str) -> HostInEcs:
        """Return what ECS has of a host."""
        return await self._hosts.look(instance_id)

    async def move(self, instance_id: str, aim: Aim) -> None:
        """Say by the host's attribute which service is to run there."""
        region = self._hosts.region(instance_id)
        await self._hosts.run(lambda: self._put(instance_id, aim.release_id), region)

    def _put(self, instance_id: str, release_id: str) -> None:
        self._hosts.put_release(self._hosts.place(instance_id), release_id)


class TaskMover:
    """Adapter of Mover where releases have no services: one task is started, others are stopped.

    The attribute says which release it is to be, as with the other adapter.
    """

    def __init__(self, hosts: EcsHosts) -> None:
        self._hosts = hosts

    async def look(self, instance_id: str) -> HostInEcs:
        """Return what ECS has of a host."""
        return await self._hosts.look(instance_id)

    async def move(self, instance_id: str, aim: Aim) -> None:
        """Start the release's task where none is to run, then stop those of other releases."""
        region = self._hosts.region(instance_id)
        await self._hosts.run(lambda: self._move(instance_id, aim), region)

    def _move(self, instance_id: str, aim: Aim) -> None:
        place = self._hosts.place(instance_id)
        wanted = aim.definition(place.region, place.cluster)
        if not wanted:
            raise AwsAwayError(
                f"{aim.release_id} has no task definition in {place.region}/{place.cluster}"
            )
        tasks = self._hosts.tasks(place)
        right = [one for one in tasks if one["taskDefinitionArn"] == wanted]
        if not right:
            # Before the others end: one that has no room there leaves what runs alone.
            self._start(place, wanted, aim.release_id)
            # Somebody else may have started one, too: whoever comes last sees both.
            tasks = self._hosts.tasks(place)
            right = [one for one in tasks if one["taskDefinitionArn"] == wanted]
        # Only now: a host is told what ECS has started there, or ECS would seem to have taken what
        # it refused, and whoever asks later would start it whoever is busy by then.
        self._hosts.put_release(place, aim.release_id)
        # A start whose answer was lost may have become two.
        stay = {one["taskArn"] for one in right[:1]}
        for one in tasks:
            if one["taskArn"] not in stay and _is_ours(one, wanted):
                self._stop(place, one, aim.release_id)

    def _start(self, place: _Place, definition: str, release_id: str) -> None:
        with told_by("ECS"):
            told = self._hosts.client(place.region, once=True).start_task(
                cluster=place.cluster,
                taskDefinition=definition,
                containerInstances=[place.arn],
                startedBy=f"{_STARTED_BY}{release_id}",
            )
        if told["failures"]:
            reason = told["failures"][0].get("reason", "it does not say why")
            raise AwsAwayError(f"ECS can't start it there: {reason}")

    def _stop(self, place: _Place, task: Mapping[str, Any], release_id: str) -> None:
        with told_by("ECS"):
            self._hosts.client(place.region).stop_task(
                cluster=place.cluster,
                task=task["taskArn"],
                reason=f"the kiosk is moved to {release_id}",
            )


def _is_ours(task: Mapping[str, Any], wanted: str) -> bool:
    """Say whether a task is a kiosk UI's: started by a move, or of the same family."""
    started_by = str(task.get("startedBy", ""))
    return started_by.startswith(_STARTED_BY) or _family(task["taskDefinitionArn"]) == _family(
        wanted
    )


def _family(definition: str) -> str:
    return definition.rpartition("/")[2].rpartition(":")[0]
