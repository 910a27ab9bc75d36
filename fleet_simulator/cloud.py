"""The cloud of a simulated fleet: a region, the ticket API and the fleet service, as processes."""

import asyncio
import hashlib
import json
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from demo.configs import write_toml
from demo.processes import ProcessError, Service
from fleet_simulator import seeding
from fleet_simulator.hosts import HostProof
from fleet_simulator.plan import CLUSTERS, SimulatedVenue, all_kiosks
from kiosk_agent.ports.prover import Prover
from kiosk_contracts.ledger import Ledger
from kiosk_contracts.version import OPS_TOKEN_HEADER

AUDIENCE: Final = "fleet.simulator.local"
_READY_S: Final = 120


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud that runs, and what proves to it who each kiosk is."""

    fleet_url: str
    provers: Mapping[str, Prover]
    """By kiosk."""
    fleet_pid: int | None = None
    ticket_api_pid: int | None = None
    ticket_api_url: str = ""
    ops_token: str = ""
    ticket_store: Path | None = None
    fleet_store: Path | None = None
    region_url: str = ""

    async def ledger(self) -> Ledger | None:
        """Return the ticket API's totals; None where nobody gave us leave to ask."""
        if not self.ops_token:
            return None
        headers = {OPS_TOKEN_HEADER: self.ops_token}
        async with (
            aiohttp.ClientSession(raise_for_status=True) as http,
            http.get(f"{self.ticket_api_url}/v1/ops/ledger?limit=1", headers=headers) as answer,
        ):
            return Ledger.model_validate_json(await answer.read())


@dataclass(frozen=True, slots=True)
class CloudRules:
    """How the cloud is set up."""

    sts_per_second: float = 600.0
    seed: int = 1
    fleet: Mapping[str, Any] | None = None
    """More settings of the fleet service."""


@asynccontextmanager
async def cloud_in(
    folder: Path, venues: Sequence[SimulatedVenue], rules: CloudRules
) -> AsyncIterator[Cloud]:
    """Run a cloud that knows the fleet; `folder` is empty. Raises ProcessError."""
    fleet, ops_token = folder / "fleet", secrets.token_urlsafe(24)
    fleet.mkdir(parents=True)
    keys = ("--private", str(fleet / "key.json"), "--public", str(fleet / "public.json"))
    await _run_once("fleet_service", "keygen", *keys)
    credentials = await asyncio.to_thread(
        seeding.write_region, folder / "region", venues, rules.seed
    )
    await seeding.fill_fleet_store(fleet / "fleet.db", venues)
    season = seeding.write_season(folder / "season.json", venues)
    config = _ticket_api_config(folder, fleet, ops_token)
    await _run_once(
        "core_services.ticket_api", "seed", "--config", str(config), "--season", str(season)
    )
    async with AsyncExitStack() as stack:
        region = _region(folder, rules)
        told = await _started(stack, region)
        region_url = f"http://127.0.0.1:{told['port']}"
        tickets = _service(folder, "core_services.ticket_api", config)
        ticket_api_url = f"http://127.0.0.1:{(await _started(stack, tickets))['port']}"
        config = _fleet_config(fleet, ticket_api_url, region_url, rules)
        environment = _environment(region_url, Path(told["operator_credentials_file"]))
        service = _service(folder, "fleet_service", config, environment)
        fleet_url = f"http://127.0.0.1:{(await _started(stack, service))['port']}"
        yield Cloud(
            fleet_url=fleet_url,
            provers={
                kiosk.kiosk_id: HostProof(credentials[kiosk.kiosk_id], seeding.REGION, AUDIENCE)
                for kiosk in all_kiosks(venues)
            },
            fleet_pid=service.pid,
            ticket_api_pid=tickets.pid,
            ticket_api_url=ticket_api_url,
            ops_token=ops_token,
            ticket_store=folder / "store.db",
            fleet_store=fleet / "fleet.db",
            region_url=region_url,
        )


def _ticket_api_config(folder: Path, fleet: Path, ops_token: str) -> Path:
    return write_toml(
        folder / "ticket-api.toml",
        {
            "port": 0,
            "database": str(folder / "store.db"),
            "keys_dir": str(folder / "keys"),
            "fleet_keys_file": str(fleet / "public.json"),
            "ops_token_sha256": hashlib.sha256(ops_token.encode()).hexdigest(),
        },
    )


def _fleet_config(fleet: Path, ticket_api_url: str, region_url: str, rules: CloudRules) -> Path:
    settings: dict[str, Any] = {
        "port": 0,
        "ticket_api_url": ticket_api_url,
        "kiosks_file": str(seeding.no_kiosks(fleet / "kiosks.json")),
        "signing_key_file": str(fleet / "key.json"),
        "public_keys_file": str(fleet / "public.json"),
        "state_file": str(fleet / "fleet.db"),
        "instance_account": seeding.ACCOUNT,
        "instance_role": seeding.ROLE,
        "instance_regions": [seeding.REGION],
        "identity_audience": AUDIENCE,
        "sts_connect_to": region_url,
        "instance_cluster": CLUSTERS[0],
        "instance_clusters": [f"{seeding.REGION}/{name}" for name in CLUSTERS],
        **(rules.fleet or {}),
    }
    return write_toml(fleet / "fleet-service.toml", settings)


def _environment(region_url: str, operator: Path) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL_SSM": region_url,
        "AWS_ENDPOINT_URL_ECS": region_url,
        "AWS_SHARED_CREDENTIALS_FILE": str(operator),
        "AWS_DEFAULT_REGION": seeding.REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _region(folder: Path, rules: CloudRules) -> Service:
    state = ("--state", str(folder / "region"), "--account", seeding.ACCOUNT)
    place = ("--region", seeding.REGION, "--no-moto", "--log-level", "warning")
    quota = ("--sts-per-second", str(rules.sts_per_second))
    argv = [sys.executable, "-m", "local_region", *state, *place, *quota]
    return Service("region", argv, log=folder / "region.log", ready_event="listening")


def _service(
    folder: Path, module: str, config: Path, environment: Mapping[str, str] | None = None
) -> Service:
    argv = [sys.executable, "-m", module, "serve", "--config", str(config)]
    log = folder / f"{module}.log"
    return Service(module, argv, log=log, ready_event="listening", env=environment)


async def _started(stack: AsyncExitStack, service: Service) -> dict[str, Any]:
    stack.push_async_callback(service.stop)
    told: dict[str, Any] = await service.start(_READY_S)
    return told


async def _run_once(module: str, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        said = output.decode(errors="replace")
        raise ProcessError(f"{module} {words[0]} failed:\n{said}")


def read_kiosks(path: Path) -> Mapping[str, str]:
    """Return kiosks' enrolment secrets of `{"kiosks": [{"kiosk_id", "secret"}]}`; ValueError."""
    try:
        told = json.loads(path.read_text("utf-8"))["kiosks"]
        return {str(one["kiosk_id"]): str(one["secret"]) for one in told}
    except (OSError, ValueError, LookupError, TypeError) as error:
        msg = f"{path} does not name kiosks and their secrets: {error}"
        raise ValueError(msg) from error
