"""What a match rests on may change while it is worked out."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace, key_of
from fleet_service.enrolment.records import GrantRecord, HostRecord
from fleet_service.enrolment.service import Enrolment
from fleet_service.kiosks.first_release import FirstReleases
from fleet_service.kiosks.matching import Matching, MatchingRules
from fleet_service.kiosks.ports import InstanceEvidence
from fleet_service.kiosks.records import DUE, FirstReleaseRecord, InstanceRecord
from fleet_service.kiosks.service import Kiosks
from fleet_service.venues.records import KioskRecord
from fleet_service.venues.service import Venues
from kiosk_contracts.enrolment import ClaimName, NewActivation
from kiosk_contracts.kiosks import WriteOffKiosk
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.venues import Standing, Venue
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock
from tests.support.operators import venue
from tests.support.sts import INSTANCE_ID

ACTIVATION = "4b673112-90ad-4add-b9c2-1c2d3e4f5a6b"
TOKEN = "enrolment-token-of-the-fleet"


@dataclass
class KnownInstance:
    """An AWS that knows one host."""

    attributes: dict[str, str] = field(
        default_factory=lambda: {
            "kiosk.name": "till-hb1",
            "kiosk.venue": "harbour-hall",
            "kiosk.host": "a" * 64,
        }
    )
    looks: int = 0
    told: list[tuple[str, str, str, str]] = field(default_factory=list)

    async def look(self, instance_id: str) -> InstanceEvidence:
        self.looks += 1
        return InstanceEvidence(instance_id, "eu-central-1", ACTIVATION, self.attributes)

    async def put_attribute(self, instance_id: str, region: str, name: str, value: str) -> None:
        self.told.append((instance_id, region, name, value))


@dataclass
class Desk:
    """A pending kiosk, and the one who would match its host."""

    store: FaultyStore
    aws: KnownInstance = field(default_factory=KnownInstance)

    def __post_init__(self) -> None:
        self.clock = FakeFleetClock()
        self.enrolment = Enrolment(self.store, self.clock)
        rules = MatchingRules("r-1", lambda _: None)
        self.matching = Matching(self.store, self.aws, FirstReleases(self.store, self.aws), rules)

    async def enrol(self) -> None:
        await Venues(self.store).put(Venue.model_validate(venue("harbour-hall", "HB1")))
        activation = {
            "activation_id": ACTIVATION,
            "bundle_id": "0f5b1a52-1111-4222-8333-444455556666",
            "venue_id": "harbour-hall",
            "kiosk_ids": ["till-hb1"],
            "expires_at": self.clock.now() + timedelta(days=7),
            "enrolment_token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest(),
        }
        await self.enrolment.add(NewActivation.model_validate(activation))
        await self.enrolment.claim(TOKEN, ClaimName(kiosk_id="till-hb1", host_id="a" * 64))

    async def kiosk(self) -> KioskRecord:
        found = await Workspace(self.store).fetch(KioskRecord, "till-hb1")
        assert found is not None
        return found


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        built = Desk(FaultyStore(store))
        await built.enrol()
        yield built


async def test_who_was_beaten_tries_again_on_fresh_reads_with_the_same_evidence(
    desk: Desk,
) -> None:
    desk.store.beat(3)
    await desk.matching.match("till-hb1", INSTANCE_ID)
    assert desk.store.failed == 3
    assert desk.aws.looks == 1
    kiosk = await desk.kiosk()
    assert (kiosk.standing, kiosk.instance_id) == (Standing.ACTIVE, INSTANCE_ID)
    # All in one commit: the kiosk, whose host it is, what it is to be told; and two checks.
    assert desk.store.commits[-1] == 5
    workspace = Workspace(desk.store)
    assert await workspace.fetch(InstanceRecord, INSTANCE_ID) == InstanceRecord(kiosk_id="till-hb1")
    assert await workspace.fetch(FirstReleaseRecord, DUE, "till-hb1") is not None


async def test_an_activation_that_is_revoked_meanwhile_matches_nobody(desk: Desk) -> None:
    async def revoke() -> None:
        await desk.enrolment.revoke(ACTIVATION)

    desk.store.let_rival_in(revoke)
    with pytest.raises(ProblemError) as refused:
        await desk.matching.match("till-hb1", INSTANCE_ID)
    assert refused.value.code == "host_not_matched"
    assert (await desk.kiosk()).standing is Standing.PENDING


async def test_a_grant_that_goes_meanwhile_matches_nobody(desk: Desk) -> None:
    async def forget() -> None:
        workspace = Workspace(desk.store)
        await workspace.fetch(GrantRecord, "till-hb1")
        workspace.delete(GrantRecord, "till-hb1")
        await workspace.commit()

    desk.store.let_rival_in(forget)
    with pytest.raises(ProblemError) as refused:
        await desk.matching.match("till-hb1", INSTANCE_ID)
    assert refused.value.code == "host_not_matched"
    assert (await desk.kiosk()).standing is Standing.PENDING


async def test_an_instance_that_becomes_another_kiosk_s_meanwhile_is_not_this_one_s(
    desk: Desk,
) -> None:
    async def other() -> None:
        workspace = Workspace(desk.store)
        await workspace.fetch(InstanceRecord, INSTANCE_ID)
        workspace.put(InstanceRecord(kiosk_id="till-hb9"), INSTANCE_ID)
        await workspace.commit()

    desk.store.let_rival_in(other)
    with pytest.raises(ProblemError, match="is the host of till-hb9 already"):
        await desk.matching.match("till-hb1", INSTANCE_ID)
    assert (await desk.kiosk()).standing is Standing.PENDING


async def test_a_host_that_is_replaced_is_told_nothing_and_is_no_kiosk_any_more(
    desk: Desk,
) -> None:
    await desk.matching.match("till-hb1", INSTANCE_ID)
    workspace = Workspace(desk.store)
    for key in (key_of(FirstReleaseRecord, DUE, "till-hb1"), key_of(InstanceRecord, INSTANCE_ID)):
        assert await desk.store.get(key) is not None
    kiosks = Kiosks(desk.store, desk.clock)
    order = WriteOffKiosk(reason="stolen", risk_accepted=True)
    await kiosks.write_off("till-hb1", order)
    await kiosks.renew("till-hb1")
    for gone in (
        await workspace.fetch(FirstReleaseRecord, DUE, "till-hb1"),
        await workspace.fetch(InstanceRecord, INSTANCE_ID),
        await workspace.fetch(GrantRecord, "till-hb1"),
        await workspace.fetch(HostRecord, "a" * 64),
    ):
        assert gone is None


async def test_matching_an_active_kiosk_changes_nothing(desk: Desk) -> None:
    await desk.matching.match("till-hb1", INSTANCE_ID)
    commits = len(desk.store.commits)
    await desk.matching.match("till-hb1", "mi-0123456789abcdef0")
    assert len(desk.store.commits) == commits
    assert (await desk.kiosk()).instance_id == INSTANCE_ID
