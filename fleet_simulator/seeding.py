"""Writes what a simulated fleet's cloud knows before it starts: as if all had been enrolled.

To enrol ten thousand hosts by the front door takes an hour, most of it in AWS's own throttles.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cloud_store.port import Absent, Put, Store
from cloud_store.records import Record
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import key_of
from demo.configs import write_json
from fleet_service.kiosks.records import InstanceRecord
from fleet_service.venues.records import (
    VENUES,
    CodeRecord,
    DirectoryRecord,
    KioskRecord,
    VenueRecord,
)
from fleet_simulator.books import PRICE
from fleet_simulator.plan import CLUSTERS, TICKET_TYPES, SimulatedVenue, all_kiosks
from kiosk_agent.host_role.role_credentials import RoleCredentials
from kiosk_contracts.catalogue import Event, PriceList, StockRule, TicketType
from kiosk_contracts.enrolment import NAME_ATTRIBUTE
from kiosk_contracts.venues import PlannedKiosk, Standing
from local_region.ecs.model import Cluster, ContainerInstance, EcsState
from local_region.ecs.places import Places
from local_region.identity.credentials import Credential, IdentityState
from local_region.identity.principals import RoleSession
from local_region.ids import Ids
from local_region.ssm.model import ManagedInstance, SsmState
from local_region.state.file import FILE, RegionState

ACCOUNT: Final = "111122223333"
REGION: Final = "eu-central-1"
ROLE: Final = "KioskRole"
CAPACITY: Final = 1_000_000
_CREDENTIALS_LIVE: Final = timedelta(hours=12)


def write_season(path: Path, venues: Sequence[SimulatedVenue]) -> Path:
    """Write what is on sale, for `ticket-api seed`."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    told = [
        {
            "venue_id": venue.venue_id,
            "name": venue.name,
            "events": [_event(venue, at).to_json()],
        }
        for venue in venues
    ]
    return write_json(path, {"venues": told})


def write_region(
    folder: Path, venues: Sequence[SimulatedVenue], seed: int
) -> Mapping[str, RoleCredentials]:
    """Write the state of a region that has all hosts; return their credentials, by kiosk."""
    ids, now = Ids(seed), datetime.now(UTC).replace(microsecond=0)
    ecs, role_id = EcsState(), ids.unique_id("AROA")
    places = Places(ecs, ACCOUNT, REGION)
    state = RegionState(
        account=ACCOUNT,
        region=REGION,
        identity=IdentityState(role_ids={ROLE: role_id}),
        ssm=SsmState(),
        ecs=ecs,
    )
    for name in CLUSTERS:
        ecs.clusters[name] = Cluster(name=name, arn=places.cluster_arn(name))
    found: dict[str, RoleCredentials] = {}
    for kiosk in all_kiosks(venues):
        arn = places.instance_arn(kiosk.cluster, ids.hex32())
        ecs.instances[arn] = ContainerInstance(
            arn=arn,
            cluster=kiosk.cluster,
            instance_id=kiosk.instance_id,
            registered=now,
            attributes={NAME_ATTRIBUTE: kiosk.kiosk_id},
            simulated=True,
        )
        state.ssm.instances[kiosk.instance_id] = ManagedInstance(
            instance_id=kiosk.instance_id,
            activation_id=ids.activation_id(),
            role=ROLE,
            registered=now,
            public_key="",
            fingerprint=ids.activation_id(),
            simulated=True,
        )
        owner = RoleSession(account=ACCOUNT, role=ROLE, role_id=role_id, session=kiosk.instance_id)
        given = Credential(
            access_key_id=ids.access_key_id("ASIA"),
            secret_key=ids.secret_key(),
            token=ids.session_token(),
            expires=now + _CREDENTIALS_LIVE,
            owner=owner,
        )
        state.identity.credentials[given.access_key_id] = given
        found[kiosk.kiosk_id] = RoleCredentials(
            given.access_key_id, given.secret_key, given.token or ""
        )
    folder.mkdir(mode=0o700, parents=True)
    (folder / FILE).write_text(state.model_dump_json(), encoding="utf-8")
    return found


async def fill_fleet_store(path: Path, venues: Sequence[SimulatedVenue]) -> None:
    """Write all venues and their kiosks, each active with its host."""
    async with open_sqlite(path, FLEET_SERVICE) as store:
        for venue in venues:
            await _put(store, list(_records(venue)))


async def _put(store: Store, records: Sequence[tuple[Record, tuple[str, ...]]]) -> None:
    await store.commit(
        [Put(key_of(type(one), *place), one.to_json(), Absent()) for one, place in records]
    )


def _records(venue: SimulatedVenue) -> Iterator[tuple[Record, tuple[str, ...]]]:
    planned = tuple(
        PlannedKiosk(kiosk_id=one.kiosk_id, kiosk_code=one.kiosk_code) for one in venue.kiosks
    )
    kept = VenueRecord(
        venue_id=venue.venue_id, name=venue.name, time_zone="Europe/Berlin", kiosks=planned
    )
    yield kept, (venue.venue_id,)
    yield DirectoryRecord(), (VENUES, venue.venue_id)
    for kiosk in venue.kiosks:
        hosted = KioskRecord(
            kiosk_code=kiosk.kiosk_code,
            venue_id=venue.venue_id,
            standing=Standing.ACTIVE,
            instance_id=kiosk.instance_id,
            served=True,
        )
        yield hosted, (kiosk.kiosk_id,)
        yield CodeRecord(kiosk_id=kiosk.kiosk_id), (kiosk.kiosk_code,)
        yield InstanceRecord(kiosk_id=kiosk.kiosk_id), (kiosk.instance_id,)


def _event(venue: SimulatedVenue, at: datetime) -> Event:
    return Event(
        event_id=venue.event_id,
        event_no=venue.event_no,
        venue_id=venue.venue_id,
        name=f"Show of {venue.name}",
        starts_at=at,
        sales_close_at=at,
        state="on_sale",
        ticket_types=tuple(
            TicketType(ticket_type_id=kind, type_no=place, name=kind.title(), capacity=CAPACITY)
            for place, kind in enumerate(TICKET_TYPES, start=1)
        ),
        price_list=PriceList(version=1, prices=dict.fromkeys(TICKET_TYPES, PRICE)),
        stock_rule=StockRule(per_kiosk=CAPACITY, keep_back=0, top_up_below=0),
    )


def no_kiosks(path: Path) -> Path:
    """Write a kiosks file without any: the store has them all."""
    path.write_text(json.dumps({"kiosks": []}) + "\n", encoding="utf-8")
    return path
