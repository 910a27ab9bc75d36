"""Live by the stream; without it, told plainly, and asked for again and again."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.support.cut_line import CutLine, How
from tests.support.dashboard import Dashboard, opened
from tests.support.dashboard_night import bad_night, night_service

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def is_live(page: Page) -> None:
    await page.locator('#liveness[data-live="yes"]', has_text="Live").wait_for()


async def test_a_list_that_is_live_asks_for_nothing_again(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    await is_live(dashboard.page)
    asked: list[str] = []
    dashboard.page.on("request", lambda request: asked.append(request.url))
    await dashboard.reports(ui={"source": "none"})
    await dashboard.page.locator("a.row", has_text="HB1").wait_for()
    assert asked == []
    assert await dashboard.page.locator("#banner").inner_text() == ""


@pytest.mark.parametrize("how", [How.REFUSED, How.UP])
async def test_a_line_that_is_cut_is_told_and_nothing_is_missed_when_it_is_back(
    browser: Browser, tmp_path: Path, how: How
) -> None:
    async with night_service(tmp_path, bad_night()) as (fleet, http):
        line = CutLine(fleet.url)
        try:
            async with opened(browser, fleet, http, url=line.url) as dashboard:
                await dashboard.reports()
                await dashboard.sign_in()
                await dashboard.all_there()
                await is_live(dashboard.page)
                line.cut(how)
                if how is How.REFUSED:
                    await says_so(dashboard)
                await dashboard.reports(ui={"source": "none"})
                line.cut(How.UP)
                await dashboard.page.locator("a.row", has_text="HB1").wait_for()
                await is_live(dashboard.page)
                assert await dashboard.page.locator("#banner").inner_text() == ""
        finally:
            line.close()


async def says_so(dashboard: Dashboard) -> None:
    banner = dashboard.page.locator("#banner", has_text="does not answer")
    await banner.wait_for()
    words = await banner.inner_text()
    assert re.search(r"Not live since \d\d:\d\d:\d\d: The fleet service does not answer", words)
    assert re.search(r"What you see is of \d\d:\d\d:\d\d\.", words)
    # What was known stays to be seen.
    assert await dashboard.page.locator(".venue").count() == 16


async def test_without_a_stream_everything_is_asked_for_again(dashboard: Dashboard) -> None:
    await dashboard.page.route("**/v1/stream", lambda route: route.abort())
    await dashboard.sign_in()
    await dashboard.all_there()
    banner = dashboard.page.locator("#banner", has_text="Everything is asked for every 10 s")
    await banner.wait_for()
    await dashboard.reports(ui={"source": "none"})
    await dashboard.page.locator("a.row", has_text="HB1").wait_for()
    await dashboard.page.unroute("**/v1/stream")
    await is_live(dashboard.page)
    assert await dashboard.page.locator("#banner").inner_text() == ""


async def test_what_a_reset_says_is_unknown_is_read_anew(dashboard: Dashboard) -> None:
    told = "id: nowhere\nevent: reset\ndata: {}\n\n"
    streams = 0

    async def once_reset(route: object) -> None:
        nonlocal streams
        streams += 1
        if streams == 1:
            await route.fulfill(content_type="text/event-stream", body=told)  # type: ignore[attr-defined]
        else:
            await route.continue_()  # type: ignore[attr-defined]

    await dashboard.page.route("**/v1/stream", once_reset)
    asked: list[str] = []
    dashboard.page.on("request", lambda request: asked.append(request.url))
    await dashboard.sign_in()
    await dashboard.all_there()
    await is_live(dashboard.page)
    assert streams == 2
    # Problems are read first, before a stream is followed from there.
    assert sum("state=venue_unreachable" in one for one in asked) == 2
    await dashboard.reports(ui={"source": "none"})
    await dashboard.page.locator("a.row", has_text="HB1").wait_for()


_READ_AGAIN = """async (later_ms) => {
    const { fleet, load, take } = await import("/dashboard/app/fleet.js");
    const one = [...fleet.kiosks.values()].find((kiosk) => kiosk.state === "well");
    take("instance", { ...one, state: "ui_down" });
    const now = performance.now.bind(performance);
    performance.now = () => now() + later_ms;
    await load();
    return fleet.kiosks.get(one.kiosk_id).state;
}"""
"""Reads all lists, so long after the stream told something that no list says."""


async def test_a_list_that_is_older_than_what_was_told_takes_nothing_back(
    dashboard: Dashboard,
) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    await is_live(dashboard.page)
    assert await dashboard.page.evaluate(_READ_AGAIN, 0) == "ui_down"
    assert await dashboard.page.evaluate(_READ_AGAIN, 60_000) == "well"
