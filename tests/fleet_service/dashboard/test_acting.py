"""What operators do from the dashboard, and how they are told that it was refused."""

from datetime import datetime

import pytest

from tests.support.dashboard import Dashboard
from tests.support.dashboard_night import MOVE_ID

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ALARM = "harbour-hall.till-hb2.ui_down"
MOVE = f"/v1/moves/{MOVE_ID}"


async def alarm_of(dashboard: Dashboard) -> dict[str, object]:
    alarms = (await dashboard.asks("GET", "/v1/alarms"))["alarms"]
    return next(one for one in alarms if one["alarm_id"] == ALARM)


async def test_an_alarm_is_seen_to_in_ones_own_name(dashboard: Dashboard) -> None:
    await dashboard.sign_in(await dashboard.token("operator", "Berta"), place="#/alarms")
    alarm = dashboard.page.locator(f'[data-alarm="{ALARM}"]')
    await alarm.get_by_role("button", name="I see to it").click()
    await dashboard.page.get_by_label("What you do").fill("I call the venue")
    await dashboard.page.get_by_role("dialog").get_by_role("button", name="I see to it").click()
    await alarm.locator(".seen", has_text="seen to by Berta").wait_for()
    told = await alarm_of(dashboard)
    assert (told["acknowledged_by"], told["note"]) == ("Berta", "I call the venue")
    await dashboard.page.goto(f"{dashboard.url}/#/")
    row = dashboard.page.locator("a.row", has_text="HB2")
    assert "Seen to by Berta" in await row.inner_text()


async def test_an_alarm_is_silenced_for_a_while_and_people_are_called_again(
    dashboard: Dashboard,
) -> None:
    await dashboard.sign_in(place="#/alarms")
    alarm = dashboard.page.locator(f'[data-alarm="{ALARM}"]')
    await alarm.get_by_role("button", name="Silence").click()
    question = dashboard.page.get_by_role("dialog")
    await question.get_by_label("For how long").select_option("240")
    # Without a reason the browser itself does not send it.
    await question.get_by_role("button", name="Silence it").click()
    assert (await alarm_of(dashboard))["silence"] is None
    await question.get_by_label("Why").fill("the hall is rebuilt")
    await question.get_by_role("button", name="Silence it").click()
    await alarm.locator(".seen", has_text="silenced until").wait_for()
    silence = (await alarm_of(dashboard))["silence"]
    assert isinstance(silence, dict)
    lasts = datetime.fromisoformat(silence["until"]) - datetime.fromisoformat(silence["made_at"])
    assert round(lasts.total_seconds() / 60) == 240
    await alarm.get_by_role("button", name="Call people again").click()
    await question.get_by_role("button", name="Call people again").click()
    await alarm.get_by_role("button", name="Silence").wait_for()
    assert (await alarm_of(dashboard))["silence"] is None


async def test_a_move_is_paused_gone_on_with_and_aborted(dashboard: Dashboard) -> None:
    await dashboard.sign_in(place=f"#/move/{MOVE_ID}")
    question = dashboard.page.get_by_role("dialog")
    state = dashboard.page.locator("#state")
    for act, button, then in (
        ("Pause", "Pause it", "Paused"),
        ("Go on", "Go on", "Running"),
        ("Abort", "Abort it", "Aborted"),
    ):
        await state.get_by_role("button", name=act).click()
        await question.get_by_label("Why").fill(f"I {act.lower()}, since it is late")
        await question.get_by_role("button", name=button).click()
        await state.locator(".badge", has_text=then).wait_for()
        decided = dashboard.page.locator(".decisions li", has_text=f"I {act.lower()}, since")
        await decided.wait_for()
        told = await dashboard.asks("GET", MOVE)
        assert told["state"] == then.lower()
    # The newest decision is on top, and there is nothing more to press.
    first = dashboard.page.locator(".decisions li").first
    assert "I abort, since it is late" in await first.inner_text()
    assert await state.get_by_role("button").count() == 0


async def test_who_changes_their_mind_changes_nothing(dashboard: Dashboard) -> None:
    await dashboard.sign_in(place=f"#/move/{MOVE_ID}")
    abort = dashboard.page.locator("#state").get_by_role("button", name="Abort")
    await abort.click()
    await dashboard.page.keyboard.press("Escape")
    await dashboard.page.get_by_role("dialog").wait_for(state="detached")
    assert (await dashboard.asks("GET", MOVE))["state"] == "running"
    assert await abort.evaluate("(one) => one === document.activeElement")


async def test_a_refusal_is_told_in_words_where_it_was_asked_for(dashboard: Dashboard) -> None:
    await dashboard.sign_in(place=f"#/move/{MOVE_ID}")
    await dashboard.page.locator("#state").get_by_role("button", name="Pause").click()
    await dashboard.asks(
        "POST", f"/v1/ops/moves/{MOVE_ID}/abort", {"why": "somebody else was quicker"}
    )
    question = dashboard.page.get_by_role("dialog")
    await question.get_by_role("button", name="Pause it").click()
    refusal = question.get_by_role("alert")
    await refusal.filter(has_text="is aborted").wait_for()
    assert await question.get_by_role("button", name="Pause it").is_enabled()


async def test_a_viewer_is_offered_nothing_that_is_refused(dashboard: Dashboard) -> None:
    await dashboard.sign_in(await dashboard.token("viewer", "Vera"), place="#/alarms")
    await dashboard.page.locator(f'[data-alarm="{ALARM}"]').wait_for()
    acts = await dashboard.page.locator(".acts").all_inner_texts()
    assert set(acts) == {"What to do"}
    await dashboard.page.goto(f"{dashboard.url}/#/move/{MOVE_ID}")
    await dashboard.page.locator("#state .badge").wait_for()
    assert await dashboard.page.locator("#state button").count() == 0


async def test_alarms_that_are_over_can_be_looked_at(dashboard: Dashboard) -> None:
    await dashboard.sign_in(place="#/alarms")
    await dashboard.page.get_by_role("button", name="Show alarms that are over").click()
    over = dashboard.page.locator('[data-alarm="garden.till-ga1.disk_low"]')
    await over.wait_for()
    assert "over at" in await over.inner_text()
    assert await over.get_by_role("button").count() == 0
