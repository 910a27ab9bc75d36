"""Two tasks of the fleet service behind a load balancer, on one store: no state is in any of them.

`make test-dynamodb` runs the other tests of the whole service so, too.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.enrolled import Hall, hall_of
from tests.support.fleet_tasks import FleetTasks
from tests.support.operators import venue
from tests.support.region import RunningRegion, running_region


@pytest.fixture(scope="module")
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        yield running


@pytest.fixture(params=["sqlite", "dynamodb"])
async def hall(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    region: RunningRegion,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Hall]:
    monkeypatch.setenv("FLEET_TASKS", "2")
    if request.param == "dynamodb":
        request.getfixturevalue("dynamodb")
        monkeypatch.setenv("FLEET_STORE", "dynamodb")
    async with hall_of(tmp_path, region) as opened:
        yield opened


def tasks_of(hall: Hall) -> FleetTasks:
    assert isinstance(hall.office.fleet, FleetTasks)
    return hall.office.fleet


async def test_a_host_becomes_a_kiosk_opens_a_session_and_reports_whichever_task_it_meets(
    hall: Hall,
) -> None:
    """The nonce comes from one task and is proved at the other.

    What is parked is news, whoever hears it; how much is queued may be a minute old.
    """
    host = await hall.enrolled()
    headers = await host.opens()
    for parked in (1, 2, 3):
        await host.report(headers, parked=parked)
        for _ in range(2):
            _, told = await hall.office.ask("GET", "kiosks/till-hb1")
            assert (told["standing"], told["seen"]["parked"]) == ("active", parked)
    assert await hall.standing() == ("active", host.instance_id)
    served = tasks_of(hall).balancer.served
    assert min(served) > 3
    assert abs(served[0] - served[1]) <= 1


async def test_a_proof_that_one_task_has_taken_counts_at_no_other(hall: Hall) -> None:
    host = await hall.enrolled()
    await host.opens()
    proof = await host.session_request()

    answers = [await host.ask_for_session(proof) for _ in range(4)]

    assert [status for status, _ in answers] == [201, 403, 403, 403]
    assert all("used before" in told["detail"] for _, told in answers[1:])


async def test_of_proofs_that_come_to_both_tasks_at_once_one_counts(hall: Hall) -> None:
    host = await hall.enrolled()
    await host.opens()
    proof = await host.session_request()

    answers = await asyncio.gather(*(host.ask_for_session(proof) for _ in range(6)))

    assert sorted(status for status, _ in answers) == [201, *[403] * 5]


async def test_a_kiosk_goes_on_while_one_task_after_the_other_is_replaced(hall: Hall) -> None:
    host = await hall.enrolled()
    headers = await host.opens()
    first, second = tasks_of(hall).tasks
    assert await first.stop() == 0
    for queued in (1, 2):
        await host.report(headers, queued=queued)
    await host.opens()
    served = tasks_of(hall).balancer.served
    assert served[1] > served[0]
    assert second.process.returncode is None


async def test_of_two_that_open_the_same_venue_at_both_tasks_nothing_is_lost(hall: Hall) -> None:
    codes = [f"Z{number}" for number in range(8)]
    answers = await asyncio.gather(
        *(
            hall.office.ask(
                "PUT", f"venues/hall-{code.lower()}", venue(f"hall-{code.lower()}", code)
            )
            for code in codes
        )
    )
    assert {status for status, _ in answers} == {200}
    both = await asyncio.gather(
        *(hall.office.ask("PUT", f"venues/twin-{n}", venue(f"twin-{n}", "TWIN")) for n in range(4))
    )
    assert sorted(status for status, _ in both) == [200, 409, 409, 409]
