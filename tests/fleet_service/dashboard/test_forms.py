"""On a phone, at night, by day, and for who can't bear things that move."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.support.dashboard import PHONE, Dashboard, opened
from tests.support.dashboard_night import MOVE_ID, bad_night, night_service

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PLACES = (
    "#/",
    "#/kiosk/till-hb2",
    "#/kiosk/till-ar1",
    "#/alarms",
    "#/moves",
    f"#/move/{MOVE_ID}",
    "#/releases",
    "#/runbook/ui_down",
)
_READY = {"#/": "#venues .venue", "#/alarms": ".alarm", "#/runbook/ui_down": ".runbook h2"}
_CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")


async def go(dashboard: Dashboard, place: str) -> None:
    await dashboard.page.goto(f"{dashboard.url}/{place}")
    ready = _READY.get(place, "#state .badge" if "/k" in place or "move/" in place else ".move")
    await dashboard.page.locator(ready).first.wait_for()


async def too_pale(page: Page) -> list[Any]:
    """Return texts whose contrast with what is behind them is below 4.5 to 1."""
    found: dict[str, Any] = await page.evaluate(_CONTRAST)
    assert found["looked"] > 4, "texts were looked at"
    return list(found["pale"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_stands_out_by_day_and_by_night(
    browser: Browser, tmp_path: Path, scheme: str
) -> None:
    async with (
        night_service(tmp_path, bad_night()) as (fleet, http),
        opened(browser, fleet, http, color_scheme=scheme) as dashboard,
    ):
        await dashboard.page.goto(dashboard.url)
        await dashboard.page.locator(".sign-in").wait_for()
        assert await too_pale(dashboard.page) == []
        await dashboard.sign_in()
        backs = set()
        for place in PLACES:
            await go(dashboard, place)
            assert await too_pale(dashboard.page) == [], place
            back = "getComputedStyle(document.body).backgroundColor"
            backs.add(await dashboard.page.evaluate(back))
        await dashboard.page.goto(f"{dashboard.url}/#/alarms")
        await dashboard.page.get_by_role("button", name="I see to it").first.click()
        assert await too_pale(dashboard.page) == []
        assert backs == {"rgb(17, 21, 27)" if scheme == "dark" else "rgb(244, 245, 247)"}


async def test_a_phone_never_scrolls_sideways(browser: Browser, tmp_path: Path) -> None:
    async with (
        night_service(tmp_path, bad_night()) as (fleet, http),
        opened(browser, fleet, http, viewport=PHONE, has_touch=True) as dashboard,
    ):
        await dashboard.sign_in()
        for place in PLACES:
            await go(dashboard, place)
            width = await dashboard.page.evaluate("document.documentElement.scrollWidth")
            assert width == PHONE["width"], place
        await dashboard.page.goto(f"{dashboard.url}/#/alarms")
        await dashboard.page.get_by_role("button", name="Silence").first.click()
        box = await dashboard.page.get_by_role("dialog").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", "news"), ("reduce", "none")])
async def test_what_changed_lights_up_only_for_who_can_bear_it(
    browser: Browser, tmp_path: Path, motion: str, moves: str
) -> None:
    async with (
        night_service(tmp_path, bad_night()) as (fleet, http),
        opened(browser, fleet, http, reduced_motion=motion) as dashboard,
    ):
        await dashboard.reports()
        await dashboard.sign_in()
        await dashboard.all_there()
        assert await dashboard.page.locator(".changed").count() == 0
        await dashboard.reports(ui={"source": "none"})
        changed = dashboard.page.locator('[data-venue="harbour-hall"].changed')
        await changed.wait_for()
        assert await changed.evaluate("(one) => getComputedStyle(one).animationName") == moves
