"""What a cashier does with the drawer, by keystrokes: cash in and out, reports, the count."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from demo.glass import Ack
from demo.season import CURRENCY, shown
from demo.till import Till

_PIECES: Final = (
    *(Decimal(value) for value in (500, 200, 100, 50, 20, 10, 5, 2, 1)),
    *(Decimal(cents) / 100 for cents in (50, 20, 10, 5, 2, 1)),
)
"""Notes and coins, as the Count screen lists them."""
_AMOUNT: Final = r"(-?€[\d,]+\.\d\d)"


class Drawer:
    """The drawer of the till whose cashier is signed in; each act begins and ends at Events."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._terminal = till.terminal

    async def pay_in(self, amount: str, reason: str) -> Ack:
        """Put cash into the drawer."""
        return await self._move("f6", "shift paid in", (amount, reason))

    async def pay_out(self, amount: str, reason: str, manager_pin: str) -> Ack:
        """Take cash out of the drawer, with a manager's PIN."""
        return await self._move("f7", "shift paid out", (amount, reason, manager_pin))

    async def read_x_report(self) -> Decimal:
        """Return what should be in the drawer, as the X report says."""
        await self._open()
        should = await self._amount("Should be in the drawer")
        await self._leave()
        return should

    async def close(self, counted: Decimal, reason: str) -> tuple[Ack, Decimal]:
        """Count the drawer and close the shift; return what the Z report says it should hold.

        Ends at the Z report. `reason` says why it is over or short, or is a remark.
        """
        await self._open()
        self._terminal.press("f8")
        await self._terminal.wait_for("In the drawer")
        self._type_pieces(counted)
        await self._terminal.wait_for(re.compile(rf"In the drawer +{re.escape(shown(counted))}"))
        self._terminal.press("enter")
        await self._terminal.wait_for(f"Counted {shown(counted)}")
        self._terminal.type(reason)
        self._terminal.press("enter")
        ack = await self._till.expect("shift closed")
        await self._terminal.wait_for("Z report")
        should = await self._amount("Should be in the drawer")
        await self._read("Over or short", "(exact|.* (?:over|short))")
        return ack, should

    async def sign_out(self) -> None:
        """Sign out from the Z report."""
        self._terminal.press("enter")
        await self._terminal.wait_for("PIN")

    async def _open(self) -> None:
        await self._till.at_events()
        self._terminal.press("f5")
        await self._terminal.wait_for("X report")

    async def _leave(self) -> None:
        self._terminal.press("escape")
        await self._till.at_events()

    async def _move(self, key: str, kind: str, answers: tuple[str, ...]) -> Ack:
        await self._open()
        self._terminal.press(key)
        await self._terminal.wait_for(f"Amount in {CURRENCY}")
        for answer in answers:
            self._terminal.type(answer)
            self._terminal.press("enter")
        ack = await self._till.expect(kind)
        await self._leave()
        return ack

    async def _amount(self, label: str) -> Decimal:
        """Return an amount of the report."""
        words = await self._read(label, _AMOUNT)
        return Decimal(words.replace("€", "").replace(",", ""))

    async def _read(self, label: str, value: str) -> str:
        """Return what the report says for a label, going on to where it stands."""
        pattern = re.compile(rf"{label} +{value}")
        if not pattern.search(self._terminal.text):
            self._terminal.press("down")
        found = await self._terminal.wait_until(
            lambda: pattern.search(self._terminal.text), f"“{label}” in the report"
        )
        return found[1]

    def _type_pieces(self, counted: Decimal) -> None:
        self._terminal.press("home")
        for pieces in _pieces(counted):
            if pieces:
                self._terminal.type(str(pieces))
            self._terminal.press("down")


def _pieces(amount: Decimal) -> Iterator[int]:
    """Yield how many of each note and coin make up an amount, the largest first."""
    for value in _PIECES:
        pieces = int(amount // value)
        amount -= pieces * value
        yield pieces
