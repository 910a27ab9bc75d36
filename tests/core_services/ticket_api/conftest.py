"""A running ticket API for each test; on both stores where the store itself is what matters."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.ticket_api import Caller, World, world
from tests.support.ticket_store import on_a_table
from tests.support.till import Till

ON_BOTH = frozenset({"test_ids_and_chain.py", "test_racing.py", "test_what_one_store_sees.py"})
"""What the store alone can enforce: uniqueness, and who is first. `make test-dynamodb` runs all the
others on a table, too."""

ON_A_FILE = "test_full_store.py"
"""A table has no disk."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the store of each test."""
    if metafunc.definition.path.name in ON_BOTH and not on_a_table():
        metafunc.parametrize("ticket_store", ["sqlite", "dynamodb"], indirect=True)


@pytest.fixture(autouse=True)
def ticket_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead to DynamoDB whoever is to use it."""
    if getattr(request, "param", "") == "dynamodb":
        monkeypatch.setenv("TICKET_STORE", "dynamodb")
    if request.path.name == ON_A_FILE:
        monkeypatch.delenv("TICKET_STORE", raising=False)
    if on_a_table():
        request.getfixturevalue("dynamodb")


@pytest.fixture
async def api(tmp_path: Path, ticket_store: None) -> AsyncIterator[World]:  # noqa: ARG001
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
