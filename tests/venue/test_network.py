"""A venue's hosts reach the cloud by its names and TLS, and nothing else; a cable can be pulled."""

import pytest

from tests.support.venue.region import belongs_to, venue_region
from tests.support.venue.venue import Venue

pytestmark = [pytest.mark.venue, pytest.mark.timeout(300)]

NOT_REACHED = 7
"""What curl(1) exits with."""
TOO_LATE = 28
LOOK = (
    "curl",
    "--silent",
    "--max-time",
    "5",
    "--output",
    "/dev/null",
    "--write-out",
    "%{http_code}",
)


async def test_a_host_finds_aws_behind_its_line_and_nothing_beyond(venue: Venue) -> None:
    async with venue_region() as region, venue.host() as host:
        belongs_to(host, region)
        await host.boot(until_ready=False)
        sts = "https://sts.eu-central-1.amazonaws.com/"
        assert await host.tell(*LOOK, sts) == "400", "it asks for nothing there"
        assert (await host.run(*LOOK, "http://192.0.2.1/")).status == NOT_REACHED

        host.line.cut()
        assert (await host.run(*LOOK, sts)).status in {NOT_REACHED, TOO_LATE}
        host.line.restore()
        assert await host.tell(*LOOK, "--retry", "5", "--retry-all-errors", sts) == "400"
