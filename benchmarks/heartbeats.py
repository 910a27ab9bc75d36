"""How many heartbeats a second one process of the fleet service sustains."""

import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.beating import Beat, beat, once
from benchmarks.bench import Ground, tell
from benchmarks.rows import Row, at_least, compare, no_more_than, percentile
from demo.processes import Service
from fleet_service.clock import SystemClock as FleetClock
from fleet_service.sessions.keys import load_signing_key
from fleet_service.sessions.ports import ProvenKiosk
from fleet_service.sessions.tokens import SessionTokens
from fleet_simulator.books import SimulatedJournal
from fleet_simulator.cloud import Cloud, CloudRules, cloud_in
from fleet_simulator.kiosk import heartbeat_of
from fleet_simulator.plan import SimulatedKiosk, all_kiosks, plan_fleet
from kiosk_contracts.sessions import KioskIdentity
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, PROTOCOL_HEADER, PROTOCOL_VERSION

_LINES: Final = 32
_MS: Final = 1000
_RUNS: Final = 5
_WARM_RUNS: Final = 5
_RULES: Final = CloudRules(fleet={"kiosk_reports_per_s": 100_000, "kiosk_reports_burst": 100_000})
"""As many kiosks as there are send as fast as they are answered."""
_PLACE: Final = "0001-01-01T00:00:00.000000+00:00"
"""Where a kiosk's time is put in: as long as any."""


async def heartbeats(ground: Ground) -> Sequence[Row]:
    """Beat the fleet service and a bare handler in turn, with the same bytes."""
    sizes = ground.sizes
    venues = plan_fleet(sizes.fleet, 0.1, seed=1)
    ours: list[float] = []
    bare: list[float] = []
    slowest: list[float] = []
    slowest_bare: list[float] = []
    folder = ground.new("cloud")
    async with cloud_in(folder, venues, _RULES) as cloud, _bare(ground.folder) as bare_url:
        key = folder / "fleet" / "key.json"
        requests = [*_requests(cloud, key, list(all_kiosks(venues)))]
        # Who is heard for the first time is written down, judged for the first time, and read after
        # that; from then on it is as on any day.
        await once(cloud.fleet_url, requests, lines=_LINES)
        await beat(cloud.fleet_url, requests, lines=_LINES, seconds=sizes.beat_s * _WARM_RUNS)
        for run in range(min(_RUNS, sizes.runs)):
            for url, rates, p99 in (
                (cloud.fleet_url, ours, slowest),
                (bare_url, bare, slowest_bare),
            ):
                beaten = await beat(url, requests, lines=_LINES, seconds=sizes.beat_s)
                rates.append(beaten.rate)
                p99.append(percentile(beaten.latencies_s, 99) * _MS)
            tell(f"heartbeats: run {run + 1}: {ours[-1]:.0f} a second, bare {bare[-1]:.0f}")
    name = "an aiohttp handler that parses the same JSON"
    return [
        compare("heartbeats", "beats/s", ours, bare, baseline_name=name, target=at_least(0.5)),
        compare(
            "heartbeats.p99",
            "ms",
            slowest,
            slowest_bare,
            baseline_name=name,
            target=no_more_than(100, "ms"),
        ),
    ]


@asynccontextmanager
async def _bare(folder: Path) -> AsyncIterator[str]:
    argv = [sys.executable, "-m", "benchmarks.bare_fleet"]
    async with Service("bare", argv, log=folder / "bare.log", ready_event="listening") as bare:
        yield f"http://127.0.0.1:{bare.ready['port']}"


def _requests(cloud: Cloud, key: Path, plans: Sequence[SimulatedKiosk]) -> Iterator[Beat]:
    """Return one whole request of each kiosk, with a token as its session would give it."""
    host = urlsplit(cloud.fleet_url).netloc
    tokens = SessionTokens(load_signing_key(key), FleetClock(), ttl_s=3600)
    for plan in plans:
        identity = KioskIdentity(
            kiosk_id=plan.kiosk_id,
            kiosk_code=plan.kiosk_code,
            venue_id=plan.venue_id,
            venue_name="Simulated Hall",
        )
        token = tokens.sign(ProvenKiosk(identity, plan.instance_id), plan.journal_id)
        told = heartbeat_of(SimulatedJournal(plan), datetime.now(UTC)).to_json()
        body = json.dumps({**told, "device_time": _PLACE})
        lines = (
            "POST /v1/heartbeats HTTP/1.1",
            f"Host: {host}",
            f"{KIOSK_TOKEN_HEADER}: {token}",
            f"{PROTOCOL_HEADER}: {PROTOCOL_VERSION}",
            "Accept: */*",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "",
            body,
        )
        before, after = "\r\n".join(lines).encode().split(_PLACE.encode())
        yield Beat(before, after)
