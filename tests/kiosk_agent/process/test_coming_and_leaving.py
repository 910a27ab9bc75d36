"""A venue host from its enrolment to its leaving, all of it real but AWS.

An agent, a supervisor, a fleet service; the region stands in for AWS.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.agent_process import AgentProcess, KioskFolder, kiosk_folder, running_agent
from tests.support.enrolled import AUDIENCE, RELEASE, Hall, Host, hall_of
from tests.support.region import running_region
from tests.support.sts import Key

KIOSK = "till-hb1"


def credentials(host: Host) -> str:
    """Return the file that the host's SSM agent keeps."""
    issued = host.agent.role_token()
    return Key(issued["access_key_id"], issued["secret_access_key"], issued["session_token"]).file()


@asynccontextmanager
async def supervisor(folder: KioskFolder, region: str) -> AsyncIterator[AgentProcess]:
    values = {
        "region": region,
        "identity_audience": AUDIENCE,
        "credentials_file": str(folder.path / "credentials"),
        "admin_socket": str(folder.admin_socket),
        "supervisor_socket": str(folder.path / "supervisor.sock"),
        # Whatever is wrong with the machine of the tests is not theirs to mend.
        "repairs": False,
    }
    config = folder.path / "supervisor.toml"
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    program = ("-m", "kiosk_agent", "supervise")
    async with running_agent(folder, program=program, config=config) as running:
        yield running


async def until_left(hall: Hall) -> None:
    """Wait until the fleet service heard that the kiosk has left."""
    async with asyncio.timeout(60):
        while True:
            _, told = await hall.office.ask("GET", f"kiosks/{KIOSK}")
            if told["seen"]["left"]:
                return


async def test_a_host_that_was_enrolled_becomes_the_kiosk_and_leaves_when_asked(
    tmp_path: Path,
) -> None:
    mine = {"identity": "managed_instance", "enrolment_secret_file": None, "kiosk_id": KIOSK}
    with running_region() as region:
        async with hall_of(tmp_path, region) as hall:
            with kiosk_folder(hall.office.fleet.url, **mine) as folder:
                host = hall.host()
                await host.claim(KIOSK)
                host.register_with_ssm()
                (folder.path / "credentials").write_text(credentials(host))
                async with (
                    running_agent(folder) as agent,
                    supervisor(folder, region.settings.region),
                ):
                    # Its ECS agent is not there yet: it waits.
                    await agent.until_logged(lambda line: line.get("code") == "kiosk_pending")
                    assert await hall.standing() == ("pending", None)
                    names = {"kiosk_name": KIOSK, "kiosk_venue": "harbour-hall"}
                    host.register_with_ecs(**names, kiosk_host=host.host_id)
                    await agent.until_logged(lambda line: line["event"] == "identity_learnt")
                    assert await hall.standing() == ("active", host.instance_id)
                    await hall.office.fleet.logged("first_release_told")
                    assert hall.release(host) == RELEASE

                    assert (await hall.office.ask("POST", f"kiosks/{KIOSK}/leave"))[0] == 200
                    await agent.until_logged(lambda line: line["event"] == "leaving_was_asked")
                    await until_left(hall)
                    status, told = await hall.office.ask("POST", f"kiosks/{KIOSK}/retire")
                    assert (status, told["standing"]) == (200, "retired")
                    assert (await host.prove())[1]["code"] == "kiosk_retired"
                    await agent.until_logged(lambda line: line["event"] == "kiosk_retired")
                    assert await agent.stop() == 0
