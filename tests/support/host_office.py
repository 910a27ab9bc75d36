"""Kiosks that prove themselves by their hosts, before an app in this process and a real STS."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from fleet_service.runtime import build_app
from fleet_service.settings import FleetSettings
from kiosk_agent.host_role.presigning import presign_caller_identity
from kiosk_agent.host_role.role_credentials import RoleCredentials
from kiosk_contracts.sessions import AUDIENCE_HEADER, NONCE_HEADER
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.app_server import AppServer
from tests.support.fleet import (
    KIOSK_ID,
    OTHER_KIOSK_ID,
    FakeFleetClock,
    FleetFiles,
    session_request,
)
from tests.support.sts import (
    ACCOUNT,
    INSTANCE_ID,
    OTHER_INSTANCE_ID,
    REGION,
    ROLE,
    Key,
    StandInSts,
)

AUDIENCE = "fleet.example.com"
OTHER_KEY = Key(
    "ASIAEXAMPLEKEY000002",
    "another",
    "another-token",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{OTHER_INSTANCE_ID}",
)
INSTANCES = {
    "instance_account": ACCOUNT,
    "instance_role": ROLE,
    "instance_regions": [REGION],
    "identity_audience": AUDIENCE,
}


def kiosk(kiosk_id: str, code: str, instance_id: str, standing: str = "active") -> dict[str, str]:
    """Return a line of the kiosks file."""
    return {
        "kiosk_id": kiosk_id,
        "kiosk_code": code,
        "venue_id": "harbour-hall",
        "venue_name": "Harbour Hall",
        "instance_id": instance_id,
        "standing": standing,
    }


@dataclass
class Office:
    """A fleet service, its STS and a client."""

    http: aiohttp.ClientSession
    sts: StandInSts
    clock: FakeFleetClock
    files: FleetFiles

    def register(self, standing: str = "active") -> None:
        """Write the kiosks file."""
        self.files.register(
            kiosk(KIOSK_ID, "HB1", INSTANCE_ID, standing),
            kiosk(OTHER_KIOSK_ID, "OM1", OTHER_INSTANCE_ID),
        )

    async def nonce(self) -> str:
        async with self.http.post("/v1/session-nonces") as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (201, "no-store")
            told = await answer.json()
            assert told["expires_in_s"] == 120
            nonce: str = told["nonce"]
            return nonce

    def presigned(self, nonce: str, key: Key | None = None, audience: str = AUDIENCE) -> str:
        key = key or Key()
        credentials = RoleCredentials(key.key_id, key.secret, key.token)
        headers = {AUDIENCE_HEADER: audience, NONCE_HEADER: nonce}
        return presign_caller_identity(credentials, REGION, headers, self.clock.now())

    async def open(
        self, proof: Mapping[str, object], kiosk_id: str = KIOSK_ID
    ) -> tuple[int, dict[str, Any]]:
        body = {**session_request(kiosk_id), "proof": proof}
        async with self.http.post("/v1/sessions", json=body) as answer:
            told: dict[str, Any] = await answer.json(content_type=None)
            return answer.status, told

    async def prove(
        self, kiosk_id: str = KIOSK_ID, *, key: Key | None = None, audience: str = AUDIENCE
    ) -> tuple[int, dict[str, Any]]:
        nonce = await self.nonce()
        return await self.open(proof_of(nonce, self.presigned(nonce, key, audience)), kiosk_id)

    async def catalogue(self, session: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Ask for something with a session's token; there is no ticket API behind the door."""
        headers = {KIOSK_TOKEN_HEADER: session["token"]}
        async with self.http.get("/v1/catalogue", headers=headers) as answer:
            told: dict[str, Any] = await answer.json(content_type=None)
            return answer.status, told


def proof_of(nonce: str, url: str) -> dict[str, str]:
    return {"scheme": "caller_identity", "nonce": nonce, "url": url}


@asynccontextmanager
async def host_office(folder: Path, **settings: object) -> AsyncIterator[Office]:
    """Run a fleet service that asks an STS of the test's own."""
    clock, files = FakeFleetClock(), FleetFiles(folder).write()
    async with StandInSts() as sts:
        given = files.settings("http://127.0.0.1:9", sts_connect_to=sts.url, **INSTANCES)
        app = await build_app(FleetSettings.model_validate(given | settings), clock=clock)
        server = AppServer(app)
        await server.start_server()
        async with aiohttp.ClientSession(server.make_url("/")) as http:
            built = Office(http, sts, clock, files)
            built.register()
            yield built
        await server.close()


def refused(told: tuple[int, dict[str, Any]], *, status: int = 403, code: str) -> str:
    """Check a refusal; return its words."""
    assert (told[0], told[1]["code"]) == (status, code), told
    return f"{told[1]['detail']} {told[1].get('hint', '')}"
