"""A real fleet service for tests: its files, its process, and a kiosk that talks to it."""

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

from fleet_service.sessions.keys import make_keys
from fleet_service.sessions.secret_hash import SecretHash
from tests.support import forked

KIOSK_ID = "harbour-hall-1"
SECRET = "correct-horse-battery-staple"
OTHER_KIOSK_ID = "old-mill-1"
OTHER_SECRET = "another-horse"
JOURNAL_ID = UUID("0197a000-0000-7000-8000-000000000001")
CHEAP_N = 16
"""Of the hash of a kiosk's secret: what a guess costs is tested where one is made."""


class FakeFleetClock:
    """Clocks that stand still until a test moves them."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        """Return the wall clock."""
        return self.wall

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


def registered(kiosk_id: str, code: str, venue: str, secret: str) -> dict[str, str]:
    """Return a line of the kiosks file."""
    return {
        "kiosk_id": kiosk_id,
        "kiosk_code": code,
        "venue_id": venue,
        "venue_name": venue.replace("-", " ").title(),
        "secret_hash": str(SecretHash.of(secret, n=CHEAP_N)),
    }


@dataclass
class FleetFiles:
    """Where a fleet service finds its keys and kiosks."""

    folder: Path
    signing_key: Path = field(init=False)
    public_keys: Path = field(init=False)
    kiosks: Path = field(init=False)

    def __post_init__(self) -> None:
        self.signing_key = self.folder / "signing-key.json"
        self.public_keys = self.folder / "public-keys.json"
        self.kiosks = self.folder / "kiosks.json"

    def write(self) -> "FleetFiles":
        """Make a signing key and register two kiosks of two venues."""
        make_keys(self.signing_key, self.public_keys)
        self.register(
            registered(KIOSK_ID, "HB1", "harbour-hall", SECRET),
            registered(OTHER_KIOSK_ID, "OM1", "old-mill", OTHER_SECRET),
        )
        return self

    def register(self, *kiosks: dict[str, str]) -> None:
        """Write the kiosks file."""
        self.kiosks.write_text(json.dumps({"kiosks": kiosks}))

    def settings(self, ticket_api_url: str, **more: object) -> dict[str, object]:
        """Return settings that use these files."""
        return {
            "ticket_api_url": ticket_api_url,
            "kiosks_file": str(self.kiosks),
            "signing_key_file": str(self.signing_key),
            "public_keys_file": str(self.public_keys),
            "port": 0,
            # Agents in tests report ten times a second.
            "kiosk_reports_per_s": 100,
            **more,
        }


@dataclass
class RunningFleet:
    """The process and where it listens."""

    process: asyncio.subprocess.Process | forked.Forked
    url: str
    files: FleetFiles
    lines: list[str] = field(default_factory=list)
    """What it has written to standard error."""
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)

    def log(self) -> str:
        """Return what it has written to standard error."""
        return "".join(self.lines)

    async def logged(self, words: str) -> None:
        """Return once a line of its log has these words."""
        async with self._more:
            await self._more.wait_for(lambda: any(words in line for line in self.lines))

    async def read_log(self) -> None:
        """Read its standard error until it ends."""
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._more:
                self.lines.append(line.decode())
                self._more.notify_all()

    async def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to stop; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


@asynccontextmanager
async def fleet_process(
    folder: Path,
    ticket_api_url: str,
    *,
    environment: Mapping[str, str] | None = None,
    module: str = "fleet_service",
    **settings: object,
) -> AsyncIterator[RunningFleet]:
    """Run a real fleet service in front of a ticket API, or a `module` that is one with a twist."""
    files = FleetFiles(folder)
    if not files.signing_key.exists():
        files.write()
    config = folder / "fleet.toml"
    given = files.settings(ticket_api_url, **settings)
    # A JSON scalar is also a TOML scalar.
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
    program = ("-m", module, "serve", "--config", str(config))
    env = {**os.environ, **(environment or {})}
    process = await forked.start_python(*program, stdout=PIPE, stderr=PIPE, env=env)
    running = RunningFleet(process, "", files)
    reading = asyncio.create_task(running.read_log())
    try:
        assert process.stdout is not None
        first = await process.stdout.readline()
        assert first, f"the fleet service did not start: {running.log()}"
        running.url = f"http://127.0.0.1:{json.loads(first)['port']}"
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


def session_request(
    kiosk_id: str = KIOSK_ID, secret: str = SECRET, journal_id: UUID = JOURNAL_ID
) -> dict[str, Any]:
    """Return the body of `POST /v1/sessions`."""
    return {
        "kiosk_id": kiosk_id,
        "journal_id": str(journal_id),
        "agent_version": "0.1.0",
        "proof": {"scheme": "enrolment_secret", "secret": secret},
    }


async def open_session(kiosk: aiohttp.ClientSession, request: dict[str, Any] | None = None) -> str:
    """Return a token."""
    async with kiosk.post("/v1/sessions", json=request or session_request()) as answer:
        assert answer.status == 201, await answer.text()
        token: str = (await answer.json())["token"]
        return token


async def raw_exchange(url: str, sent: bytes) -> bytes:
    """Send bytes as they are over a connection of their own; return all that comes back."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(sent)
        return await reader.read()
    finally:
        writer.close()
