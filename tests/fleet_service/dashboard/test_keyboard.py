"""A night at the dashboard without a mouse."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.support.dashboard import Dashboard

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_FOCUSED = """() => {
  const one = document.activeElement, looks = getComputedStyle(one);
  return {tag: one.tagName, key: one.dataset.key ?? "", text: one.textContent.trim(),
    id: one.id, seen: one.matches(":focus-visible") && parseFloat(looks.outlineWidth) >= 2
      && looks.outlineStyle !== "none", inDialog: one.closest("dialog") !== null};
}"""


async def focused(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate(_FOCUSED)
    return found


async def tab_to(page: Page, text: str) -> dict[str, Any]:
    """Press Tab until something has the focus; every stop on the way can be seen."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        there = await focused(page)
        if there["tag"] == "BODY":
            continue  # From the end of the page the way leads over the browser's own buttons.
        assert there["seen"], there
        if text in (there["text"], there["id"], there["key"]):
            return there
    raise AssertionError(text)


async def test_the_whole_list_is_one_stop_in_which_arrows_move(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    page = dashboard.page
    assert await page.locator('a[data-key][tabindex="0"]').count() == 1
    assert (await tab_to(page, "till-cy1"))["tag"] == "A"
    await page.keyboard.press("Tab")
    assert (await focused(page))["key"] == "", "the next stop is behind the list"
    await page.keyboard.press("Shift+Tab")
    keys = []
    for key in ("ArrowDown", "j", "PageDown", "PageDown", "PageUp", "End", "Home", "ArrowUp"):
        await page.keyboard.press(key)
        there = await focused(page)
        assert there["seen"], key
        keys.append(there["key"])
    assert keys == [
        "till-cy2",
        "till-cy3",
        "till-th1",
        "till-hb2",
        "till-th1",
        "till-ga3",
        "till-cy1",
        "till-cy1",
    ]
    assert await page.locator('a[data-key][tabindex="0"]').count() == 1


async def test_enter_opens_a_kiosk_and_the_way_back_leads_to_it(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    page = dashboard.page
    await tab_to(page, "till-cy1")
    await page.keyboard.press("PageDown")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="TH1 at Town Hall").wait_for()
    assert (await focused(page))["tag"] == "H1"
    await page.go_back()
    await page.locator("#venues").wait_for()
    assert (await focused(page))["key"] == "till-th1"


async def test_the_focus_stays_and_the_order_is_kept_while_the_list_changes(
    dashboard: Dashboard,
) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    page = dashboard.page
    await tab_to(page, "till-cy1")
    for _ in range(3):
        await page.keyboard.press("PageDown")
    assert (await focused(page))["key"] == "till-ar1"
    for told in ({"ui": {"source": "none"}}, {}):
        await dashboard.reports(**told)
        wanted = "UI down" if told else "Well"
        await page.locator('[data-key="harbour-hall-1"]', has_text=wanted).wait_for()
        assert (await focused(page))["key"] == "till-ar1"


async def test_an_alarm_is_seen_to_by_keys_alone(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    page = dashboard.page
    await tab_to(page, "Skip to the content")
    await tab_to(page, "Alarms 5")
    await page.keyboard.press("Enter")
    await page.locator(".alarm").first.wait_for()
    name = "acknowledge harbour-hall.till-hb2.ui_down"
    await tab_to(page, name)
    await page.keyboard.press("Enter")
    there = await focused(page)
    assert there["inDialog"]
    await page.keyboard.type("I look")
    await page.keyboard.press("Enter")
    alarm = page.locator('[data-alarm="harbour-hall.till-hb2.ui_down"]')
    await alarm.locator(".seen", has_text="seen to by settings").wait_for()
    # The button is gone; the focus is where one goes on, not lost at the top of the page.
    assert (await focused(page))["tag"] == "H1"


async def test_slash_leads_to_the_search_from_anywhere_but_a_field(dashboard: Dashboard) -> None:
    await dashboard.sign_in(place="#/alarms")
    page = dashboard.page
    await page.locator(".alarm").first.wait_for()
    await page.keyboard.press("/")
    await page.locator("#search:focus").wait_for()
    await page.keyboard.type("a/b")
    assert await page.locator("#search").input_value() == "a/b"


async def test_the_keys_can_be_looked_up(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    page = dashboard.page
    await page.keyboard.press("?")
    await page.get_by_role("dialog").get_by_role("heading", name="Keys").wait_for()
    assert (await focused(page))["inDialog"]
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog").wait_for(state="detached")
