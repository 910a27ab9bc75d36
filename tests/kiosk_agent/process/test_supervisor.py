"""The two processes of a venue host: the agent without rights, and the supervisor that signs.

Both are real, before a real fleet service and an STS that verifies.
"""

import asyncio
import json
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kiosk_agent.supervisor.adapters.agent_door import HttpAgentDoor
from kiosk_contracts.repairs import HostRepair
from tests.support.agent_process import (
    AgentProcess,
    KioskFolder,
    client,
    kiosk_folder,
    running_agent,
)
from tests.support.fleet import RunningFleet, fleet_process
from tests.support.journal import KIOSK_ID
from tests.support.sts import ACCOUNT, INSTANCE_ID, REGION, ROLE, Key, StandInSts
from tests.support.upstream import Upstream

AUDIENCE = "fleet.example.com"


@dataclass
class Host:
    """A venue host whose identity is its managed instance."""

    folder: KioskFolder
    fleet: RunningFleet
    sts: StandInSts

    @property
    def credentials(self) -> Path:
        return self.folder.path / "credentials"

    @property
    def socket(self) -> Path:
        return self.folder.path / "supervisor.sock"

    def config(self) -> Path:
        values = {
            "region": REGION,
            "identity_audience": AUDIENCE,
            "credentials_file": str(self.credentials),
            "admin_socket": str(self.folder.admin_socket),
            "supervisor_socket": str(self.socket),
            # Whatever is wrong with the machine of the tests is not theirs to mend.
            "repairs": False,
        }
        path = self.folder.path / "supervisor.toml"
        path.write_text(
            "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
        )
        return path

    @asynccontextmanager
    async def supervisor(self) -> AsyncIterator[AgentProcess]:
        program = ("-m", "kiosk_agent", "supervise")
        async with running_agent(self.folder, program=program, config=self.config()) as running:
            yield running

    async def standing(self) -> dict[str, Any]:
        async with client(self.socket) as http, http.get("/v1/status") as answer:
            told: dict[str, Any] = await answer.json()
            return told

    async def warnings(self) -> list[str]:
        async with client(self.folder.admin_socket) as http, http.get("/v1/status") as answer:
            return [f"{one['text']} {one['hint']}" for one in (await answer.json())["warnings"]]


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Upstream() as ticket_api, StandInSts() as sts:
        instances = {
            "instance_account": ACCOUNT,
            "instance_role": ROLE,
            "instance_regions": [REGION],
            "identity_audience": AUDIENCE,
            "sts_connect_to": sts.url,
        }
        async with fleet_process(tmp_path, ticket_api.url, **instances) as fleet:
            fleet.files.register(
                {
                    "kiosk_id": KIOSK_ID,
                    "kiosk_code": "HB1",
                    "venue_id": "harbour-hall",
                    "venue_name": "Harbour Hall",
                    "instance_id": INSTANCE_ID,
                }
            )
            mine = {"identity": "managed_instance", "enrolment_secret_file": None}
            with kiosk_folder(fleet.url, **mine) as folder:
                yield Host(folder, fleet, sts)


async def test_a_kiosk_without_a_secret_gets_its_session(host: Host) -> None:
    host.credentials.write_text(Key().file())
    async with running_agent(host.folder) as agent, host.supervisor() as supervisor:
        await agent.until_logged(lambda line: line["event"] == "identity_learnt")
        await host.fleet.logged("session_opened")
        standing = await host.standing()
        assert (standing["agent_away"], standing["refusal"]) == (None, None)
        assert standing["signed_at"] is not None
        assert (standing["needs_repair"], standing["repairs"]) == ({}, [])
        assert stat.S_IMODE(host.socket.stat().st_mode) == 0o600
        assert await supervisor.stop() == 0
        assert not host.socket.exists()
        assert await agent.stop() == 0
    said = json.dumps([*agent.log, *supervisor.log]) + host.fleet.log()
    for secret in (Key().secret, Key().token, "X-Amz-Signature"):
        assert secret not in said


