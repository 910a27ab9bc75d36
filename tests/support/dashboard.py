"""The dashboard in a real Chromium, before a real fleet service."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from kiosk_contracts.version import KIOSK_TOKEN_HEADER, OPS_TOKEN_HEADER
from tests.support.fleet import JOURNAL_ID, KIOSK_ID, RunningFleet, open_session
from tests.support.operators import OPS_TOKEN

CHROMIUM: Final = "chromium"
WIDE: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 360, "height": 740}
_VIOLATIONS: Final = """
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


def require_browser() -> str:
    """Return where Chromium is; skip where it is not, unless BROWSER_REQUIRED forbids it."""
    found = shutil.which(CHROMIUM)
    if found is not None:
        return found
    if os.environ.get("BROWSER_REQUIRED"):
        pytest.fail("chromium is missing; BROWSER_REQUIRED forbids to skip", pytrace=False)
    pytest.skip("chromium is missing: run `make test-dashboard` as root")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a Chromium."""
    path = require_browser()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Seen:
    """What a browser did that it must not do."""

    elsewhere: list[str] = field(default_factory=list)
    """Requests that left the origin."""
    errors: list[str] = field(default_factory=list)
    """What went wrong in scripts."""
    dialogs: list[str] = field(default_factory=list)


@dataclass
class Dashboard:
    """A page of the dashboard, and the fleet service behind it."""

    page: Page
    url: str
    fleet: RunningFleet
    http: aiohttp.ClientSession
    seen: Seen

    async def sign_in(self, token: str = OPS_TOKEN, *, place: str = "") -> None:
        """Open the page and sign in as people do; wait until all kiosks are there."""
        await self.page.goto(f"{self.url}/{place}")
        await self.page.get_by_label("Your operator token").fill(token)
        await self.page.keyboard.press("Enter")
        await self.page.locator("#nav").wait_for()

    async def all_there(self) -> None:
        """Return once all kiosks are listed."""
        await self.page.locator("#summary", has_text=" of ").wait_for()
        await self.page.locator("#summary:not(:has-text('being read'))").wait_for()

    async def kiosk(self) -> dict[str, str]:
        """Return what HB1 reports with."""
        return {KIOSK_TOKEN_HEADER: await open_session(self.http)}

    async def reports(self, headers: dict[str, str] | None = None, **told: Any) -> None:
        """Have HB1 report."""
        headers = headers or await self.kiosk()
        body = {
            "kiosk_id": KIOSK_ID,
            "journal_id": str(JOURNAL_ID),
            "epoch": 1,
            "agent_version": "0.7.2",
            "device_time": datetime.now(UTC).isoformat(),
            "last_sequence": 7,
            "queued": 0,
            "parked": 0,
            "quarantined": 0,
            "ui": {"source": "ecs", "image": "i"},
            **told,
        }
        async with self.http.post("/v1/heartbeats", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    async def asks(self, method: str, path: str, body: object = None) -> Any:
        """Ask as another operator would, with a token."""
        headers = {OPS_TOKEN_HEADER: OPS_TOKEN}
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            assert answer.status < 400, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None

    async def token(self, role: str, name: str, *, lasts_s: float = 86_400) -> str:
        """Return a new token of a role."""
        ends = (datetime.now(UTC) + timedelta(seconds=lasts_s)).isoformat()
        wanted = {"name": name, "role": role, "expires_at": ends}
        return str((await self.asks("POST", "/v1/ops/operator-tokens", wanted))["token"])

    async def violations(self) -> list[str]:
        """Return what the page's Content-Security-Policy has stopped."""
        found: list[str] = await self.page.evaluate("window.violations")
        return found


@asynccontextmanager
async def opened(
    browser: Browser,
    fleet: RunningFleet,
    http: aiohttp.ClientSession,
    *,
    url: str = "",
    **looks: Any,
) -> AsyncIterator[Dashboard]:
    """Open a browser window of its own; `looks`: of Playwright's new_context."""
    context = await browser.new_context(**{"viewport": WIDE, "locale": "en-GB", **looks})
    try:
        page, seen = await _watched(context, url or fleet.url)
        yield Dashboard(page, url or fleet.url, fleet, http, seen)
    finally:
        await context.close()


async def _watched(context: BrowserContext, url: str) -> tuple[Page, Seen]:
    seen = Seen()
    await context.add_init_script(_VIOLATIONS)
    page = await context.new_page()

    def asked(request: Any) -> None:
        if not request.url.startswith(f"{url}/"):
            seen.elsewhere.append(request.url)

    async def closed(dialog: Any) -> None:
        seen.dialogs.append(dialog.message)
        await dialog.dismiss()

    page.on("request", asked)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("dialog", closed)
    return page, seen
