"""The line of those whose proof is judged: what that costs is bounded, and each has a turn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fleet_service.api.senders import Sender
from fleet_service.places import NoPlaceError, Places, Turn
from fleet_service.sessions.refusing import not_judged


@asynccontextmanager
async def turn_of(places: Places, kiosk_id: str, sender: Sender) -> AsyncIterator[Turn]:
    """Have a turn while the block runs; raises ProblemError 503 `upstream_busy` before that.

    That it is this kiosk nobody knows yet. So whoever comes from elsewhere in the same name does
    not stand between: they have turns, one after the other.
    """
    try:
        async with places.place(kiosk_id, sender.address, is_gone=sender.is_gone) as turn:
            yield turn
    except NoPlaceError as error:
        raise not_judged(
            "Too many proofs are being judged", "The proof was not looked at.", error.again_s
        ) from None
