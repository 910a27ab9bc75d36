"""Who is signed in at a dashboard, until when, and what is left to see afterwards."""

import pytest
from playwright.async_api import Page

from tests.support.dashboard import Dashboard

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def sign_in_is_asked(page: Page, words: str) -> None:
    """Wait for the sign-in that says why, with nothing of the fleet left beside it."""
    await page.locator(".refusal", has_text=words).wait_for()
    text = await page.locator("body").inner_text()
    assert "Harbour Hall" not in text
    assert "kiosks with a problem" not in text
    assert not await page.locator("#nav").is_visible()


async def test_a_wrong_token_is_refused_in_words(dashboard: Dashboard) -> None:
    page = dashboard.page
    await page.goto(dashboard.url)
    await page.get_by_label("Your operator token").fill("guessed")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").filter(has_text="token").wait_for()
    assert not await page.locator("#nav").is_visible()


async def test_the_token_is_kept_nowhere_and_the_session_lasts_over_a_reload(
    dashboard: Dashboard,
) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    kept: str = await dashboard.page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert kept == '[{},{},""]'
    await dashboard.page.reload()
    await dashboard.all_there()
    [cookie] = await dashboard.page.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")


async def test_who_is_shown_out_sees_nothing_more_and_comes_back_to_the_same_place(
    dashboard: Dashboard,
) -> None:
    token = await dashboard.token("operator", "Berta")
    await dashboard.sign_in(token, place="#/kiosk/till-hb2")
    await dashboard.page.get_by_role("heading", name="HB2 at Harbour Hall").wait_for()
    await dashboard.asks("POST", f"/v1/ops/operator-tokens/{token.split('_')[1]}/revoke")
    # Nobody touches the page: the stream ends, and what asks again is told why.
    await sign_in_is_asked(dashboard.page, "session has ended")
    await dashboard.page.get_by_label("Your operator token").fill(
        await dashboard.token("viewer", "Vera")
    )
    await dashboard.page.keyboard.press("Enter")
    await dashboard.page.get_by_role("heading", name="HB2 at Harbour Hall").wait_for()
    assert "Vera, viewer" in await dashboard.page.locator("#who-name").inner_text()


async def test_a_session_whose_time_is_over_asks_for_a_token(dashboard: Dashboard) -> None:
    token = await dashboard.token("operator", "Berta", lasts_s=8)
    await dashboard.sign_in(token, place="#/alarms")
    await dashboard.page.locator("#who-name", has_text="signed out in").wait_for()
    await sign_in_is_asked(dashboard.page, "Its time is over")


async def test_who_signs_out_has_ended_the_session_at_the_service(dashboard: Dashboard) -> None:
    await dashboard.sign_in()
    await dashboard.all_there()
    [cookie] = await dashboard.page.context.cookies()
    await dashboard.page.get_by_role("button", name="Sign out").click()
    await sign_in_is_asked(dashboard.page, "You are signed out.")
    headers = {"Cookie": f"{cookie.get('name')}={cookie.get('value')}"}
    async with dashboard.http.get("/v1/ops/me", headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "session_ended")
