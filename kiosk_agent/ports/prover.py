"""What proves to the fleet service who this kiosk is."""

from collections.abc import Awaitable, Callable
from typing import Protocol


class Prover(Protocol):
    """One way of proving it."""

    async def prove(self, nonce: Callable[[], Awaitable[str]]) -> dict[str, str]:
        """Return a proof for one session, by its scheme; `nonce` asks the fleet service for one.

        Raises FleetError if there is none, or if the fleet service did not answer.
        """
        ...
