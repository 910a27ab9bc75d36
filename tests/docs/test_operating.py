"""`docs/operating.md`, command by command, before a real fleet service and a region."""

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from local_region.ecs.services.moves import Order
from local_region.settings import RegionSettings
from tests.support.console_page import Shell, commands_of, fits
from tests.support.documents import DOCS
from tests.support.enrolled import Hall, hall_of
from tests.support.external_instance import until
from tests.support.operators import OPS_TOKEN
from tests.support.region import RunningRegion, running_region
from tests.support.reporting_kiosk import reporting_kiosk
from tests.support.ticket_api import OPS_TOKEN as TICKETS_TOKEN
from tests.support.ticket_api import World, world
from tests.support.till import Till

PAGE = DOCS / "operating.md"
IMAGES = {
    release: f"registry.example.com/kiosk-ui@sha256:{number * 64}"
    for release, number in (("r-2026-11", "1"), ("r-2026-12", "2"))
}
OFTEN = {"sweep_every_s": 0.2, "judge_every_s": 0.2, "move_every_s": 0.1}
ADDRESS = "https://fleet.example.com"


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region(RegionSettings(moves=Order.AT_ONCE)) as running:
        yield running


@pytest.fixture
async def tickets(tmp_path: Path) -> AsyncIterator[World]:
    """Have a ticket API with two sales; of the newer one it is known who bought."""
    (tmp_path / "tickets").mkdir()
    (tmp_path / "tickets-token").write_text(TICKETS_TOKEN)
    async with world(tmp_path / "tickets") as api:
        till, kiosk = Till(), api.kiosk("till-hb1")
        first, second = await kiosk.serials(till.journal_id, 2)
        buyer = {"salt": "0" * 32, "buyer": {"name": "Grace Hopper"}}
        await kiosk.upload(till.journal_id, till.sale([first]))
        await kiosk.upload(till.journal_id, {**till.sale([second]), "personal": buyer})
        yield api


@pytest.fixture
async def hall(tmp_path: Path, region: RunningRegion, tickets: World) -> AsyncIterator[Hall]:
    """Have a kiosk that is well, and one with a transaction that is parked."""
    asked = {
        "ticket_api_url": tickets.url.rstrip("/"),
        "ticket_api_ops_token_file": str(tmp_path / "tickets-token"),
    }
    async with hall_of(tmp_path, region, first_release="r-2026-11", **OFTEN, **asked) as hall:
        hall.office.fleet.files.register()
        hosts = [await hall.enrolled("till-hb1", 1), await hall.enrolled("till-hb2", 2)]
        for host in hosts:
            host.agent.ping(host.agent.role_token())
        task = {"image": IMAGES["r-2026-11"], "memory_mib": 256}
        order = {"release_id": "r-2026-11", "task": task}
        assert (await hall.office.ask("POST", "releases", order))[0] == 201
        async with (
            # A move of it has not ended while the page pauses it, however long that takes.
            reporting_kiosk(hall, hosts[0], "till-hb1", IMAGES, sells=False, parked=1),
            reporting_kiosk(hall, hosts[1], "till-hb2", IMAGES),
        ):
            yield hall


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[Shell]:
    """Where an operator has a token, and the commands on the path."""
    commands, home = tmp_path / "bin", tmp_path / "home"
    commands.mkdir()
    program = f'#!/bin/sh\nexec {sys.executable} -m fleet_service.fleetctl "$@"\n'
    (commands / "fleetctl").write_text(program)
    (commands / "fleetctl").chmod(0o755)
    token = home / ".config/eventpro/token"
    token.parent.mkdir(parents=True)
    token.write_text(OPS_TOKEN)
    token.chmod(0o600)
    environment = {
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(DOCS.parent),
        "HOME": str(home),
        "COLUMNS": "250",
        "IMAGE": IMAGES["r-2026-12"],
        "MOVE": str(uuid4()),
        "RECEIPT": "HB1-1-000002",
    }
    shell = await Shell.started(home, environment)
    yield shell
    await shell.ends()


@pytest.mark.timeout(900)
async def test_each_command_does_what_the_page_says(hall: Hall, shell: Shell) -> None:
    page = PAGE.read_text("utf-8").replace(ADDRESS, hall.office.fleet.url)
    typed = [*commands_of(page)]
    assert len(typed) > 30
    for one in typed[:2]:
        assert await shell.types(one.command) == (0, [])

    async def is_as_on_the_page() -> bool:
        _, said = await shell.types("fleetctl status --json")
        told = json.loads("\n".join(said))
        # That an ECS agent had not connected yet is an alarm that is over.
        causes = [alarm["cause"] for alarm in told["alarms"] if not alarm["gone_since"]]
        return told["states"] == {"degraded": 1, "well": 1} and "parked" in causes

    await until(is_as_on_the_page, "one kiosk is well, and one has an alarm")
    for one in typed[2:]:
        status, said = await shell.types(one.command)
        shown = "\n".join(said)
        at = f"{PAGE.name}:{one.line}: {one.command}\n"
        assert status == one.status, f"{at}{status}\n{shown}"
        assert fits(said, one.output), f"{at}{shown}\n--- is not what the page says:\n" + "\n".join(
            one.output
        )


@pytest.mark.parametrize(
    ("said", "page", "fit"),
    [
        (["a  b"], ["a b"], True),
        (["a b"], ["a c"], False),
        (["a b c"], ["a…c"], True),
        (["a", "b", "c"], ["a", "…", "c"], True),
        (["a", "c"], ["a", "…", "c"], True),
        (["a", "b"], ["a"], False),
        ([], ["…"], True),
        ([], ["a"], False),
        (["x.y"], ["x…z"], False),
    ],
)
def test_an_output_fits_a_page(said: list[str], page: list[str], *, fit: bool) -> None:
    assert fits(said, page) is fit
