"""A region for each test."""

from collections.abc import Iterator

import pytest

from tests.support.region import RunningRegion, running_region


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    """Serve a region that nobody has touched."""
    with running_region() as running:
        yield running
