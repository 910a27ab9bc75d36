"""A running ticket API for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.ticket_api import Caller, World, world
from tests.support.till import Till


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[World]:
    """Run a ticket API with one event."""
    async with world(tmp_path) as running:
        yield running


@pytest.fixture
def kiosk(api: World) -> Caller:
    """Return kiosk A's line."""
    return api.kiosk()


@pytest.fixture
def till() -> Till:
    """Return kiosk A's journal."""
    return Till()
