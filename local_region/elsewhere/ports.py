"""Who answers for services that the region does not serve itself."""

from typing import Protocol

from aiohttp import web

from local_region.wire.errors import AwsError
from local_region.wire.received import Received


class Elsewhere(Protocol):
    """Answers for other services."""

    async def answer(self, received: Received) -> web.Response:
        """Return an answer; raises AwsError for a service that nobody serves."""
        ...


class Nowhere:
    """Nobody else serves anything."""

    async def answer(self, received: Received) -> web.Response:
        """Refuse; always raises AwsError."""
        raise unserved(received)


def unserved(received: Received) -> AwsError:
    """Return the error for a request that is for no service known here."""
    header = received.header("X-Amz-Target")
    if header is not None:
        return AwsError("UnknownOperationException", f"local_region serves nothing for {header}")
    return AwsError("MissingAction", "local_region knows no service that this is for")
