"""One Chromium for all tests of the dashboard, and a night of its own for each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from tests.support.dashboard import Dashboard, chromium, opened
from tests.support.dashboard_night import bad_night, night_service


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def dashboard(browser: Browser, tmp_path: Path) -> AsyncIterator[Dashboard]:
    """Return a window before a bad night, where nobody has signed in yet."""
    async with (
        night_service(tmp_path, bad_night()) as (fleet, http),
        opened(browser, fleet, http) as shown,
    ):
        await shown.reports()
        yield shown
