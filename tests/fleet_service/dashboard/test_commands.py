"""What a kiosk was asked to do, on its page: live, the newest first, and taken back from there."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Locator

from tests.fleet_service.dashboard.test_keyboard import focused, tab_to
from tests.support.command_desk import outcome_of
from tests.support.dashboard import Dashboard, opened
from tests.support.dashboard_night import Night, bad_night, night_service
from tests.support.fleet import KIOSK_ID

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PAGE = f"#/kiosk/{KIOSK_ID}"
ALL = f"/v1/ops/kiosks/{KIOSK_ID}/commands"


async def orders(dashboard: Dashboard, kind: str, **more: Any) -> str:
    command_id = str(uuid4())
    await dashboard.asks("POST", ALL, {"command_id": command_id, "kind": kind, **more})
    return command_id


def line_of(dashboard: Dashboard, command_id: str) -> Locator:
    return dashboard.page.locator(f'[data-command="{command_id}"]')


async def tells(dashboard: Dashboard, command_id: str, said: dict[str, str]) -> None:
    path, headers = f"/v1/commands/{command_id}/outcome", await dashboard.kiosk()
    async with dashboard.http.put(path, json=said, headers=headers) as answer:
        assert answer.status == 204, await answer.text()


async def test_what_a_kiosk_is_asked_and_what_comes_of_it_is_seen_as_it_happens(
    dashboard: Dashboard,
) -> None:
    await dashboard.sign_in(place=PAGE)
    none = dashboard.page.locator("#commands", has_text="Nobody has asked it to do anything.")
    await none.wait_for()
    listed = re.compile(r"/commands\?")
    await dashboard.page.route(listed, lambda route: route.abort())
    first = await orders(dashboard, "logs", lines=7, reason="<b>why</b> is it slow?")
    line = line_of(dashboard, first)
    # By the stream: the list is not answered.
    await line.locator(".badge", has_text="Waiting").wait_for()
    await dashboard.page.unroute(listed)
    told = await line.inner_text()
    assert "Send logs: agent, 7 lines" in told
    assert "settings asked for it: <b>why</b> is it slow? · not after" in told
    await dashboard.reports()
    await line.locator(".badge", has_text="Fetched").wait_for()
    brought = outcome_of("done", "kiosk-agent: 7 lines", b"seven lines\n", "text/plain")
    await tells(dashboard, first, brought)
    await line.locator(".badge", has_text="Done").wait_for()
    await dashboard.page.locator(
        "#announcer", has_text="Send logs: agent, 7 lines: Done"
    ).wait_for()
    async with dashboard.page.expect_download() as waited:
        await line.get_by_role("link", name="Text that it brought back").click()
    file = await (await waited.value).path()
    assert file.read_text() == "seven lines\n"
    second = await orders(dashboard, "doctor")
    await line_of(dashboard, second).wait_for()
    places = dashboard.page.locator("[data-command]")
    shown = [await one.get_attribute("data-command") for one in await places.all()]
    assert shown == [second, first]
    assert await dashboard.violations() == []


async def test_one_that_waits_is_withdrawn_by_keys_alone_in_ones_own_name(
    dashboard: Dashboard,
) -> None:
    command_id = await orders(dashboard, "reboot")
    await dashboard.sign_in(await dashboard.token("operator", "Berta"), place=PAGE)
    line = line_of(dashboard, command_id)
    await line.wait_for()
    await tab_to(dashboard.page, f"withdraw {command_id}")
    await dashboard.page.keyboard.press("Enter")
    question = dashboard.page.get_by_role("dialog")
    assert "is not told of it any more" in await question.inner_text()
    await dashboard.page.keyboard.press("Escape")
    await question.wait_for(state="detached")
    assert (await dashboard.asks("GET", f"{ALL}/{command_id}"))["state"] == "waiting"
    await dashboard.page.keyboard.press("Enter")
    await question.get_by_role("button", name="Withdraw it").click()
    await line.locator(".badge", has_text="Withdrawn").wait_for()
    assert "Berta withdrew it" in await line.inner_text()
    told = await dashboard.asks("GET", f"{ALL}/{command_id}")
    assert (told["state"], told["withdrawn_by"]) == ("withdrawn", "Berta")
    assert await line.get_by_role("button").count() == 0
    assert (await focused(dashboard.page))["tag"] == "H1"


async def test_of_one_that_was_fetched_it_says_that_it_may_be_done_all_the_same(
    dashboard: Dashboard,
) -> None:
    command_id = await orders(dashboard, "reboot")
    await dashboard.reports()
    await dashboard.sign_in(place=PAGE)
    line = line_of(dashboard, command_id)
    await line.get_by_role("button", name="Withdraw").click()
    question = dashboard.page.get_by_role("dialog")
    assert "may be done all the same" in await question.inner_text()
    # Meanwhile it is done, and that is what is told.
    await tells(dashboard, command_id, outcome_of("refused", "somebody is served"))
    await question.get_by_role("button", name="Withdraw it").click()
    await question.get_by_role("alert").filter(has_text="refused").wait_for()
    await question.get_by_role("button", name="Cancel").click()
    await line.locator(".badge", has_text="Refused").wait_for()
    assert await line.get_by_role("button").count() == 0


async def test_a_viewer_sees_them_and_is_offered_nothing_that_is_refused(
    dashboard: Dashboard,
) -> None:
    done, waits = [await orders(dashboard, kind) for kind in ("logs", "reboot")]
    await dashboard.reports()
    await tells(dashboard, done, outcome_of("done", "1 line", b"x\n", "text/plain"))
    await dashboard.sign_in(await dashboard.token("viewer", "Vera"), place=PAGE)
    await line_of(dashboard, waits).wait_for()
    assert "1 line" in await line_of(dashboard, done).inner_text()
    commands = dashboard.page.locator("#commands")
    assert await commands.get_by_role("button").count() == 0
    assert await commands.get_by_role("link").count() == 0


async def test_that_a_time_is_over_is_seen_though_no_event_tells_it(
    browser: Browser, tmp_path: Path
) -> None:
    night: Night = bad_night()
    command_id = night.command(KIOSK_ID, "reboot", ago_min=1, lasts_min=1.15)
    async with (
        night_service(tmp_path, night) as (fleet, http),
        opened(browser, fleet, http) as dashboard,
    ):
        await dashboard.sign_in(place=PAGE)
        line = line_of(dashboard, command_id)
        await line.locator(".badge", has_text="Expired").wait_for()
        assert "nobody fetched it in time" in await line.inner_text()
        assert await line.get_by_role("button").count() == 0


async def test_older_ones_are_shown_when_they_are_asked_for(
    browser: Browser, tmp_path: Path
) -> None:
    night = bad_night()
    for number in range(12):
        night.command(KIOSK_ID, "doctor", ago_min=100 + number)
    async with (
        night_service(tmp_path, night) as (fleet, http),
        opened(browser, fleet, http) as dashboard,
    ):
        await dashboard.sign_in(place=PAGE)
        older = dashboard.page.get_by_role("button", name="Show older ones")
        await older.wait_for()
        places = dashboard.page.locator("[data-command]")
        assert await places.count() == 10
        await older.click()
        await places.nth(11).wait_for()
        assert await places.count() == 12
        await older.wait_for(state="detached")
