"""A stand-in agent, and a till at it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, open_till


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[UiAgent]:
    async with UiAgent(tmp_path / "ui.sock") as running:
        yield running


@pytest.fixture
async def till(agent: UiAgent) -> AsyncIterator[Till]:
    async with open_till(agent) as opened:
        yield opened
