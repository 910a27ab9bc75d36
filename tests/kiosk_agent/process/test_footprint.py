"""What the agent's process is made of after an hour: nothing of the cloud's or the screen's."""

import json
from pathlib import Path

from tests.support.agent_process import kiosk_folder, running_agent
from tests.support.far_side import FarSide

FOREIGN = ("botocore", "boto3", "s3transfer", "textual", "moto")
NOT_OURS = ("kiosk_ui", "fleet_service", "core_services", "demo", "verifier")
HOUR_S = 3600
STEP_S = 60


def _maps(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


async def test_after_uploads_a_new_session_and_an_hour_it_has_neither_botocore_nor_textual() -> (
    None
):
    async with FarSide() as far:
        far.token_life_s = HOUR_S // 2
        with kiosk_folder(far.url) as folder:
            recorded = await folder.queue(3)
            odd = ("-m", "tests.support.odd_agents", "fake-clock")
            async with running_agent(folder, program=odd) as agent:
                process = agent.process
                assert process.stdin is not None
                assert process.stdout is not None
                await far.until(lambda: len(far.ledger) == 3)
                sessions = far.requests["/v1/sessions"]
                for _ in range(HOUR_S // STEP_S):
                    beats = far.requests["/v1/heartbeats"]
                    process.stdin.write(b"advance %d\n" % STEP_S)
                    await far.until(lambda beats=beats: far.requests["/v1/heartbeats"] > beats)  # type: ignore[misc]
                process.stdin.write(b"modules\n")
                modules = json.loads(await process.stdout.readline())
                maps = _maps(process.pid)
                assert await agent.stop() == 0
    assert list(far.ledger) == recorded
    assert far.requests["/v1/transactions"] >= 1
    assert far.requests["/v1/sessions"] >= sessions + 2, "tokens of half an hour end twice"
    packages = {name.partition(".")[0] for name in modules}
    assert "kiosk_agent" in packages
    assert packages & {*FOREIGN, *NOT_OURS} == set()
    assert "_pydantic_core" in maps
    assert not [name for name in FOREIGN if f"/{name}/" in maps]
