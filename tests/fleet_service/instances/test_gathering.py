"""What is known of each kiosk, put together: several clusters, the kiosks file, what changed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_store.port import Store
from cloud_store.records import Record
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace, key_of
from fleet_service.instances.gathering import Gathering
from fleet_service.instances.joining import KnownKiosk
from fleet_service.instances.judging import judge
from fleet_service.instances.ports import Source
from fleet_service.instances.records import SWEEPS, HostLookRecord, SweepRecord
from fleet_service.instances.service import Around, Instances
from fleet_service.instances.sweeping import sources_of
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.venues.records import KioskRecord
from fleet_service.venues.service import Venues
from kiosk_contracts.venues import Standing, Venue
from tests.support.fleet import FakeFleetClock
from tests.support.fleet_views import NOW
from tests.support.operators import venue

HOST = "mi-0123456789abcdef0"
SSM, NORTH, SOUTH = sources_of(["eu-central-1"], ["eu-central-1/north", "eu-central-1/south"])
LATE, EARLY = NOW, NOW - timedelta(minutes=2)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


async def put(store: Store, record: Record, pk: str, sk: str = "-") -> None:
    workspace = Workspace(store)
    await workspace.load([key_of(type(record), pk, sk)])
    workspace.put(record, pk, sk)
    await workspace.commit()


async def planned(store: Store) -> None:
    await Venues(store).put(Venue.model_validate(venue("harbour-hall", "HB1")))
    kiosk = KioskRecord(
        kiosk_code="HB1", venue_id="harbour-hall", standing=Standing.ACTIVE, instance_id=HOST
    )
    await put(store, kiosk, "till-hb1")


async def swept(store: Store, source: Source, at: object, status: str | None = None) -> None:
    await put(store, SweepRecord.model_validate({"looked_at": at}), SWEEPS, source.name)
    if status is not None:
        await put(store, HostLookRecord(status=status, connected=True), source.name, HOST)


async def one(store: Store) -> KnownKiosk:
    known = await Gathering(store, (SSM, NORTH, SOUTH)).gather()
    [found] = known.venues[0].kiosks
    return found


async def test_a_host_is_looked_for_in_every_cluster(store: Store) -> None:
    await planned(store)
    await swept(store, NORTH, LATE)
    await swept(store, SOUTH, EARLY, "ACTIVE")
    ecs = (await one(store)).views.ecs
    assert ecs is not None
    assert (ecs.status, ecs.looked_at) == ("ACTIVE", EARLY)


async def test_one_that_no_cluster_has_is_so_as_of_the_oldest_look(store: Store) -> None:
    await planned(store)
    await swept(store, NORTH, LATE)
    await swept(store, SOUTH, EARLY, "")
    ecs = (await one(store)).views.ecs
    assert ecs is not None
    assert (ecs.status, ecs.looked_at) == ("", EARLY)


async def test_one_that_may_be_where_nobody_has_looked_is_not_known(store: Store) -> None:
    await planned(store)
    await swept(store, NORTH, LATE)
    views = (await one(store)).views
    assert (views.ecs, views.ssm) == (None, None)
    await swept(store, SSM, LATE, "Online")
    ssm = (await one(store)).views.ssm
    assert ssm is not None
    assert ssm.ping == "Online"


async def test_of_two_clusters_that_have_it_the_one_looked_at_last_counts(store: Store) -> None:
    await planned(store)
    await swept(store, NORTH, EARLY, "ACTIVE")
    await swept(store, SOUTH, LATE, "DRAINING")
    ecs = (await one(store)).views.ecs
    assert ecs is not None
    assert ecs.status == "DRAINING"


async def test_a_pending_one_says_which_host_was_refused_and_why(store: Store) -> None:
    await planned(store)
    refused = "mi-9 was not granted the name"
    for standing, words in ((Standing.PENDING, refused), (Standing.ACTIVE, "")):
        kiosk = KioskRecord(
            kiosk_code="HB1", venue_id="harbour-hall", standing=standing, refused=refused
        )
        await put(store, kiosk, "till-hb1")
        views = (await one(store)).views
        assert views.refused == words
        said = judge(views, [], is_open=True, now=NOW)
        assert said.why.endswith(words)


def listed(kiosk_id: str, code: str, venue_id: str) -> RegisteredKiosk:
    return RegisteredKiosk(
        kiosk_id=kiosk_id, kiosk_code=code, venue_id=venue_id, venue_name="Old Mill"
    )


async def test_kiosks_of_the_file_are_among_those_of_their_venue(store: Store) -> None:
    await planned(store)
    file = [listed("box", "BX1", "harbour-hall"), listed("mill-1", "OM1", "old-mill")]
    known = await Gathering(store, (), lambda: file).gather()
    places = {
        each.venue.venue_id: [kiosk.kiosk_id for kiosk in each.kiosks] for each in known.venues
    }
    assert places == {"harbour-hall": ["box", "till-hb1"], "old-mill": ["mill-1"]}
    assert known.venues[1].venue.opening_hours == ()


async def test_one_in_the_file_and_in_the_plan_counts_once_as_the_file_has_it(
    store: Store,
) -> None:
    await planned(store)
    known = await Gathering(store, (), lambda: [listed("till-hb1", "HB1", "old-mill")]).gather()
    places = {
        each.venue.venue_id: [kiosk.kiosk_id for kiosk in each.kiosks] for each in known.venues
    }
    assert places == {"harbour-hall": [], "old-mill": ["till-hb1"]}


async def test_what_was_removed_and_made_anew_is_not_taken_for_what_it_was(store: Store) -> None:
    await planned(store)
    gathering = Gathering(store, ())
    await gathering.gather()
    workspace = Workspace(store)
    known = await workspace.fetch(KioskRecord, "till-hb1")
    assert known is not None
    workspace.delete(KioskRecord, "till-hb1")
    await workspace.commit()
    again = known.model_copy(update={"standing": Standing.REVOKED})
    # Twice, so that it has the version that it had.
    for _ in range(2):
        await put(store, again, "till-hb1")
    [found] = (await gathering.gather()).venues[0].kiosks
    assert found.standing is Standing.REVOKED


async def test_some_venues_are_told_as_all_of_them_would_be(store: Store) -> None:
    await planned(store)
    await Venues(store).put(Venue.model_validate(venue("old-mill", "OM1", "OM2")))
    await swept(store, SSM, LATE, "Online")
    await swept(store, NORTH, EARLY, "ACTIVE")
    file = (
        RegisteredKiosk(kiosk_id="x1", kiosk_code="X1", venue_id="pier", venue_name="Pier"),
        # Planned at one venue, and said by the file to be of another: the file counts.
        RegisteredKiosk(kiosk_id="till-om2", kiosk_code="OM2", venue_id="pier", venue_name="Pier"),
    )
    gathering = Gathering(store, (SSM, NORTH, SOUTH), lambda: file)
    whole = {one.venue.venue_id: one for one in (await gathering.gather()).venues}
    for venue_ids in (["harbour-hall"], ["old-mill"], ["pier"], ["old-mill", "pier"]):
        some = await gathering.gather_some(venue_ids)
        assert [*some.venues] == [whole[one] for one in venue_ids]
    assert [*(await gathering.gather_some(["nowhere"])).venues] == []


async def test_a_view_of_some_kiosks_is_of_their_venues_alone_unless_one_went_elsewhere(
    store: Store,
) -> None:
    await planned(store)
    await Venues(store).put(Venue.model_validate(venue("old-mill", "OM1")))
    instances = Instances(Gathering(store, ()), FakeFleetClock())

    async def told(**names: set[str]) -> list[str]:
        around = Around(**{name: frozenset(some) for name, some in names.items()})
        return [one.venue.venue_id for one in (await instances.around(around)).venues]

    both = ["harbour-hall", "old-mill"]
    assert await told(kiosk_ids={"till-om1"}) == both, "nobody knew yet where it is"
    assert await told(kiosk_ids={"till-om1"}) == ["old-mill"]
    assert await told(host_ids={HOST}) == ["harbour-hall"]
    assert await told(venue_ids={"old-mill"}) == ["old-mill"]
    assert await told(kiosk_ids={"till-om1"}, host_ids={HOST}) == both
    assert await told(host_ids={"mi-00000000000000000"}) == both, "it may be new"
    await Venues(store).put(Venue.model_validate(venue("old-mill")))
    await Venues(store).put(Venue.model_validate(venue("pier", "OM1")))
    assert await told(kiosk_ids={"till-om1"}) == [*both, "pier"]
    assert await told(kiosk_ids={"till-om1"}) == ["pier"]