async def test_a_supervisor_whose_own_socket_is_gone_ends_and_the_next_one_has_another(
    host: Host,
) -> None:
    for _ in range(2):
        async with host.supervisor() as supervisor:
            await host.standing()
            host.socket.unlink()
            await supervisor.until_logged(lambda line: line["event"] == "own_socket_gone")
            assert await supervisor.ended() == 0


async def test_new_credentials_count_from_the_next_session_on(host: Host) -> None:
    host.credentials.write_text(Key("ASIAOLDANDENDED00001").file())
    async with running_agent(host.folder) as agent, host.supervisor() as supervisor:
        await agent.until_logged(lambda line: "InvalidClientTokenId" in json.dumps(line))
        host.credentials.write_text(Key().file())
        await agent.until_logged(lambda line: line["event"] == "identity_learnt")
        signed = [line["access_key_id"] for line in supervisor.log if "access_key_id" in line]
        assert signed[0] == "ASIAOLDANDENDED00001"
        assert signed[-1] == Key().key_id


async def test_what_is_missing_on_the_host_is_said_in_the_status(host: Host) -> None:
    async with running_agent(host.folder) as agent, host.supervisor():
        await agent.until_logged(lambda line: "no role credentials" in json.dumps(line))
        assert any("has no role credentials yet" in one for one in await host.warnings())
        assert "has no role credentials" in (await host.standing())["refusal"]
        host.credentials.write_text(Key().file())
        await agent.until_logged(lambda line: line["event"] == "identity_learnt")


async def test_a_repair_that_fails_is_in_the_kiosk_s_status(host: Host) -> None:
    at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    fails = HostRepair(name="docker", why="hangs", at=at, outcome="not_helped", in_a_row=2)
    async with running_agent(host.folder), HttpAgentDoor(host.folder.admin_socket) as door:
        assert await door.tell_repairs((fails,)) in {"connecting", "online", "offline"}
        expected = "Docker does not come right by itself. Sell as ever, and tell support"
        assert any(one.startswith(expected) for one in await host.warnings())
        await door.tell_repairs(())
        assert not any(one.startswith(expected) for one in await host.warnings())


async def test_either_may_be_killed_and_come_back(host: Host) -> None:
    host.credentials.write_text(Key().file())
    async with host.supervisor() as supervisor:
        await supervisor.until_logged(lambda line: line["event"] == "agent_away")
        async with running_agent(host.folder) as agent:
            await agent.until_logged(lambda line: line["event"] == "identity_learnt")
            agent.kill()
        async with running_agent(host.folder) as agent:
            await host.fleet.logged("session_opened")
            supervisor.kill()
            await supervisor.ended()
            async with host.supervisor() as again:
                assert again.ready["event"] == "supervisor_ready"
                assert await again.stop() == 0
            assert await agent.stop() == 0


async def test_an_answer_that_nobody_waits_for_is_refused(host: Host) -> None:
    async with running_agent(host.folder), client(host.folder.admin_socket) as http:
        for path, body in (
            (f"/v1/proofs/{uuid4()}", {"url": "https://sts.example/"}),
            (f"/v1/proofs/{uuid4()}/refusal", {"why": "no"}),
        ):
            async with http.put(path, json=body) as answer:
                assert (answer.status, (await answer.json())["code"]) == (404, "not_found")
        async with http.put("/v1/proofs/seven", json={"url": "x"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (422, "body_invalid")
        async with http.get("/v1/proofs/wanted?wait_s=61") as answer:
            assert (await answer.json())["code"] == "body_invalid"


async def test_a_supervisor_with_a_wrong_setting_ends_with_78(host: Host) -> None:
    path = host.folder.path / "wrong.toml"
    path.write_text('region = "Frankfurt"\nidentity_audience = "fleet.example.com"\nsecret = "x"\n')
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kiosk_agent", "supervise", "--config", str(path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, out) == (78, b"")
    lines = err.decode().splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["setting region", "setting secret"]
