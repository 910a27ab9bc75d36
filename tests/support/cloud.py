"""The real fleet service and the real ticket API as processes, and kiosks that belong to them."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from kiosk_contracts.kiosk_status import KioskStatus
from tests.support.agent_process import KioskFolder, client, kiosk_folder
from tests.support.far_side import event
from tests.support.fleet import FleetFiles, RunningFleet, fleet_process, registered
from tests.support.journal import KIOSK_ID, VENUE_ID
from tests.support.ticket_api import OPS_TOKEN, ApiProcess, api_process, run_cli, write_config


@dataclass
class Cloud:
    """All that is beyond the venue's line. Its ticket API can be stopped for an import."""

    folder: Path
    config: Path
    api: ApiProcess
    fleet: RunningFleet

    async def ledger(self) -> dict[str, Any]:
        """Return the ledger as operators read it."""
        headers = {"EventPro-Ops-Token": OPS_TOKEN}
        async with (
            aiohttp.ClientSession(self.api.url, headers=headers) as ops,
            ops.get("/v1/ops/ledger") as answer,
        ):
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    @contextmanager
    def kiosk(self, **settings: Any) -> Iterator[KioskFolder]:
        """Make the folder of the kiosk that the fleet service knows."""
        with kiosk_folder(self.fleet.url, **settings) as folder:
            yield folder


@asynccontextmanager
async def cloud_in(folder: Path, **fleet_settings: object) -> AsyncIterator[Cloud]:
    """Run both services, with one event on sale."""
    files = folder / "fleet"
    files.mkdir()
    config = write_config(folder, fleet_keys_file=files / "public-keys.json")
    await seed_season(folder, config)
    kiosks = FleetFiles(files).write()
    kiosks.register(registered(KIOSK_ID, "HB1", VENUE_ID, "let me in"))
    async with (
        api_process(config) as api,
        fleet_process(files, api.url, **fleet_settings) as fleet,
    ):
        yield Cloud(folder, config, api, fleet)


async def seed_season(folder: Path, config: Path) -> None:
    """Put Harbour Hall and its event into a ticket API that is not running yet."""
    venue = {"venue_id": VENUE_ID, "name": "Harbour Hall", "events": [event()]}
    season = folder / "season.json"
    season.write_text(json.dumps({"venues": [venue]}))
    status, _, told = await run_cli("seed", "--config", str(config), "--season", str(season))
    assert status == 0, told


async def until_status(folder: KioskFolder, holds: Callable[[KioskStatus], bool]) -> KioskStatus:
    """Follow the agent's status until it is as a test wants it."""
    async with client(folder.ui_socket) as http, http.get("/v1/stream") as stream:
        async for line in stream.content:
            if line.startswith(b"data: "):
                status = KioskStatus.model_validate_json(line.removeprefix(b"data: "))
                if holds(status):
                    return status
    raise AssertionError("the agent ended")
