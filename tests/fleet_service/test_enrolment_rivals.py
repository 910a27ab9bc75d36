"""What a grant or an activation rests on may change while it is worked out."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service.enrolment.service import Enrolment
from fleet_service.venues.service import Venues
from kiosk_contracts.enrolment import ClaimName, NewActivation
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.venues import Standing, Venue
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock
from tests.support.operators import venue

ACTIVATION = "4b673112-90ad-4add-b9c2-1c2d3e4f5a6b"
TOKEN = "enrolment-token-of-the-fleet"


@dataclass
class Rivals:
    """A store into which a rival can write first."""

    store: FaultyStore
    clock: FakeFleetClock

    def __post_init__(self) -> None:
        self.venues = Venues(self.store)
        self.enrolment = Enrolment(self.store, self.clock)

    async def open(self, *codes: str) -> None:
        await self.venues.put(Venue.model_validate(venue("harbour-hall", *codes)))

    def activation(self) -> NewActivation:
        return NewActivation.model_validate(
            {
                "activation_id": ACTIVATION,
                "bundle_id": "0f5b1a52-1111-4222-8333-444455556666",
                "venue_id": "harbour-hall",
                "kiosk_ids": ["till-hb1"],
                "expires_at": self.clock.now() + timedelta(days=7),
                "enrolment_token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest(),
            }
        )

    async def claim(self) -> object:
        host = ClaimName(kiosk_id="till-hb1", host_id="a" * 64)
        return await self.enrolment.claim(TOKEN, host)

    async def refusal(self, asked: Callable[[], Awaitable[object]]) -> str:
        with pytest.raises(ProblemError) as refused:
            await asked()
        return refused.value.code


@pytest.fixture
async def rivals(tmp_path: Path) -> AsyncIterator[Rivals]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        built = Rivals(FaultyStore(store), FakeFleetClock())
        await built.open("HB1")
        yield built


async def test_an_activation_that_is_revoked_meanwhile_grants_nothing(rivals: Rivals) -> None:
    await rivals.enrolment.add(rivals.activation())

    async def revoke() -> None:
        await rivals.enrolment.revoke(ACTIVATION)

    rivals.store.let_rival_in(revoke)
    assert await rivals.refusal(rivals.claim) == "activation_ended"
    [kiosk] = (await rivals.venues.get("harbour-hall")).kiosks
    assert kiosk.standing is Standing.EXPECTED


async def test_a_kiosk_or_venue_that_goes_meanwhile_gets_no_activation(rivals: Rivals) -> None:
    async def drop() -> None:
        await rivals.open("HB2")

    async def close() -> None:
        await rivals.venues.remove("harbour-hall")

    for rival, code in ((drop, "kiosk_unknown"), (close, "venue_unknown")):
        await rivals.open("HB1")
        rivals.store.let_rival_in(rival)
        asked = rivals.activation()
        assert await rivals.refusal(lambda asked=asked: rivals.enrolment.add(asked)) == code
        assert (await rivals.enrolment.page("", 10)).activations == ()
