"""The cloud of a benchmark: fleet service and ticket API as processes of their own."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

from benchmarks import season
from benchmarks.kiosk import CASHIER, KIOSKS, SECRET, BenchKiosk
from demo.configs import Kiosk, write_json, write_registry, write_secret, write_toml
from demo.processes import ProcessError, Service
from kiosk_agent import AGENT_VERSION
from kiosk_agent.adapters.enrolment_secret import EnrolmentSecret
from kiosk_agent.adapters.fleet_http import FleetAddress, HttpFleet, KioskProof
from kiosk_agent.adapters.journal.store import SqliteJournal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.domain.records import Lease
from kiosk_contracts.allotments import AllotmentRequest

_READY_S: Final = 120
_CALL_S: Final = 60
_GRANT: Final = 500


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where both services listen."""

    fleet_url: str
    ticket_api_url: str


@asynccontextmanager
async def cloud_in(folder: Path) -> AsyncIterator[str]:
    """Run both services; return the fleet service's URL."""
    async with both_in(folder) as cloud:
        yield cloud.fleet_url


@asynccontextmanager
async def both_in(folder: Path) -> AsyncIterator[Cloud]:
    """Run both services; say where they are."""
    fleet = folder / "fleet"
    fleet.mkdir(parents=True)
    keys = ("--private", str(fleet / "key.json"), "--public", str(fleet / "public.json"))
    await _run_once("fleet_service", "keygen", *keys)
    config = _ticket_api_config(folder, fleet)
    catalogue = season.catalogue(shows=1, per_kiosk=1_000_000).to_json()
    venue = {
        "venue_id": season.VENUE_ID,
        "name": season.VENUE_NAME,
        "events": catalogue["events"],
    }
    file = write_json(folder / "season.json", {"venues": [venue]})
    await _run_once(
        "core_services.ticket_api", "seed", "--config", str(config), "--season", str(file)
    )
    async with _service(folder, "core_services.ticket_api", config) as ticket_api_url:
        config = _fleet_config(fleet, ticket_api_url)
        async with _service(folder, "fleet_service", config) as fleet_url:
            yield Cloud(fleet_url, ticket_api_url)


async def lease(journal: SqliteJournal, kiosk: BenchKiosk, count: int) -> list[str]:
    """Be the agent of a new journal for a moment: learn all it needs, lease so many serials."""
    clock = SystemClock()
    secret = EnrolmentSecret(write_secret(kiosk.secret_file, SECRET))
    proof = KioskProof(kiosk.kiosk_id, AGENT_VERSION, secret)
    journal_id = (await journal.read(lambda reader: reader.identity())).journal_id
    address = FleetAddress(kiosk.fleet_url, _CALL_S, _CALL_S)
    async with HttpFleet(address, proof, journal_id, clock) as fleet:
        told = (await fleet.open_session(journal_id)).kiosk
        await journal.write(
            lambda writer: writer.put_identity(told.kiosk_code, told.venue_id, told.venue_name)
        )
        catalogue = await fleet.catalogue()
        await journal.write(lambda writer: writer.put_catalogue(catalogue))
        serials: list[str] = []
        while len(serials) < count:
            serials += await _lease_some(journal, fleet, journal_id)
    return serials


async def _lease_some(journal: SqliteJournal, fleet: HttpFleet, journal_id: UUID) -> Sequence[str]:
    clock = SystemClock()
    request = AllotmentRequest(
        request_id=uuid4(),
        journal_id=journal_id,
        event_id=season.EVENT_ID,
        ticket_type_id=season.TYPE_ID,
        quantity=_GRANT,
    )
    asked = Lease(
        request_id=request.request_id,
        event_id=request.event_id,
        ticket_type_id=request.ticket_type_id,
        quantity=request.quantity,
        asked_at=clock.now(),
        asked_boottime_ms=clock.boottime_ms(),
        asked_boot_id=clock.boot_id(),
        allotment_id=None,
        lease_s=None,
    )
    await journal.write(lambda writer: writer.put_lease_request(asked))
    allotment = await fleet.request_allotment(request)
    if not allotment.tickets:
        raise ProcessError(f"the ticket API grants nothing: {allotment.limited_by}")
    await journal.write(lambda writer: writer.put_allotment(allotment))
    return [ticket.serial for ticket in allotment.tickets]


def _ticket_api_config(folder: Path, fleet: Path) -> Path:
    return write_toml(
        folder / "ticket-api.toml",
        {
            "port": 0,
            "database": str(folder / "store.db"),
            "keys_dir": str(folder / "keys"),
            "fleet_keys_file": str(fleet / "public.json"),
            "ops_token_sha256": hashlib.sha256(b"nobody asks").hexdigest(),
        },
    )


def _fleet_config(fleet: Path, ticket_api_url: str) -> Path:
    kiosks = [Kiosk(kiosk_id, code, SECRET, CASHIER, CASHIER) for kiosk_id, code in KIOSKS.items()]
    registry = write_registry(fleet / "kiosks.json", kiosks, Random(SECRET))
    return write_toml(
        fleet / "fleet-service.toml",
        {
            "port": 0,
            "ticket_api_url": ticket_api_url,
            "kiosks_file": str(registry),
            "signing_key_file": str(fleet / "key.json"),
            "public_keys_file": str(fleet / "public.json"),
        },
    )


@asynccontextmanager
async def _service(folder: Path, module: str, config: Path) -> AsyncIterator[str]:
    argv = [sys.executable, "-m", module, "serve", "--config", str(config)]
    service = Service(module, argv, log=folder / f"{module}.log", ready_event="listening")
    try:
        ready: dict[str, Any] = await service.start(_READY_S)
        yield f"http://127.0.0.1:{ready['port']}"
    finally:
        await service.stop()


async def _run_once(module: str, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise ProcessError(f"{module} {words[0]} failed:\n{output.decode(errors='replace')}")
