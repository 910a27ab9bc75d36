"""Reports as files, from the drawer and from a closed shift, at the real agent."""

from pathlib import Path

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.closing import ClosingScreen
from tests.support.agent_process import files_in
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app


async def _export_at_the_drawer(till: Till) -> None:
    await till.says("PIN")
    await till.press(*"2222", "enter")
    await till.at(Place.EVENTS)
    await till.press("f5")
    await till.says("Should be in the drawer")
    await till.press("f2")


async def test_the_x_report_and_then_the_z_report_are_written_and_the_screen_says_where(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        assert (await agent.sell(adult=2)).status == 201
        app = kiosk_app(tmp_path / "ui.sock", AgentClock(agent.clock))
        async with app.run_test(size=(120, 40)) as pilot:
            till = Till(app, pilot)
            await _export_at_the_drawer(till)
            await till.says("The report is exported")
            assert till.tone is Tone.RECORDED
            [early] = [name for name in files_in(tmp_path / "reports") if name.endswith(".csv")]
            assert early in till.text
            agent.clock.advance(60)
            await till.press("f8")
            await till.at(Place.COUNT)
            await till.press("down", "down", "1", *["down"] * 2, "1", "down", "down", "1", "enter")
            await till.until(lambda: isinstance(app.screen, ClosingScreen))
            await till.press("enter")
            await till.at(Place.Z_REPORT)
            await till.press("f2")
            await till.says("The report is exported")
    names = sorted(files_in(tmp_path / "reports"))
    assert [name[:2] for name in names] == ["X-", "X-", "Z-", "Z-"]


async def test_a_folder_that_cannot_be_written_is_refused_in_words(tmp_path: Path) -> None:
    async with till_in(tmp_path) as agent:
        await agent.open_shift()
        (tmp_path / "reports").write_text("a file")
        app = kiosk_app(tmp_path / "ui.sock", AgentClock(agent.clock))
        async with app.run_test(size=(80, 24)) as pilot:
            till = Till(app, pilot)
            await _export_at_the_drawer(till)
            await till.until(lambda: till.tone is Tone.REFUSED, "refused")
            assert till.app.kiosk.place is Place.DRAWER
