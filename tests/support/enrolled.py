"""A venue's hosts on their way to being kiosks: a region, a fleet service, real agents' calls."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from kiosk_agent.host_role.presigning import presign_caller_identity
from kiosk_agent.host_role.role_credentials import RoleCredentials
from kiosk_contracts.sessions import AUDIENCE_HEADER, NONCE_HEADER
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.ecs_agent import EcsAgent
from tests.support.fleet import JOURNAL_ID, session_request
from tests.support.operators import OpsOffice, ops_office, venue
from tests.support.region import RunningRegion
from tests.support.ssm_agent import SsmAgent

ROLE = "KioskRole"
CLUSTER = "kiosks"
AUDIENCE = "fleet.example.com"
TOKEN = "enrolment-token-of-the-fleet"
RELEASE = "r-2026-11"


def environment(region: RunningRegion) -> dict[str, str]:
    """Return what lets a process reach the region as its operator."""
    return {
        "AWS_ENDPOINT_URL_SSM": region.url,
        "AWS_ENDPOINT_URL_ECS": region.url,
        "AWS_ACCESS_KEY_ID": region.operator.access_key_id,
        "AWS_SECRET_ACCESS_KEY": region.operator.secret_key,
    }


def settings(region: RunningRegion) -> dict[str, object]:
    """Return the settings of a fleet service that finds out who the hosts are."""
    return {
        "instance_account": region.settings.account,
        "instance_role": ROLE,
        "instance_regions": [region.settings.region],
        "identity_audience": AUDIENCE,
        "instance_cluster": CLUSTER,
        "first_release": RELEASE,
        "sts_connect_to": region.url,
    }


@dataclass
class Hall:
    """Harbour Hall, whose kiosks are enrolled with one activation."""

    region: RunningRegion
    office: OpsOffice
    activation: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    """Of the agent, by kiosk: what the next activation says."""

    @property
    def activation_id(self) -> str:
        found: str = self.activation["ActivationId"]
        return found

    async def activate(self, *kiosk_ids: str, token: str = TOKEN) -> None:
        """Make an activation, and tell the fleet service of it."""
        until = datetime.now(UTC) + timedelta(days=7)
        self.activation = self.region.client("ssm").create_activation(
            IamRole=ROLE, RegistrationLimit=10, ExpirationDate=until
        )
        body = {
            "activation_id": self.activation_id,
            "bundle_id": "0f5b1a52-1111-4222-8333-444455556666",
            "venue_id": "harbour-hall",
            "kiosk_ids": kiosk_ids,
            "expires_at": until.isoformat(),
            "enrolment_token_sha256": hashlib.sha256(token.encode()).hexdigest(),
            "settings": self.settings,
        }
        status, told = await self.office.ask("POST", "activations", body)
        assert status == 201, told

    def host(self, number: int = 1) -> "Host":
        """Return a host that nobody knows yet."""
        fingerprint = f"00000000-0000-4000-8000-{number:012}"
        agent = SsmAgent(self.region.url, self.region.settings.region, fingerprint=fingerprint)
        return Host(self, hashlib.sha256(str(number).encode()).hexdigest(), agent)

    async def enrolled(self, kiosk_id: str = "till-hb1", number: int = 1) -> "Host":
        """Return a host that was granted a name and has registered as it."""
        host = self.host(number)
        assert (await host.claim(kiosk_id))[0] == 201
        host.register(kiosk_id)
        return host

    async def standing(self, kiosk_id: str = "till-hb1") -> tuple[str, str | None]:
        """Return how a kiosk stands, and its host."""
        _, told = await self.office.ask("GET", "venues/harbour-hall")
        [found] = [one for one in told["kiosks"] if one["kiosk_id"] == kiosk_id]
        return found["standing"], found["instance_id"]

    def release(self, host: "Host") -> str | None:
        """Return the release that ECS has of a host."""
        ecs = self.region.client("ecs")
        [found] = ecs.describe_container_instances(cluster=CLUSTER, containerInstances=[host.arn])[
            "containerInstances"
        ]
        values = [one["value"] for one in found["attributes"] if one["name"] == "kiosk.release"]
        return values[0] if values else None

    def put_release(self, host: "Host", release_id: str) -> None:
        """Have ECS tell a host a release, as whoever has its console may."""
        target = {"targetType": "container-instance", "targetId": host.arn}
        attribute = {"name": "kiosk.release", "value": release_id, **target}
        self.region.client("ecs").put_attributes(cluster=CLUSTER, attributes=[attribute])


@dataclass
class Host:
    """One host; its SSM agent and its ECS agent."""

    hall: Hall
    host_id: str
    agent: SsmAgent
    arn: str = ""
    ecs_agent: EcsAgent | None = None
    journal_id: UUID = JOURNAL_ID

    @property
    def instance_id(self) -> str:
        return self.agent.instance_id or ""

    async def claim(self, kiosk_id: str, token: str = TOKEN) -> tuple[int, Any]:
        body = {"kiosk_id": kiosk_id, "host_id": self.host_id}
        return await self.hall.office.host(token, "POST", "/claims", body)

    def register_with_ssm(self) -> None:
        self.agent.register(self.hall.activation)

    def register_with_ecs(self, **attributes: str) -> None:
        custom = {name.replace("_", "."): value for name, value in attributes.items()}
        self.ecs_agent = EcsAgent(self.hall.region, self.agent)
        self.arn = self.ecs_agent.register(CLUSTER, custom=custom)["containerInstanceArn"]

    def register(self, kiosk_id: str, venue_id: str = "harbour-hall") -> None:
        """Register as the installer does."""
        self.register_with_ssm()
        self.register_with_ecs(kiosk_name=kiosk_id, kiosk_venue=venue_id, kiosk_host=self.host_id)

    async def prove(self, kiosk_id: str = "till-hb1") -> tuple[int, dict[str, Any]]:
        """Ask for a session as the kiosk."""
        return await self.ask_for_session(await self.session_request(kiosk_id))

    async def session_request(self, kiosk_id: str = "till-hb1") -> dict[str, Any]:
        """Return what asks for a session, with a nonce of its own."""
        http, region = self.hall.office.http, self.hall.region
        async with http.post("/v1/session-nonces") as answer:
            nonce = (await answer.json())["nonce"]
        issued = self.agent.role_token()
        credentials = RoleCredentials(
            issued["access_key_id"], issued["secret_access_key"], issued["session_token"]
        )
        headers = {AUDIENCE_HEADER: AUDIENCE, NONCE_HEADER: nonce}
        url = presign_caller_identity(
            credentials, region.settings.region, headers, datetime.now(UTC)
        )
        proof = {"scheme": "caller_identity", "nonce": nonce, "url": url}
        return {**session_request(kiosk_id), "proof": proof, "journal_id": str(self.journal_id)}

    async def ask_for_session(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Ask for a session with a request; return the answer."""
        http = self.hall.office.http
        async with http.post("/v1/sessions", json=body) as answer:
            told: dict[str, Any] = await answer.json(content_type=None)
            return answer.status, told

    async def opens(self, kiosk_id: str = "till-hb1") -> dict[str, str]:
        """Open a session; return the headers of a request in it."""
        status, told = await self.prove(kiosk_id)
        assert status == 201, told
        return {KIOSK_TOKEN_HEADER: told["token"]}

    async def use(self, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Ask for something with a session; there is no ticket API behind the door."""
        async with self.hall.office.http.get("/v1/catalogue", headers=headers) as answer:
            told: dict[str, Any] = await answer.json(content_type=None)
            return answer.status, told

    async def report(
        self, headers: dict[str, str], kiosk_id: str = "till-hb1", **told: Any
    ) -> dict[str, Any]:
        """Send a heartbeat; return the answer."""
        body = {
            "kiosk_id": kiosk_id,
            "journal_id": str(self.journal_id),
            "epoch": 1,
            "agent_version": "0.1.0",
            "device_time": datetime.now(UTC).isoformat(),
            "last_sequence": 7,
            "queued": 0,
            "parked": 0,
            "quarantined": 0,
            **told,
        }
        http = self.hall.office.http
        async with http.post("/v1/heartbeats", json=body, headers=headers) as answer:
            found: dict[str, Any] = await answer.json(content_type=None)
            assert answer.status == 200, found
            return found


@asynccontextmanager
async def hall_of(
    folder: Path, region: RunningRegion, *codes: str, **changes: object
) -> AsyncIterator[Hall]:
    """Run a fleet service that knows Harbour Hall, in a region with the kiosks' cluster."""
    given = {**settings(region), **changes}
    kept = {name: value for name, value in given.items() if value is not None}
    region.client("ecs").create_cluster(clusterName=CLUSTER)
    async with ops_office(folder, environment=environment(region), **kept) as office:
        known = codes or ("HB1", "HB2")
        hall = Hall(region, office)
        if (await office.ask("GET", "venues/harbour-hall"))[0] != 200:
            if "instance_cluster" in kept:
                # The first sweep is over: what a test orders of AWS hits what the test does.
                for source in (
                    f"ssm {region.settings.region}",
                    f"ecs {region.settings.region}/{CLUSTER}",
                ):
                    await office.fleet.logged(source)
            await office.open(venue("harbour-hall", *known))
            await hall.activate(*(f"till-{code.lower()}" for code in known))
        yield hall
