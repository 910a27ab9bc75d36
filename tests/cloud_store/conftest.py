"""Each adapter of the store in turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_store.port import Store
from tests.support.stores import ADAPTERS, Opener


@pytest.fixture(params=sorted(ADAPTERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Return what opens the test's store."""
    if request.param == "dynamodb":
        request.getfixturevalue("dynamodb")
    return ADAPTERS[request.param](tmp_path)


@pytest.fixture
async def store(opener: Opener) -> AsyncIterator[Store]:
    """Open the test's store."""
    async with opener() as opened:
        yield opened
