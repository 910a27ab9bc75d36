"""Commands from both ends, with real processes: fleet service, agent, supervisor; and SIGKILL."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pyrage
import pytest

from kiosk_agent.bootstrap.adapters.over_socket import ask
from tests.support.agent_process import client, running_agent
from tests.support.errand_host import ErrandHost, errand_host

REBOOT = "reboot"
_RESTART: Final = "/v1/restart"


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[ErrandHost]:
    async with errand_host(tmp_path) as built:
        yield built


def begun(command_id: str) -> Any:
    return lambda line: line["event"] == "command_begun" and line["command_id"] == command_id


def ended(command_id: str) -> Any:
    return lambda line: line["event"] == "command_ended" and line["command_id"] == command_id


async def draining(host: ErrandHost) -> bool:
    async with client(host.folder.admin_socket) as http, http.get("/v1/status") as answer:
        return bool((await answer.json())["draining"])


async def test_a_kiosk_drains_and_sells_again_from_far_away(host: ErrandHost) -> None:
    async with running_agent(host.folder):
        stands = await host.ended(await host.orders("drain"))
        assert (stands["state"], stands["why"]) == ("done", "it drains; tickets that went back: 0")
        assert await draining(host)
        stands = await host.ended(await host.orders("end_drain"))
        assert (stands["state"], stands["why"]) == ("done", "it sells again")
        assert not await draining(host)


async def test_logs_come_back_without_secrets_and_card_numbers(host: ErrandHost) -> None:
    async with running_agent(host.folder), host.supervisor():
        command_id = await host.orders("logs", source="docker", lines=7)
        stands = await host.ended(command_id)
        assert (stands["state"], stands["why"]) == ("done", "docker: 2 lines")
        assert stands["content_type"] == "text/plain"
        _, text = await host.ask("GET", f"/{command_id}/content")
    assert "asked for --no-pager -o short-iso -n 7 -u docker" in text
    assert text.endswith("token=[removed] card [removed]\n")
    assert host.asked(f"start kiosk-errand@{command_id}.service") == 1
    assert not list((host.folder.path / "errands").iterdir()), "nothing of it stays on the host"


async def test_an_examination_comes_back_and_a_bundle_is_sealed_to_who_asked(
    host: ErrandHost,
) -> None:
    key = pyrage.x25519.Identity.generate()
    async with running_agent(host.folder), host.supervisor():
        examined = await host.orders("doctor")
        bundled = await host.orders("support_bundle", recipient=str(key.to_public()))
        assert (await host.ended(examined))["state"] == "done"
        _, told = await host.ask("GET", f"/{examined}/content")
        assert {"check", "level", "text", "what_to_do"} == set(json.loads(told)["checks"][0])
        stands = await host.ended(bundled)
        assert stands["state"] == "done", stands["why"]
        url = f"/v1/ops/kiosks/{host.folder.kiosk_id}/commands/{bundled}/content"
        headers = {"EventPro-Ops-Token": "open-the-venues"}
        async with host.http.get(url, headers=headers) as answer:
            sealed = await answer.read()
    assert pyrage.decrypt(sealed, [key]).startswith(b"\x1f\x8b")


async def test_killed_before_it_began_a_command_is_done_once_after_that(host: ErrandHost) -> None:
    async with running_agent(host.folder) as agent:
        command_id = await host.orders(REBOOT)
        await host.told(command_id)
        agent.kill()
        await agent.ended()
    assert not host.kept(command_id).exists(), "nobody has begun it"
    async with running_agent(host.folder), host.supervisor() as supervisor:
        await supervisor.until_logged(lambda line: line["event"] == "host_restarts")
        assert host.asked(f"kiosk-errand@{command_id}") == 1


async def test_killed_in_the_middle_a_host_does_not_restart_twice(host: ErrandHost) -> None:
    async with running_agent(host.folder) as agent, host.supervisor() as supervisor:
        command_id = await host.orders(REBOOT)
        await supervisor.until_logged(lambda line: line["event"] == "host_restarts")
        supervisor.kill()
        agent.kill()
        await asyncio.gather(supervisor.ended(), agent.ended())
    async with running_agent(host.folder), host.supervisor():
        stands = await host.ended(command_id)
        assert stands["state"] == "failed"
        assert "may have been done, and is not done again" in stands["why"]
    # The one was the errand, the other is what that asked for.
    assert host.asked(f"kiosk-errand@{command_id}") == 1
    assert host.asked(REBOOT) == 1


async def test_a_host_that_has_restarted_says_so(host: ErrandHost) -> None:
    async with running_agent(host.folder) as agent, host.supervisor() as supervisor:
        command_id = await host.orders(REBOOT)
        await supervisor.until_logged(begun(command_id))
        supervisor.kill()
        agent.kill()
        await asyncio.gather(supervisor.ended(), agent.ended())
    kept = json.loads(host.kept(command_id).read_text())
    assert kept["outcome"] is None
    host.kept(command_id).write_text(json.dumps(kept | {"boot_id": "of the boot before"}))
    async with running_agent(host.folder), host.supervisor():
        stands = await host.ended(command_id)
    assert (stands["state"], stands["why"]) == ("done", "the host has restarted")


async def test_killed_before_its_outcome_was_heard_it_is_told_and_not_done_again(
    host: ErrandHost,
) -> None:
    async with running_agent(host.folder) as agent:
        command_id = await host.orders("logs")
        await agent.until_logged(lambda line: line["event"] == "command_laid_down")
        host.fleet.process.send_signal(signal.SIGSTOP)
        async with host.supervisor():
            await agent.until_logged(ended(command_id))
            agent.kill()
            await agent.ended()
    host.fleet.process.send_signal(signal.SIGCONT)
    async with running_agent(host.folder), host.supervisor():
        stands = await host.ended(command_id)
        assert (stands["state"], stands["why"]) == ("done", "kiosk-agent: 2 lines")
        _, text = await host.ask("GET", f"/{command_id}/content")
        assert "-u kiosk-agent" in text
        kept = json.loads(host.kept(command_id).read_text())
    assert host.asked("kiosk-errand@") == 1
    assert kept["command_id"] == command_id


async def test_an_agent_that_was_away_hears_what_came_of_it(host: ErrandHost) -> None:
    """The supervisor goes on while the agent is killed and started: what it did is not lost."""
    async with host.supervisor() as supervisor:
        async with running_agent(host.folder) as agent:
            command_id = await host.orders("doctor")
            await supervisor.until_logged(begun(command_id))
            agent.kill()
            await agent.ended()
        async with running_agent(host.folder):
            assert (await host.ended(command_id))["state"] == "done"
    assert host.asked(f"kiosk-errand@{command_id}") == 1


async def test_a_host_does_not_restart_while_somebody_is_served_unless_that_is_forced(
    host: ErrandHost,
) -> None:
    report = {"busy": True, "why": "2 tickets in the cart", "holds": True}
    async with running_agent(host.folder), host.supervisor() as supervisor:
        async with client(host.folder.ui_socket) as http:
            async with http.put("/v1/screens/till", json=report) as answer:
                assert answer.status == 200
            command_id = await host.orders(REBOOT)
            stands = await host.ended(command_id)
            assert stands["state"] == "refused"
            served = "somebody is served at its screen (2 tickets in the cart)"
            assert stands["why"] == f"{served}; ask again, or force it"
            assert host.asked(REBOOT) == 0
            async with http.put("/v1/screens/till", json=report) as answer:
                assert answer.status == 200
        await host.orders(REBOOT, forced=True)
        await supervisor.until_logged(lambda line: line["event"] == "host_restarts")


async def test_whoever_has_the_host_restart_asks_the_agent_which_decides(host: ErrandHost) -> None:
    """As `kiosk-agent host-command` does, for Systems Manager."""
    report = {"busy": True, "why": "2 tickets in the cart", "holds": True}

    this = str(uuid4())

    async def asks(forced: Any, command_id: str = this, **more: Any) -> tuple[int, bytes]:
        body = {"command_id": command_id, "forced": forced} | more
        return await asyncio.to_thread(ask, host.folder.admin_socket, "POST", _RESTART, body)

    async def takes_back(command_id: str) -> int:
        target = f"{_RESTART}/{command_id}"
        return (await asyncio.to_thread(ask, host.folder.admin_socket, "DELETE", target))[0]

    async with running_agent(host.folder):
        async with (
            client(host.folder.ui_socket) as http,
            http.put("/v1/screens/till", json=report) as answer,
        ):
            assert answer.status == 200
        status, body = await asks(forced=False)
        served = "somebody is served at its screen (2 tickets in the cart); ask again, or force it"
        assert (status, json.loads(body)) == (200, {"why": served})
        status, body = await asks(forced=True)
        assert (status, json.loads(body)) == (200, {"why": ""})
        for whose in (str(uuid4()), this, this):
            assert await takes_back(whose) == 204
        assert await takes_back("mine") == 422
        for wrong in (
            {"forced": "yes"},
            {"forced": True, "more": 1},
            {"forced": True, "command_id": "mine"},
        ):
            assert (await asks(**wrong))[0] == 422
    with pytest.raises(OSError, match=r"No such file|refused"):
        await takes_back(this)


async def test_without_a_kiosk_ui_in_a_container_there_is_none_to_restart(
    host: ErrandHost,
) -> None:
    async with running_agent(host.folder), host.supervisor():
        stands = await host.ended(await host.orders("restart_ui"))
    assert stands["state"] == "failed"
    assert stands["why"].startswith("Docker does not answer")
