"""Having a host do something by Systems Manager by `fleetctl`, while its neighbour is moved."""

import shlex
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from provisioning.documents.ssm import Documents
from tests.fleet_service.fleetctl.conftest import Operator, operator_in
from tests.support.external_instance import until
from tests.support.region import RunningRegion
from tests.support.reporting_kiosk import reporting_kiosk

IMAGES = {
    release: f"registry.example.com/kiosk-ui@sha256:{number * 64}"
    for release, number in (("r-1", "1"), ("r-2", "2"))
}
REBOOT = ("kiosk", "reboot", "till-hb1", "--ssm", "--yes")


@pytest.fixture
async def operator(
    tmp_path: Path,
    region: RunningRegion,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Operator]:
    monkeypatch.setenv("COLUMNS", "200")
    Documents(region.client("ssm")).put()
    async with operator_in(tmp_path, region, capsys, run_commands=True) as there:
        hall = there.hall
        for release, image in IMAGES.items():
            order = {"release_id": release, "task": {"image": image, "memory_mib": 256}}
            assert (await hall.office.ask("POST", "releases", order))[0] == 201
        hosts = [await hall.enrolled(f"till-hb{number}", number) for number in (1, 2)]
        for host in hosts:
            host.agent.ping(host.agent.role_token())
        async with (
            reporting_kiosk(hall, hosts[0], "till-hb1", IMAGES),
            # Its move has not ended before the test has, however long that takes.
            reporting_kiosk(hall, hosts[1], "till-hb2", IMAGES, sells=False),
        ):
            yield there


async def neighbour_is_moved(operator: Operator) -> None:
    """Begin a move of the other kiosk, and wait until its screen may be away."""
    move_id = str(uuid4())
    start = ("release", "move", "till-hb2", "--to", "r-2", "--id", move_id, "--settle", "3600")
    await operator.types(*start, "--yes")

    async def is_told() -> bool:
        told = await operator.reads("move", "show", move_id)
        return bool(told["kiosks"][0]["state"] == "settling")

    await until(is_told, "the neighbour shows another release")


def sent(operator: Operator) -> list[Any]:
    found: list[Any] = operator.hall.region.admin("GET", "run-command")["invocations"]
    return found


@pytest.mark.timeout(180)
async def test_one_that_nobody_sends_is_not_waited_for_and_is_said_how_to_ask_again(
    operator: Operator,
) -> None:
    await neighbour_is_moved(operator)
    said = ("--reason", "it's hung; $HOME", "--expires", "45m")
    held = "it is told once that is over: till-hb2 of its venue is being moved"
    out, err = await operator.types(*REBOOT, *said, status=1)
    assert out == ""
    assert f"reboot at till-hb1 was not sent: {held}" in err
    line = err.partition("to ask for the same again: ")[2].strip()
    assert line.startswith("fleetctl kiosk reboot till-hb1 --ssm --yes --id ")
    # With other terms it would be refused, and without its id be another command.
    again = await operator.reads(*shlex.split(line)[1:], "--no-wait", status=1)
    [told] = await operator.reads("command", "list", "till-hb1")
    assert (again["command_id"], again["state"]) == (told["command_id"], "waiting")
    assert told["reason"] == "it's hung; $HOME"
    assert sent(operator) == []


async def test_a_reboot_that_may_keep_moves_waiting_for_days_is_refused(operator: Operator) -> None:
    _, err = await operator.types(*REBOOT, "--expires", "2h", status=1)
    assert "expires_in_s: a reboot by Systems Manager has 3600 s at most" in err
    assert await operator.reads("command", "list", "till-hb1") == []
    assert sent(operator) == []
