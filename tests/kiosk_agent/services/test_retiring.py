"""A host that operators took out of service hears of it, sells nothing, and keeps what it has."""

from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.services.retiring import Retiring
from kiosk_agent.services.sessions import Heartbeats, Sessions
from tests.support.agent_process import command, kiosk_folder, running_agent
from tests.support.far_kit import Kit, at_work, kit_in, states
from tests.support.far_side import FarSide, event

RETIRED = {"code": "kiosk_retired", "detail": "Operators have put another host in its place."}


def beats(kit: Kit) -> Heartbeats:
    return Heartbeats(
        kit.here,
        kit.there,
        kit.leaving,
        kit.retiring,
        kit.images,
        every_s=15,
        agent_version="0.1.0",
    )


def retire(far: FarSide, path: str, times: int = 10_000) -> Any:
    return far.break_with("status", path=path, status=403, times=times, problem=RETIRED)


@pytest.mark.parametrize("path", ["/v1/heartbeats", "/v1/sessions"])
async def test_a_refused_report_says_it_and_nothing_recorded_is_touched(
    tmp_path: Path, path: str
) -> None:
    async with kit_in(tmp_path) as kit:
        await kit.open.append()
        await kit.open.stock(3)
        retire(kit.far, path)
        async with at_work(beats(kit).run):
            await kit.clock.wait_for_sleepers()
        state = kit.here.state
        assert (state.is_retired(), kit.retired.is_set(), state.is_draining()) == (True,) * 3
        [warning] = state.warnings()
        assert warning.code == "kiosk_retired"
        assert "out of service" in warning.text
        assert "kiosk-agent export" in warning.hint
        assert await kit.here.journal.read(states) == ["queued"]
        counts = await kit.here.journal.read(lambda reader: reader.stock_counts())
        assert sum(free for free, _ in counts.values()) == 3


async def test_whoever_else_is_refused_sells_on(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        for code in ("kiosk_revoked", "kiosk_pending", "proof_refused", "kiosk_unknown"):
            await kit.retiring.refused(FleetError(code, "", retryable=False))
        assert not kit.here.state.is_retired()
        assert not kit.retired.is_set()


async def test_other_work_does_not_say_that_sales_go_on(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        retire(kit.far, "/v1/sessions")
        async with at_work(Sessions(kit.here, kit.there).run, beats(kit).run):
            await kit.clock.wait_for_sleepers(2)
        assert [one.code for one in kit.here.state.warnings()] == ["kiosk_retired"]


async def test_it_stays_so_over_a_restart_until_its_reports_are_taken_again(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path) as kit:
        kit.retired.put(on=True)
        kit.here.state.set_retired(on=True)
        Retiring(kit.here.state, kit.retired)
        assert [one.code for one in kit.here.state.warnings()] == ["kiosk_retired"]
        await beats(kit)._report()
        assert (kit.here.state.is_retired(), kit.retired.is_set()) == (False, False)
        assert kit.here.state.warnings() == ()


async def test_a_real_agent_says_it_running_and_at_rest_and_its_journal_can_be_exported() -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda said: said["event"] == "stock_granted")
                retire(far, "/v1/heartbeats")
                await agent.until_logged(lambda said: said["event"] == "kiosk_retired")
                said = await command(folder, "status")
                assert "operators took this machine out of service" in said.out
                assert await agent.stop() == 0
            said = await command(folder, "status")
            assert "operators took this machine out of service" in said.out
            async with running_agent(folder) as agent:
                said = await command(folder, "status")
                assert "retired" in said.out
                assert await agent.stop() == 0
