"""AWS as hosts of a venue see it: a local region, under AWS's own names and with its TLS."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from local_region.settings import RegionSettings
from local_region.tls import names_of
from tests.support.region import RunningRegion, running_region
from tests.support.venue.door import HTTPS, door
from tests.support.venue.machine import VenueMachine
from tests.support.venue.network import AWS_ADDRESS
from tests.support.venue.venue import know, trust


@asynccontextmanager
async def venue_region(settings: RegionSettings | None = None) -> AsyncIterator[RunningRegion]:
    """Run a region that hosts reach as https://<service>.<region>.amazonaws.com.

    `settings` need a `tls_port`; 0 takes a free one. Tests reach it by its `url`, as elsewhere.
    Hosts have to be off before it ends.
    """
    with running_region(settings or RegionSettings(tls_port=0)) as region:
        assert region.sites.tls_port is not None
        async with door((AWS_ADDRESS, HTTPS), ("127.0.0.1", region.sites.tls_port)):
            yield region


def belongs_to(host: VenueMachine, region: RunningRegion) -> None:
    """Let a host that is off find and trust AWS's names."""
    assert region.sites.ca_file is not None
    account, name = region.settings.account, region.settings.region
    names = {one for one in names_of(name) if "*" not in one} - {"localhost"}
    registry = f"{account}.dkr.ecr.{name}.amazonaws.com"
    layers = f"prod-{name}-starport-layer-bucket.s3.{name}.amazonaws.com"
    know(host, *names, registry, layers, address=AWS_ADDRESS)
    trust(host, "aws", region.sites.ca_file)
