"""The offset to the server's clock outlives the agent, for a start without a line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk_agent.services.line import LineMonitor
from kiosk_agent.services.sessions import Heartbeats
from tests.support.agent_process import command, kiosk_folder, running_agent
from tests.support.far_kit import Kit, at_work, kit_in
from tests.support.far_side import FarSide, event


async def test_what_one_report_learns_the_next_one_keeps_and_noise_is_not_written(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path) as kit:
        heartbeats = Heartbeats(
            kit.here,
            kit.there,
            kit.leaving,
            kit.retiring,
            kit.images,
            every_s=15,
            agent_version="0.1.0",
        )
        assert await _kept(kit) is None
        async with at_work(heartbeats.run):
            await kit.clock.wait_for_sleepers()
            learnt = kit.line.server_offset_ms()
            assert learnt is not None
            await kit.clock.advance_when_asleep(18)
            await kit.far.until(lambda: len(kit.far.heartbeats) > 1)
        assert await _kept(kit) == learnt
        now = kit.line.server_offset_ms()
        assert now is not None
        for shift, kept in ((1000, now + 1000), (1001, now), (-1001, now)):
            await kit.open.journal.write(_put(now + shift))
            await heartbeats._remember_offset()
            assert await _kept(kit) == kept


async def _kept(kit: Kit) -> int | None:
    return await kit.open.journal.read(lambda reader: reader.server_offset_ms())


def _put(offset_ms: int) -> Callable[..., None]:
    return lambda writer: writer.put_server_offset(offset_ms)


async def test_until_this_run_has_learnt_it_the_last_one_counts(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        learnt: list[int | None] = [None]
        line = LineMonitor(kit.clock, kit.open.journal, kit.here.changes, lambda: learnt[0])
        assert line.server_offset_ms() is None
        line.know_offset(70)
        assert line.server_offset_ms() == 70
        learnt[0] = 0
        assert line.server_offset_ms() == 0


async def test_an_agent_that_starts_without_a_line_stamps_with_it() -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                await far.until(lambda: len(far.heartbeats) > 1)
                await agent.until_logged(lambda said: said["event"] == "stock_granted")
                assert await agent.stop() == 0
            await far.stop()
            async with running_agent(folder) as agent:
                drained = await command(folder, "drain")
                assert drained.status == 0, drained.err
                assert await agent.stop() == 0
            rows = await folder.rows()
            await far.start()
    assert all(beat["free_bytes"] > 0 and beat["room"] for beat in far.heartbeats)
    payload: Any = rows[-1].readable().payload
    assert rows[-1].kind == "return_of_stock"
    assert isinstance(payload["recorded"]["server_offset_ms"], int)
