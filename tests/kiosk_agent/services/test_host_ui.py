"""What the supervisor sees of the kiosk UI: in the status, in the report, and how long."""

from datetime import UTC, datetime
from pathlib import Path

from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.host_ui import KNOWN_MS, HostUi
from kiosk_agent.services.sessions import Heartbeats
from kiosk_contracts.ui_report import CrashingImage, SupervisorHeard, UiReport, UiSource
from tests.support.agent_process import client, kiosk_folder, running_agent
from tests.support.far_kit import Kit, at_work, kit_in
from tests.support.far_side import FarSide

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
CRASH = CrashingImage(image="r/kiosk@sha256:new", ends=3, last_exit="status 1", last_at=AT)
COVERED = UiReport(source=UiSource.STANDBY, image="r/kiosk@sha256:good", crashing=(CRASH,))


def desk_of(kit: Kit) -> tuple[HostUi, AgentState, Changes]:
    changes = Changes()
    state = AgentState(changes)
    return HostUi(kit.clock, changes, state), state, changes


async def test_a_warning_shows_while_an_image_crashes_and_no_longer(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        desk, state, changes = desk_of(kit)
        desk.take(COVERED)
        [warning] = state.warnings()
        assert (warning.code, warning.text) == (
            "ui_crashes",
            "A new version of this screen does not run; the one before sells on.",
        )
        before = changes.version
        desk.take(COVERED)
        assert changes.version == before
        desk.take(COVERED.model_copy(update={"source": UiSource.ECS}))
        [warning] = state.warnings()
        assert warning.text.startswith("This screen ends again and again")
        desk.take(COVERED.model_copy(update={"crashing": ()}))
        assert state.warnings() == ()
        assert changes.version > before


async def test_what_a_silent_supervisor_said_is_told_no_more(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        desk, state, _ = desk_of(kit)
        assert desk.known() is None
        desk.take(COVERED)
        kit.clock.advance(KNOWN_MS / 1000 - 1)
        assert desk.known() == COVERED
        kit.clock.advance(1)
        assert (desk.known(), state.warnings()) == (None, ())


async def test_a_supervisor_that_falls_silent_is_told_as_that(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        desk, _, _ = desk_of(kit)
        kit.clock.advance(KNOWN_MS / 1000)
        assert desk.supervisor() == "", "nothing says that there is one: the UI is run by hand"
        desk.take(COVERED)
        assert desk.supervisor() == SupervisorHeard.HEARD
        kit.clock.advance(KNOWN_MS / 1000)
        assert desk.supervisor() == SupervisorHeard.SILENT


async def test_one_that_never_came_up_is_told_where_the_host_has_one(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        changes = Changes()
        desk = HostUi(kit.clock, changes, AgentState(changes), supervised=True)
        assert desk.supervisor() == SupervisorHeard.AWAITED
        kit.clock.advance(KNOWN_MS / 1000 - 1)
        assert desk.supervisor() == SupervisorHeard.AWAITED
        kit.clock.advance(1)
        assert desk.supervisor() == SupervisorHeard.SILENT


async def test_a_heartbeat_carries_it(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        desk, _, _ = desk_of(kit)
        desk.take(COVERED)
        heartbeats = Heartbeats(
            *(kit.here, kit.there, kit.leaving, kit.retiring, kit.images),
            every_s=15,
            agent_version="0.1.0",
            ui=desk.known,
            supervisor=desk.supervisor,
        )
        async with at_work(heartbeats.run):
            await kit.clock.wait_for_sleepers()
        [report] = kit.far.heartbeats
        assert (report["ui"], report["supervisor"]) == (COVERED.to_json(), "heard")


async def test_an_agent_says_what_it_hears_of_the_hosts_supervisor() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url, heartbeat_s=0.2) as folder:
            async with running_agent(folder) as agent, client(folder.admin_socket) as http:
                await far.until(lambda: len(far.heartbeats) > 1)
                assert far.heartbeats[-1]["supervisor"] == "", "here is none"
                async with http.put("/v1/ui", json=COVERED.to_json()) as answer:
                    assert answer.status == 204
                await far.until(lambda: far.heartbeats[-1]["supervisor"] == "heard")
                assert await agent.stop() == 0
