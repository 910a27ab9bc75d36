"""The hosts of this harness: two are two, each reaches the cloud and nothing else, and answers."""

import asyncio

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
        await host.boot()
        sts = "https://sts.eu-central-1.amazonaws.com/"
        assert await host.tell(*LOOK, sts) == "400", "it asks for nothing there"
        assert (await host.run(*LOOK, "http://192.0.2.1/")).status == NOT_REACHED

        host.line.cut()
        assert (await host.run(*LOOK, sts)).status in {NOT_REACHED, TOO_LATE}
        host.line.restore()
        assert await host.tell(*LOOK, "--retry", "5", "--retry-all-errors", sts) == "400"


async def test_what_is_done_to_one_host_is_done_to_no_other(venue: Venue) -> None:
    async with venue.host() as one, venue.host() as other:
        for host in (one, other):
            await host.boot()
            await host.tell("systemd-run", "--unit=till", "sleep", "infinity")
        await one.tell("systemctl", "kill", "--signal=KILL", "till")
        await one.until_journal("till", "Failed with result 'signal'")
        assert await one.state("till") == "failed"
        await one.power_cut()
        assert not one.running
        assert await other.state("till") == "active"
        names = [(await other.tell("hostname")).strip(), other.name]
        assert names[0] == names[1] != one.name


async def test_a_program_without_a_terminal_gets_its_password_from_an_agent(venue: Venue) -> None:
    async with venue.host() as host:
        await host.boot()
        asking = asyncio.create_task(host.tell("systemd-ask-password", "--timeout=60", "Which?"))
        await host.reply_password("7KQ4-9MZ2")
        assert await asking == "7KQ4-9MZ2\n"
