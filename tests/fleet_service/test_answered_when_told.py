"""An operator who is answered may go: by then all tasks can hear of what was changed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_store.port import Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service.stream.keeping import Entries
from fleet_service.stream.marks import Kind, Mark
from kiosk_contracts.venues import Standing
from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.fleet_service.test_known_kiosks import plan, stand
from tests.support.host_office import Office, host_office
from tests.support.operators import OPS_TOKEN, ops_settings
from tests.support.sts import INSTANCE_ID

KIOSK = "till-hb7"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


@pytest.fixture
async def office(tmp_path: Path, store: Store) -> AsyncIterator[Office]:
    await plan(store)
    await stand(store, Standing.ACTIVE, host=INSTANCE_ID)
    async with host_office(tmp_path, **ops_settings(tmp_path)) as built:
        built.files.register()
        yield built


async def test_a_revocation_is_marked_when_it_is_answered_also_where_it_was_revoked_already(
    office: Office, store: Store
) -> None:
    entries = Entries(store)
    for _ in range(2):
        position, _oldest = await entries.position()
        async with office.http.post(
            f"/v1/ops/kiosks/{KIOSK}/revoke", headers={OPS_TOKEN_HEADER: OPS_TOKEN}
        ) as answer:
            assert answer.status == 200, await answer.text()
        marks = {mark for one in await entries.after(position) for mark in one.marks}
        assert Mark(Kind.STANDING, KIOSK) in marks
