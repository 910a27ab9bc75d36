"""One venue for all tests of a run; each test has hosts of its own in it."""

from collections.abc import Iterator

import pytest

from tests.support.venue.required import require_venue
from tests.support.venue.venue import Venue, venue_in


@pytest.fixture(scope="session")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    require_venue()
    with venue_in(tmp_path_factory.mktemp("venue")) as made:
        yield made
