"""Operators before a fleet service of its own process, and hosts with an enrolment token."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from kiosk_contracts.version import ENROLMENT_TOKEN_HEADER, OPS_TOKEN_HEADER
from tests.support.fleet import RunningFleet
from tests.support.fleet_tasks import fleet_tasks

OPS_TOKEN = "open-the-venues"


def ops_settings(folder: Path) -> dict[str, str]:
    """Return the settings of a fleet service that operators may change."""
    return {
        "state_file": str(folder / "fleet.db"),
        "ops_token_sha256": hashlib.sha256(OPS_TOKEN.encode()).hexdigest(),
    }


def venue(venue_id: str, *codes: str, **changes: Any) -> dict[str, Any]:
    """Return a venue with a kiosk for each code, `till-<code>`."""
    return {
        "venue_id": venue_id,
        "name": venue_id.replace("-", " ").title(),
        "time_zone": "Europe/Berlin",
        "kiosks": [{"kiosk_id": f"till-{code.lower()}", "kiosk_code": code} for code in codes],
        **changes,
    }


@dataclass
class OpsOffice:
    """A client of the fleet service, in an operator's or a host's name."""

    http: aiohttp.ClientSession
    fleet: RunningFleet

    async def ask(
        self, method: str, path: str, body: object = None, *, token: str = OPS_TOKEN
    ) -> tuple[int, Any]:
        """Ask below `/v1/ops/`, unless `path` is whole."""
        whole = path if path.startswith("/") else f"/v1/ops/{path}"
        return await self._send({OPS_TOKEN_HEADER: token}, method, whole, body)

    async def host(
        self, token: str, method: str, path: str = "", body: object = None
    ) -> tuple[int, Any]:
        return await self._send(
            {ENROLMENT_TOKEN_HEADER: token}, method, f"/v1/enrolment{path}", body
        )

    async def open(self, *venues: dict[str, Any]) -> None:
        for one in venues:
            assert (await self.ask("PUT", f"venues/{one['venue_id']}", one))[0] == 200

    async def _send(
        self, headers: dict[str, str], method: str, path: str, body: object
    ) -> tuple[int, Any]:
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None


@asynccontextmanager
async def ops_office(
    folder: Path, *, environment: Mapping[str, str] | None = None, **settings: object
) -> AsyncIterator[OpsOffice]:
    """Run a fleet service that operators may change; no ticket API is there if none is given."""
    given = {**ops_settings(folder), **settings}
    upstream = str(given.pop("ticket_api_url", "http://127.0.0.1:9"))
    async with (
        fleet_tasks(folder, upstream, environment=environment, **given) as fleet,
        aiohttp.ClientSession(fleet.url) as http,
    ):
        yield OpsOffice(http, fleet)
