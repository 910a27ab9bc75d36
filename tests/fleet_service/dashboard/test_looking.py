"""What people see on a bad night: problems first, with the reason, the age, and what to do."""

import re
from typing import Any

import pytest

from tests.support.dashboard import Dashboard
from tests.support.dashboard_night import MARKUP, MOVE_ID

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PAGES = ("#/", "#/kiosk/till-hb2", "#/alarms", "#/moves", f"#/move/{MOVE_ID}", "#/releases")
_ORDER = """() => [...document.querySelectorAll(".venue")].map((one) =>
  [one.querySelector("h2").firstChild.textContent, one.querySelector(".badge").textContent])"""


async def texts(dashboard: Dashboard, selector: str) -> list[str]:
    return await dashboard.page.locator(selector).all_inner_texts()


async def test_problems_come_first_the_gravest_at_the_top(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    order: list[Any] = await dashboard.page.evaluate(_ORDER)
    assert order[:6] == [
        ["Castle Yard", "Venue unreachable"],
        ["Town Hall", "Kiosk unreachable"],
        ["Harbour Hall", "UI down"],
        ["Arena", "Degraded"],
        [MARKUP, "Degraded"],
        ["New House", "Pending"],
    ]
    assert order[-1] == ["Palm Garden", "Closed, as expected"]
    assert len(order) == 16
    assert await texts(dashboard, "#summary") == ["10 kiosks with a problem of 63."]
    assert (await dashboard.page.title()).startswith("(10) Kiosks")


async def test_each_state_has_a_word_and_a_shape_of_its_own(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    looks: list[list[str]] = await dashboard.page.evaluate(
        """() => [...document.querySelectorAll(".filters button:not([hidden])")].map((one) => {
          const shape = getComputedStyle(one.querySelector(".shape"));
          const drawn = ["clipPath", "borderRadius", "borderWidth", "width", "height"];
          return [one.lastChild.textContent, drawn.map((name) => shape[name]).join(" ")];
        })"""
    )
    assert len(looks) == 10
    assert len({word for word, _ in looks}) == len({shape for _, shape in looks}) == 10


async def test_a_venue_that_is_silent_as_a_whole_is_one_line(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    venue = dashboard.page.locator('[data-venue="castle-yard"]')
    assert await venue.locator(".row").count() == 1
    assert re.search(
        r"no kiosk of its venue answers\s*last heard 1\d min ago", await venue.inner_text()
    )
    assert await venue.locator("a.chip").count() == 4


async def test_what_happens_is_seen_without_a_reload(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    await dashboard.page.evaluate("window.sameAsBefore = true")
    venue = dashboard.page.locator('[data-venue="harbour-hall"]')
    assert await venue.locator("a.row", has_text="HB1").count() == 0
    await dashboard.reports(ui={"source": "none"})
    await venue.locator("a.row", has_text="HB1").wait_for()
    assert "UI down" in await venue.locator("a.row", has_text="HB1").inner_text()
    await dashboard.reports(quarantined=3)
    degraded = venue.locator("a.row", has_text="3 transactions could not be settled")
    await degraded.wait_for()
    # What moved, moved to its new place: the gravest of the venue is still on top.
    assert (await venue.locator("a.row .code").all_inner_texts()) == ["HB2", "HB1"]
    assert await dashboard.page.evaluate("window.sameAsBefore") is True
    await dashboard.page.locator("#announcer", has_text="HB1: Degraded").wait_for()


async def test_markup_in_a_name_is_shown_as_text(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    heading = dashboard.page.get_by_role("heading", name=MARKUP)
    assert (await heading.first.inner_text()).startswith(MARKUP)
    await dashboard.page.goto(f"{dashboard.url}/#/kiosk/till-hu1")
    await dashboard.page.get_by_role("heading", name=f"HU1 at {MARKUP}").wait_for()
    assert await dashboard.page.locator('img[src="x"]').count() == 0
    assert (dashboard.seen.dialogs, dashboard.seen.elsewhere) == ([], [])


async def test_no_page_asks_elsewhere_nor_breaks_its_own_policy(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    for place in PAGES:
        await dashboard.page.goto(f"{dashboard.url}/{place}")
        await dashboard.page.locator("main h1").wait_for()
    assert (dashboard.seen.elsewhere, dashboard.seen.errors) == ([], [])
    assert await dashboard.violations() == []


async def test_the_browser_itself_takes_no_markup_and_no_script_of_others(
    dashboard: Dashboard,
) -> None:
    await dashboard.sign_in()
    for attempt in (
        "document.body.innerHTML = '<b>x</b>'",
        "document.createElement('script').textContent = 'window.ran = 1'",
        "trustedTypes.createPolicy('mine', {createHTML: (one) => one})",
    ):
        assert await dashboard.page.evaluate(
            f"() => {{ try {{ {attempt}; return 'taken' }} catch (error) {{ return error.name }} }}"
        ) == ("TypeError")
    style = "() => { document.body.setAttribute('style', 'color: red');"
    await dashboard.page.evaluate(f"{style} return new Promise(requestAnimationFrame) }}")
    assert any("style-src" in one for one in await dashboard.violations())


async def test_search_and_states_are_kept_in_the_address(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    await dashboard.page.keyboard.press("/")
    await dashboard.page.keyboard.type("town hall")
    assert [one.split("\n")[0] for one in await texts(dashboard, ".venue h2")] == ["Town Hall"]
    await dashboard.page.get_by_role("button", name="Agent silent").click()
    assert await texts(dashboard, "a[data-key] .code") == ["TH2"]
    await dashboard.page.reload()
    await dashboard.all_there()
    assert await texts(dashboard, "a[data-key] .code") == ["TH2"]
    assert (await texts(dashboard, "#summary"))[0].endswith("; 1 shown by your search.")
    await dashboard.page.locator("#search").press("Escape")
    assert await dashboard.page.locator(".venue").count() == 16


async def test_a_kiosks_page_says_what_its_state_rests_on(dashboard: Dashboard) -> None:
    await dashboard.sign_in(place="#/kiosk/till-hb2")
    await dashboard.page.get_by_role("heading", name="HB2 at Harbour Hall").wait_for()
    await dashboard.page.locator(".card", has_text="Jo, +49 40 1234").wait_for()
    cards = {
        name: await dashboard.page.get_by_role("region", name=name, exact=True).inner_text()
        for name in ("Its report", "ECS", "Systems Manager", "Its venue's calendar")
    }
    assert re.search(r"kept \d+ s ago", cards["Its report"])
    assert "112 tickets of 2 types, 1 of them sold out" in cards["Its report"]
    assert re.search(
        r"asked \d+ s ago\s+Host\s+ACTIVE\s+Its agent\s+connected for 9 h", cards["ECS"]
    )
    assert "Online" in cards["Systems Manager"]
    assert "Pier 3, Hamburg" in cards["Its venue's calendar"]
    history = await texts(dashboard, ".history:not(.commands) li")
    assert [one.split("\n")[1] for one in history] == ["UI down", "Degraded", "Well"]
    assert "for 5 min" in history[1]
    assert "2 h" in (await texts(dashboard, "section:has-text('When it had no line') li"))[0]


async def test_what_to_do_is_one_step_away(dashboard: Dashboard) -> None:
    await dashboard.sign_in(place="#/kiosk/till-hb2")
    await dashboard.page.get_by_role("link", name="What to do").click()
    await dashboard.page.get_by_role("heading", name="No kiosk UI answers keys").wait_for()
    assert await texts(dashboard, ".runbook h2") == [
        "What it means",
        "What to look at",
        "What to do",
    ]
    await dashboard.page.get_by_role("link", name="Docker").click()
    await dashboard.page.get_by_role("heading", name="Docker does not answer").wait_for()


@pytest.mark.parametrize("place", ["#/moves", f"#/move/{MOVE_ID}", "#/releases"])
async def test_a_move_for_which_somebody_is_called_says_why_and_what_to_do(
    dashboard: Dashboard, place: str
) -> None:
    await dashboard.sign_in(place=place)
    alarm = dashboard.page.locator('[data-alarm="old-opera.-.move_stuck"]')
    await alarm.wait_for()
    assert await alarm.count() == 1
    said = await alarm.inner_text()
    assert said.startswith("Move stuck")
    assert "till-op4: it is busy" in said
    await alarm.get_by_role("link", name="What to do").click()
    await dashboard.page.get_by_role("heading", name="A move does not come on").wait_for()


async def test_a_release_says_in_which_cluster_nothing_of_it_is(dashboard: Dashboard) -> None:
    await dashboard.sign_in(place="#/releases")
    await dashboard.page.locator(".image").first.wait_for()
    said = await texts(dashboard, ".move > .seen")
    where = "eu-central-1/kiosks, eu-west-1/kiosks (nothing there yet)"
    assert [one.rpartition(" · ")[2] for one in said] == [where, where]


async def test_what_nobody_knows_and_who_is_not_there_is_said(dashboard: Dashboard) -> None:
    await dashboard.sign_in(place="#/kiosk/harbour-hall-1")
    unknown = dashboard.page.locator(".unknown")
    await unknown.wait_for()
    assert "whether its host answers Systems Manager" in await unknown.inner_text()
    await dashboard.page.goto(f"{dashboard.url}/#/kiosk/nobody")
    await dashboard.page.get_by_role("alert").wait_for()
    assert "There is no such kiosk." in await dashboard.page.get_by_role("alert").inner_text()
