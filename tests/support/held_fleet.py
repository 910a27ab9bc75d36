"""A fleet service that holds in the middle of opening a venue, so that it can be killed there.

It says `holding` on standard output when it has begun, and never ends it.
"""

import asyncio
import sys

from fleet_service.__main__ import main
from fleet_service.venues.service import Venues
from kiosk_contracts.venues import Venue, VenueStanding


async def _hold(_self: Venues, _venue: Venue) -> VenueStanding:
    print("holding", flush=True)  # noqa: T201  the protocol
    await asyncio.Event().wait()
    raise AssertionError


if __name__ == "__main__":
    Venues.put = _hold  # type: ignore[method-assign]
    sys.exit(main())
