"""Ticket codes on their way from the tills' screens to the gate."""

import asyncio
from collections.abc import Iterable
from typing import Final

from demo.evening.plan import TicketRef

_LAST_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Codes:
    """Codes as the tills' screens showed them; the gate waits for those that come later."""

    def __init__(self, wanted: Iterable[TicketRef]) -> None:
        self._codes: dict[TicketRef, asyncio.Future[str]] = {
            ticket: asyncio.get_running_loop().create_future() for ticket in wanted
        }

    def wanted_of(self, till: int, sale: int) -> int:
        """Return how many tickets of a sale must be read, from the first on."""
        wanted = [ref.ticket for ref in self._codes if (ref.till, ref.sale) == (till, sale)]
        return max(wanted, default=-1) + 1

    def read(self, till: int, sale: int, codes: Iterable[str]) -> None:
        """Take the codes of a sale's tickets, in their order."""
        for number, code in enumerate(codes):
            waiting = self._codes.get(TicketRef(till, sale, number))
            if waiting is not None:
                waiting.set_result(code)

    async def of(self, ticket: TicketRef) -> str:
        """Return a ticket's code as soon as its till has sold it."""
        return await self._codes[ticket]


def forged(code: str) -> str:
    """Return the code with another signature, as somebody would make it who has no key."""
    last = _LAST_DIGITS.index(code[-1])
    return code[:-1] + _LAST_DIGITS[(last + 1) % len(_LAST_DIGITS)]
