"""Where the store is, if the environment asks for another than a file."""

import os

import pytest


@pytest.fixture(autouse=True)
def _store_asked_for(request: pytest.FixtureRequest) -> None:
    if os.environ.get("FLEET_STORE") == "dynamodb":
        request.getfixturevalue("dynamodb")
