"""One region for all tests of a file, and a venue of its own for each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.bootstrap.checks.cloned import SSM_STORE
from kiosk_agent.bootstrap.places import AGENT_SETTINGS
from local_region.settings import RegionSettings
from tests.support.agent_saying import SELLING, agent_saying
from tests.support.bare_host import bare_host
from tests.support.bootstrap_venue import Venue
from tests.support.bundles import bundle_key
from tests.support.enrolment_desk import enrolment_desk
from tests.support.region import RunningRegion, running_region


@pytest.fixture(scope="module")
def region() -> Iterator[RunningRegion]:
    with running_region(RegionSettings(throttles=False)) as running:
        running.client("ecs").create_cluster(clusterName="kiosks")
        running.client("ecs").create_cluster(clusterName="others")
        yield running


@pytest.fixture
def make_venue(
    region: RunningRegion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Venue]]:
    opened: list[Any] = []

    def make(**activation: Any) -> Venue:
        desk = opened_in(enrolment_desk(region, till_1="HB1", till_2="HB2"))
        venue, host = opened_in(bare_host(tmp_path / "host", monkeypatch))
        key, public = bundle_key(tmp_path)
        made = region.client("ssm").create_activation(
            IamRole="KioskRole", **{"RegistrationLimit": 5, **activation}
        )
        return Venue(region, desk, tmp_path, venue, host, key, public, made)

    def opened_in(manager: Any) -> Any:
        opened.append(manager)
        return manager.__enter__()

    yield make
    for manager in reversed(opened):
        manager.__exit__(None, None, None)
    for one in region.client("ecs").list_container_instances(cluster="kiosks")[
        "containerInstanceArns"
    ]:
        region.client("ecs").deregister_container_instance(
            cluster="kiosks", containerInstance=one, force=True
        )


@pytest.fixture
def venue_bare(make_venue: Callable[..., Venue]) -> Venue:
    """Give a venue whose host has no agent that answers."""
    return make_venue()


@pytest.fixture
def venue(make_venue: Callable[..., Venue]) -> Iterator[Venue]:
    made = make_venue()

    def status() -> dict[str, Any]:
        # No agent runs on a host that is nobody yet.
        return SELLING if made.host.has(SSM_STORE) or made.host.has(AGENT_SETTINGS) else {}

    with agent_saying(made.host.path("/run/eventpro/admin.sock"), status):
        yield made
