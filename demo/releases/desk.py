"""The operators' desk: the fleet service by its API, and AWS by boto3."""

import asyncio
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
import boto3

from demo.processes import ProcessError
from demo.releases.cloud import CLUSTER, REGION, ROLE, Cloud
from demo.season import VENUE_ID, VENUE_NAME
from kiosk_contracts.enrolment import RELEASE_ATTRIBUTE
from kiosk_contracts.version import ENROLMENT_TOKEN_HEADER, OPS_TOKEN_HEADER

SETTLE_S: Final = 60
"""The least that the fleet service takes."""
_REFUSED: Final = 400
_PAGE: Final = 100


class DeskError(ProcessError):
    """The fleet service or AWS refused what the story counts on."""


@dataclass(frozen=True, slots=True)
class Activation:
    """What registers a venue's hosts with AWS and with the fleet service."""

    activation_id: str
    code: str
    enrolment_token: str


class Desk:
    """Use as an async context manager of `http`; every refusal is a DeskError."""

    def __init__(self, cloud: Cloud, http: aiohttp.ClientSession) -> None:
        self._cloud = cloud
        self._http = http
        key, secret = cloud.operator_key
        given = {
            "endpoint_url": cloud.region_url,
            "region_name": REGION,
            "aws_access_key_id": key,
            "aws_secret_access_key": secret,
        }
        session = boto3.Session()
        self._ecs = session.client("ecs", **given)
        self._ssm = session.client("ssm", **given)

    async def open_venue(self) -> Activation:
        """Make the cluster, the venue with its kiosks, and what its hosts are registered by."""
        await asyncio.to_thread(self._ecs.create_cluster, clusterName=CLUSTER)
        kiosks = [
            {"kiosk_id": one.kiosk_id, "kiosk_code": one.kiosk_code} for one in self._cloud.kiosks
        ]
        venue = {"venue_id": VENUE_ID, "name": VENUE_NAME, "time_zone": "Europe/Berlin"}
        await self.ask("PUT", f"venues/{VENUE_ID}", {**venue, "kiosks": kiosks})
        until = datetime.now(UTC) + timedelta(days=1)
        made = await asyncio.to_thread(
            self._ssm.create_activation,
            IamRole=ROLE,
            RegistrationLimit=len(kiosks),
            ExpirationDate=until,
        )
        token = f"enrol-{uuid.uuid4()}"
        await self.ask(
            "POST",
            "activations",
            {
                "activation_id": made["ActivationId"],
                "bundle_id": str(uuid.uuid4()),
                "venue_id": VENUE_ID,
                "kiosk_ids": [one["kiosk_id"] for one in kiosks],
                "expires_at": until.isoformat(),
                "enrolment_token_sha256": hashlib.sha256(token.encode()).hexdigest(),
                "settings": {},
            },
        )
        return Activation(made["ActivationId"], made["ActivationCode"], token)

    async def claim(self, kiosk_id: str, host_id: str, activation: Activation) -> None:
        """Have a host granted a kiosk's name, as its bootstrap does."""
        await self._send(
            "POST",
            f"{self._cloud.fleet_url}/v1/enrolment/claims",
            {ENROLMENT_TOKEN_HEADER: activation.enrolment_token},
            {"kiosk_id": kiosk_id, "host_id": host_id},
        )

    async def create_release(self, release_id: str, image: str) -> None:
        """Have a release made of an image."""
        # On a bare console it would be the plain look, which has no QR codes.
        task = {"image": image, "environment": {"KIOSK_UI_LOOK": "standard"}}
        await self.ask("POST", "releases", {"release_id": release_id, "task": task})

    async def move_venue(self, to: str, canary: str) -> str:
        """Have all kiosks of the venue moved, one of them first; return the move's id."""
        move_id = str(uuid.uuid4())
        order = {"to": to, "venue_id": VENUE_ID, "canary": canary, "settle_s": SETTLE_S}
        await self.ask("POST", "moves", {"move_id": move_id, **order})
        return move_id

    async def move(self, move_id: str) -> dict[str, Any]:
        """Return how a move stands."""
        told: dict[str, Any] = await self._read(f"moves/{move_id}")
        return told

    async def decisions(self, move_id: str, after: str = "") -> list[dict[str, Any]]:
        """Return a move's decisions, the oldest first."""
        behind = f"&after={after}" if after else ""
        told = await self._read(f"moves/{move_id}/decisions?limit={_PAGE}{behind}")
        found: list[dict[str, Any]] = told["decisions"]
        if told["next_after"] is not None:
            found += await self.decisions(move_id, told["next_after"])
        return found

    async def screen_source(self, kiosk_id: str) -> str:
        """Return who has a kiosk's screen, as the fleet service knows: `ecs`, `standby`, `none`."""
        told = await self._read(f"instances/{kiosk_id}")
        report = told["instance"].get("report") or {}
        return str((report.get("ui") or {}).get("source", ""))

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Have something changed, as the administrator."""
        url = f"{self._cloud.fleet_url}/v1/ops/{path}"
        return await self._send(method, url, self._token, body)

    async def _read(self, path: str) -> Any:
        return await self._send("GET", f"{self._cloud.fleet_url}/v1/{path}", self._token, None)

    @property
    def _token(self) -> Mapping[str, str]:
        return {OPS_TOKEN_HEADER: self._cloud.operator_token}

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: object) -> Any:
        async with self._http.request(method, url, headers=headers, json=body) as answer:
            if answer.status >= _REFUSED:
                said = await answer.text()
                raise DeskError(f"{method} {url} was refused with {answer.status}: {said}")
            return await answer.json()

    # What ECS says

    async def told(self) -> dict[str, str]:
        """Return which release ECS has of each host, by its container instance's ARN."""
        return await asyncio.to_thread(self._told)

    def _told(self) -> dict[str, str]:
        return {arn: said.get(RELEASE_ATTRIBUTE, "") for arn, said in self._hosts().items()}

    async def names(self) -> dict[str, str]:
        """Return the kiosk of each container instance."""
        found = await asyncio.to_thread(self._hosts)
        return {arn: said.get("kiosk.name", "") for arn, said in found.items()}

    def _hosts(self) -> dict[str, dict[str, str]]:
        arns = self._ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"]
        if not arns:
            return {}
        told = self._ecs.describe_container_instances(cluster=CLUSTER, containerInstances=arns)
        return {
            one["containerInstanceArn"]: {
                each["name"]: each.get("value", "") for each in one["attributes"]
            }
            for one in told["containerInstances"]
        }

    async def tasks(self) -> list[dict[str, Any]]:
        """Return all tasks that ECS knows of, also ended ones, as it describes them."""
        return await asyncio.to_thread(self._tasks)

    def _tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for status in ("RUNNING", "STOPPED"):
            pages = self._ecs.get_paginator("list_tasks").paginate(
                cluster=CLUSTER, desiredStatus=status
            )
            for page in pages:
                if arns := page["taskArns"]:
                    told = self._ecs.describe_tasks(cluster=CLUSTER, tasks=arns)
                    found += told["tasks"]
        return found

    async def put_release(self, arn: str, release_id: str) -> None:
        """Tell a host a release by hand, past the fleet service."""
        attribute = {"name": RELEASE_ATTRIBUTE, "value": release_id}
        target = {"targetType": "container-instance", "targetId": arn}
        await asyncio.to_thread(
            self._ecs.put_attributes, cluster=CLUSTER, attributes=[{**attribute, **target}]
        )


def release_of(task: Mapping[str, Any]) -> str:
    """Return the release that a task of ECS's is of: by the service that started it."""
    return str(task.get("group", "")).removeprefix("service:kiosk-")
