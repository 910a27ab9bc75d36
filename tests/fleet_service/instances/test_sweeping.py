"""All hosts of a real region, swept: by pages, within the rates, written when they changed."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_store.port import Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service.instances import aws as aws_module
from fleet_service.instances.aws import SweptHosts
from fleet_service.instances.ports import AwsAwayError, HostSeen, Source
from fleet_service.instances.records import HostLookRecord, all_looks, all_sweeps
from fleet_service.instances.sweeping import Sweeping, sources_of
from fleet_service.leases.ports import LeaseLostError
from fleet_service.leases.service import LASTS_S, StoredLease
from tests.support.ecs_agent import EcsAgent, managed_instance
from tests.support.enrolled import CLUSTER, environment
from tests.support.external_instance import until
from tests.support.fleet import FakeFleetClock
from tests.support.region import RunningRegion, running_region

SSM, ECS = sources_of(["eu-central-1"], [f"eu-central-1/{CLUSTER}"])


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        running.client("ecs").create_cluster(clusterName=CLUSTER)
        yield running


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


@pytest.fixture
def clock() -> FakeFleetClock:
    return FakeFleetClock()


@pytest.fixture
async def hosts(
    region: RunningRegion, clock: FakeFleetClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SweptHosts]:
    for name, value in environment(region).items():
        monkeypatch.setenv(name, value)
    async with SweptHosts([SSM, ECS], clock) as opened:
        yield opened


class FakeAws:
    """AWS as a test says it is."""

    sources: tuple[Source, ...] = (ECS,)

    def __init__(self, *hosts: HostSeen) -> None:
        self.now = {host.instance_id: host for host in hosts}
        self.away = ""
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()

    async def hosts(self, source: Source) -> Mapping[str, HostSeen]:
        assert source in self.sources
        found = dict(self.now)
        self.asked.set()
        await self.answers.wait()
        if self.away:
            raise AwsAwayError(self.away)
        return found


def seen(number: int = 1, **changes: object) -> HostSeen:
    told = {"status": "ACTIVE", "connected": True, **changes}
    return HostSeen(f"mi-{number}", **told)  # type: ignore[arg-type]


async def sweeping(store: Store, clock: FakeFleetClock, fake: FakeAws, holder: str) -> Sweeping:
    lease = StoredLease(store, clock, "watch", holder=holder)
    await lease.try_once()
    return Sweeping(store, clock, fake, lease)


async def looks(store: Store) -> dict[str, tuple[str, bool]]:
    return {
        one: (look.status, look.connected)
        for one, look in (await all_looks(store, ECS.name)).items()
    }


async def test_all_hosts_are_read_page_by_page(
    region: RunningRegion, hosts: SweptHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_module, "_ECS_PAGE", 2)
    monkeypatch.setattr(aws_module, "_SSM_PAGE", 5)
    agents = [managed_instance(region) for _ in range(6)]
    agents[0].ping(agents[0].role_token())
    of_ecs = [EcsAgent(region, agent) for agent in agents[:5]]
    for number, agent in enumerate(of_ecs):
        custom = {"kiosk.name": f"till-{number}", "kiosk.release": "r-1"}
        agent.register(CLUSTER, custom=custom)
    in_ssm = await hosts.hosts(SSM)
    assert set(in_ssm) == {agent.instance_id for agent in agents}
    assert in_ssm[agents[0].instance_id or ""].status == "Online"
    assert in_ssm[agents[1].instance_id or ""].status == "ConnectionLost"
    in_ecs = await hosts.hosts(ECS)
    assert {one: (host.status, host.kiosk_name, host.release) for one, host in in_ecs.items()} == {
        agent.instance_id: ("ACTIVE", f"till-{number}", "r-1")
        for number, agent in enumerate(of_ecs)
    }


async def test_of_a_host_that_registered_twice_the_newest_counts(
    region: RunningRegion, hosts: SweptHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_module, "_ECS_PAGE", 1)
    agent = managed_instance(region)
    for release in ("old", "new"):
        EcsAgent(region, agent).register(
            CLUSTER, custom={"kiosk.release": release}, repeatable_as=release
        )
        region.clock.ahead += timedelta(seconds=5)
    listed = region.client("ecs").list_container_instances(cluster=CLUSTER)
    assert len(listed["containerInstanceArns"]) == 2
    found = await hosts.hosts(ECS)
    assert [host.release for host in found.values()] == ["new"]


async def test_one_that_was_throttled_rests_and_goes_on(
    region: RunningRegion, hosts: SweptHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_module, "REST_AFTER_THROTTLING_S", 0.01)
    call = {"service": "ssm", "operation": "DescribeInstanceInformation", "kind": "throttle"}
    # Three at a time are botocore's own attempts.
    region.fault(**call, times=4)
    assert await hosts.hosts(SSM) == {}
    assert sum(region.hits().values()) == 4
    region.fault(**call, times=12)
    with pytest.raises(AwsAwayError, match="Systems Manager answered DescribeInstanceInformation"):
        await hosts.hosts(SSM)


async def test_a_cluster_that_is_not_there_is_told(hosts: SweptHosts) -> None:
    with pytest.raises(AwsAwayError, match="ListContainerInstances: ClusterNotFound"):
        await hosts.hosts(Source("ecs", "eu-central-1", "elsewhere"))


async def test_what_did_not_change_is_not_written_and_is_as_old_as_the_last_sweep(
    store: Store, clock: FakeFleetClock
) -> None:
    fake = FakeAws(seen(1), seen(2))
    sweeps = await sweeping(store, clock, fake, "one")
    assert await sweeps.sweep(ECS, 1)
    clock.advance(60)
    fake.now["mi-2"] = seen(2, connected=False)
    assert await sweeps.sweep(ECS, 1)
    items = await store.query(HostLookRecord.store_kind, ECS.name)
    assert [(item.key.sk, item.version) for item in items] == [("mi-1", 1), ("mi-2", 2)]
    second = HostLookRecord.model_validate(items[1].body)
    assert (second.connected, second.changed_at) == (False, clock.now())
    swept = (await all_sweeps(store))[ECS.name]
    assert (swept.looked_at, swept.hosts) == (clock.now(), 2)
    assert swept.words == f"ECS in eu-central-1, cluster {CLUSTER}"


async def test_a_ping_alone_is_no_news_and_the_last_one_is_kept_with_the_next_news(
    store: Store, clock: FakeFleetClock
) -> None:
    fake = FakeAws(seen(1, told_at=clock.now(), version=4))
    sweeps = await sweeping(store, clock, fake, "one")
    await sweeps.sweep(ECS, 1)
    before = await store.query(HostLookRecord.store_kind, ECS.name)
    clock.advance(300)
    last = clock.now()
    fake.now["mi-1"] = seen(1, told_at=last, version=5)
    await sweeps.sweep(ECS, 1)
    assert await store.query(HostLookRecord.store_kind, ECS.name) == before
    fake.now["mi-1"] = seen(1, told_at=last, version=6, status="DRAINING")
    await sweeps.sweep(ECS, 1)
    look = (await all_looks(store, ECS.name))["mi-1"]
    assert (look.told_at, look.version) == (last, 6)


async def test_each_ping_of_a_host_whose_kiosk_is_silent_is_kept(
    store: Store, clock: FakeFleetClock
) -> None:
    async def silent() -> frozenset[str]:
        return frozenset({"mi-1"})

    fake = FakeAws(*(seen(number, told_at=clock.now(), status="Online") for number in (1, 2)))
    fake.sources = (SSM,)
    lease = StoredLease(store, clock, "watch", holder="one")
    await lease.try_once()
    sweeps = Sweeping(store, clock, fake, lease, silent)
    await sweeps.sweep(SSM, 1)
    first = clock.now()
    clock.advance(300)
    fake.now = {one: replace(host, told_at=clock.now()) for one, host in fake.now.items()}
    await sweeps.sweep(SSM, 1)
    kept = {one: look.told_at for one, look in (await all_looks(store, SSM.name)).items()}
    assert kept == {"mi-1": clock.now(), "mi-2": first}


async def test_one_that_is_first_seen_disconnected_is_so_from_then_on(
    store: Store, clock: FakeFleetClock
) -> None:
    sweeps = await sweeping(store, clock, FakeAws(seen(1, connected=False), seen(2)), "one")
    await sweeps.sweep(ECS, 1)
    first = clock.now()
    clock.advance(60)
    await sweeps.sweep(ECS, 1)
    since = {one: look.changed_at for one, look in (await all_looks(store, ECS.name)).items()}
    assert since == {"mi-1": first, "mi-2": None}


async def test_one_that_drains_is_not_connected_anew(store: Store, clock: FakeFleetClock) -> None:
    fake = FakeAws(seen(1, connected=False), seen(2))
    sweeps = await sweeping(store, clock, fake, "one")
    await sweeps.sweep(ECS, 1)
    first = clock.now()
    clock.advance(3600)
    fake.now["mi-1"] = seen(1, connected=False, status="DRAINING")
    fake.now["mi-2"] = seen(2, status="DRAINING")
    await sweeps.sweep(ECS, 1)
    known = {
        one: (look.status, look.changed_at)
        for one, look in (await all_looks(store, ECS.name)).items()
    }
    assert known == {"mi-1": ("DRAINING", first), "mi-2": ("DRAINING", None)}


async def test_one_that_is_gone_is_unknown_and_at_last_forgotten(
    store: Store, clock: FakeFleetClock
) -> None:
    fake = FakeAws(seen(1, release="r-1"), seen(2))
    sweeps = await sweeping(store, clock, fake, "one")
    await sweeps.sweep(ECS, 1)
    del fake.now["mi-1"]
    clock.advance(60)
    await sweeps.sweep(ECS, 1)
    assert await looks(store) == {"mi-1": ("", False), "mi-2": ("ACTIVE", True)}
    clock.advance(timedelta(days=30).total_seconds())
    await sweeps.sweep(ECS, 1)
    assert "mi-1" in await looks(store)
    clock.advance(1)
    await sweeps.sweep(ECS, 1)
    assert "mi-1" not in await looks(store)


async def test_a_sweep_that_fails_takes_nobody_away_and_is_told(
    store: Store, clock: FakeFleetClock
) -> None:
    fake = FakeAws(seen(1))
    sweeps = await sweeping(store, clock, fake, "one")
    await sweeps.sweep(ECS, 1)
    whole = (await all_sweeps(store))[ECS.name]
    fake.away, fake.now = "ECS answered ListContainerInstances: AccessDenied", {}
    clock.advance(60)
    assert not await sweeps.sweep(ECS, 1)
    assert not await sweeps.sweep(ECS, 1)
    assert await looks(store) == {"mi-1": ("ACTIVE", True)}
    failed = (await all_sweeps(store))[ECS.name]
    assert (failed.looked_at, failed.failure) == (whole.looked_at, fake.away)
    assert (failed.failed_at, failed.failed_in_a_row) == (clock.now(), 2)
    fake.away = ""
    await sweeps.sweep(ECS, 1)
    assert (await all_sweeps(store))[ECS.name].failure == ""


async def test_what_one_learnt_before_another_took_over_is_never_written(
    store: Store, clock: FakeFleetClock
) -> None:
    slow = FakeAws(seen(1))
    first = await sweeping(store, clock, slow, "one")
    slow.answers.clear()
    under_way = asyncio.create_task(first.sweep(ECS, 1))
    await slow.asked.wait()
    clock.advance(LASTS_S)
    second = await sweeping(store, clock, FakeAws(seen(1, status="DRAINING")), "other")
    await second.sweep(ECS, 2)
    slow.answers.set()
    with pytest.raises(LeaseLostError):
        await under_way
    assert await looks(store) == {"mi-1": ("DRAINING", True)}


async def test_thousands_are_written_in_commits_of_their_own(
    store: Store, clock: FakeFleetClock
) -> None:
    fake = FakeAws(*(seen(number) for number in range(1000, 1250)))
    sweeps = await sweeping(store, clock, fake, "one")
    await sweeps.sweep(ECS, 1)
    assert len(await looks(store)) == 250


async def test_a_working_one_sweeps_every_source_while_it_has_the_lease(
    store: Store, clock: FakeFleetClock
) -> None:
    fake = FakeAws(seen(1))
    sweeps = await sweeping(store, clock, fake, "one")
    async with asyncio.timeout(30), sweeps.working(0.01):
        await until(lambda: all_sweeps(store), "a sweep")
    lost = Sweeping(store, clock, FakeAws(), StoredLease(store, clock, "watch"))
    with pytest.raises(LeaseLostError):
        await lost.sweep(ECS, 1)


async def test_how_long_a_sweep_took_is_told(store: Store, clock: FakeFleetClock) -> None:
    fake = FakeAws(seen(1))
    sweeps = await sweeping(store, clock, fake, "one")
    fake.answers.clear()
    under_way = asyncio.create_task(sweeps.sweep(ECS, 1))
    await fake.asked.wait()
    clock.advance(1.5)
    fake.answers.set()
    assert await under_way
    swept = (await all_sweeps(store))[ECS.name]
    assert (swept.took_ms, swept.looked_at) == (1500, clock.now() - timedelta(seconds=1.5))
