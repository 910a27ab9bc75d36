"""The agent holds its reserve, and a size of 0 holds none."""

import pytest

from kiosk_agent.adapters.disk_room import RESERVE_NAME
from tests.support.agent_process import kiosk_folder, running_agent

NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize("size", [0, 300_000])
async def test_the_reserve_has_the_size_of_the_settings(size: int) -> None:
    with kiosk_folder(NOBODY, room_reserve_bytes=size) as folder:
        async with running_agent(folder) as agent:
            said = await agent.until_logged(lambda line: line["event"] == "disk_room_changed")
            opened = await agent.until_logged(lambda line: line["event"] == "journal_opened")
            assert await agent.stop() == 0
        found = folder.state_dir / RESERVE_NAME
        assert (found.stat().st_size if found.exists() else 0) == size
    assert said["reserve_held"] is True
    assert opened["sqlite_version"].startswith("3.")
