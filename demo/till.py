"""What venue staff do at one kiosk, by keystrokes, as docs/ui.md says; and what they read there."""

import re
from typing import Final

from demo.glass import Ack, Glass, Refusal
from demo.plan import Basket, Pay, total_of
from demo.season import Season, shown
from demo.terminal import Terminal
from kiosk_contracts.ticket_code import TicketCode

_CART_BACK: Final = "… your cart is back"
_SIGN_IN_S: Final = 60


class Till(Glass):
    """A kiosk's UI and the person before it."""

    def __init__(
        self, terminal: Terminal, kiosk_id: str, season: Season, pin: str, manager_pin: str
    ) -> None:
        super().__init__(terminal, kiosk_id)
        self._season = season
        self._pin = pin
        self._manager_pin = manager_pin
        """Of whoever approves that tickets are given away."""

    async def see_cart_again(self, basket: Basket) -> None:
        """Wait until the till has gone back to the cart that was open, with the same total."""
        await self.terminal.wait_for(_CART_BACK, timeout_s=40)
        await self.terminal.wait_for(self._sure_total(basket))

    async def sign_in(self, opening_float: str | None = "100") -> None:
        """Type the PIN, and open a shift with a float; None at a gate, where there is no drawer."""
        terminal = self.terminal
        await terminal.wait_for("PIN", timeout_s=_SIGN_IN_S)
        await self.see_line("ONLINE", timeout_s=_SIGN_IN_S)
        terminal.type(self._pin)
        terminal.press("enter")
        if opening_float is not None:
            await terminal.wait_for(re.compile("(?i)opening float"))
            terminal.type(opening_float)
            terminal.press("enter")
            await self.expect("shift opened")
        await self.at_events()

    async def at_events(self) -> None:
        """Wait until the Events screen shows every event."""
        for event in self._season.events:
            await self.terminal.wait_for(event.name)
        await self.terminal.wait_for("F10")

    async def sell(self, basket: Basket, *, hand_over: bool = True) -> Ack:
        """Sell a basket and come back to Events; `hand_over` False stays at the tickets."""
        await self.ring_up(basket)
        await self.start_payment()
        await self.tender(basket)
        ack = await self.complete()
        if hand_over:
            await self.leave_tickets()
        return ack

    async def ring_up(self, basket: Basket) -> None:
        """Open a cart with the basket; the screen shows its total."""
        await self.open_sell(basket.event)
        for type_index, quantity in basket.quantities:
            await self.terminal.wait_for(self._for_sale(basket.event, type_index))
            await self._set_quantity(type_index, quantity)
        if basket.reduced:
            await self._choose_concession(basket.event)
            self.terminal.type(str(basket.reduced))
        await self.terminal.wait_for(self._sure_total(basket))

    async def open_sell(self, event_index: int) -> None:
        """Choose an event and go to its Sell screen."""
        await self.at_events()
        self.terminal.press("home", *["down"] * event_index, "f2")
        await self.terminal.wait_for("0 tickets")

    async def start_payment(self) -> None:
        """Go from the cart to Payment."""
        self.terminal.press("enter")
        await self.terminal.wait_for("F7")

    async def tender(self, basket: Basket) -> None:
        """Type how the customer pays; Enter comes with `complete`."""
        match basket.pay:
            case Pay.EXACT_CASH:
                return
            case Pay.CASH:
                self.terminal.press("f5")
                self.terminal.type(basket.given)
            case Pay.CARD:
                self.terminal.press("f6")
                self.terminal.type(basket.words)
            case Pay.COMPLIMENTARY:
                self.terminal.press("f7")
                self.terminal.type(basket.words)
                self.terminal.press("enter")
                self.terminal.type(self._manager_pin)
            case Pay.SPLIT:
                self.terminal.type(basket.given)
                self.terminal.press("f9")
                await self.terminal.wait_for("Still to pay")
                self.terminal.type(basket.words)

    async def complete(self) -> Ack:
        """Press Enter on Payment and read what the till says."""
        self.terminal.press("enter")
        return await self.expect("sale")

    async def read_tickets(self, count: int) -> list[str]:
        """Scan the QR code of each ticket of the sale at hand, off the screen."""
        codes: list[str] = []
        for index in range(count):
            if index:
                self.terminal.press("right")
            codes.append(await self._next_code(codes))
        return codes

    async def leave_tickets(self) -> None:
        """Go back from the tickets to Events."""
        self.terminal.press("escape")
        await self.at_events()

    async def try_small_type(self, event_index: int, type_index: int, quantity: int) -> Ack | None:
        """Sell some of a type; None if the till refuses, with the cart left again."""
        await self.open_sell(event_index)
        await self._set_quantity(type_index, quantity)
        basket = Basket(event_index, ((type_index, quantity),))
        total = self._sure_total(basket)
        await self.terminal.wait_until(
            lambda: total.search(self.terminal.text) or self.new_refusal(), "a total or a refusal"
        )
        if not total.search(self.terminal.text):
            await self.answer("sale")
            self.terminal.press("escape")
            await self.at_events()
            return None
        await self.start_payment()
        ack = await self.complete()
        await self.leave_tickets()
        return ack

    async def open_gate(self, event_index: int) -> None:
        """Go from Events to the gate of an event."""
        await self.at_events()
        self.terminal.press("home", *["down"] * event_index, "f3")
        await self.terminal.wait_for("letting in")

    async def admit(self, code: str) -> Ack | Refusal:
        """Scan a ticket at the gate and read the verdict."""
        return await self._present(code, "admission", "LET IN")

    async def face(self, way: str) -> None:
        """Let people `in` or `OUT` at the gate from now on, if it does not already."""
        if f"letting {way}" not in self.terminal.text:
            self.terminal.press("f6")
            await self.terminal.wait_for(f"letting {way}")

    async def let_out(self, code: str) -> Ack | Refusal:
        """Scan a ticket whose holder leaves, and read the verdict."""
        return await self._present(code, "exit", "LET OUT")

    async def leave_gate(self) -> None:
        """Go back from the gate to Events."""
        self.terminal.press("escape")
        await self.at_events()

    async def void(self, receipt: str, manager_pin: str) -> Ack:
        """Void the newest transaction, a sale with this receipt number, and go back to Events."""
        await self.at_events()
        self.terminal.press("f4")
        await self.terminal.wait_for(receipt)
        self.terminal.press("home", "f8")
        await self.terminal.wait_for(re.compile("(?i)reason"))
        self.terminal.type("wrong evening")
        self.terminal.press("enter")
        await self.terminal.wait_for(re.compile("(?i)manager.?s pin"))
        self.terminal.type(manager_pin)
        self.terminal.press("enter")
        ack = await self.expect("void")
        self.terminal.press("escape")
        await self.at_events()
        return ack

    async def sign_out(self) -> None:
        """Sign out from Events."""
        await self.at_events()
        self.terminal.press("f10")
        await self.terminal.wait_for("PIN")

    async def _present(self, code: str, kind: str, green: str) -> Ack | Refusal:
        """Scan a code; the next one is not held there before the panel shows this verdict."""
        self.terminal.scan(code)
        answer = await self.answer(kind)
        verdict = f"GREEN · {green}" if isinstance(answer, Ack) else "(?:AMBER|RED) · [A-Z]+"
        serial = TicketCode.decode(code).facts.serial
        await self.terminal.wait_for(re.compile(rf"{verdict}\s+{serial}\b"))
        return answer

    async def _next_code(self, seen: list[str]) -> str:
        while True:
            code = await self.terminal.read_qr()
            if code not in seen:
                return code
            await self.terminal.next_output()

    async def _set_quantity(self, type_index: int, quantity: int) -> None:
        self.terminal.press("home", *["down"] * type_index)
        self.terminal.type(str(quantity))

    async def _choose_concession(self, event_index: int) -> None:
        """Choose the first type's first concession; the screen says what to ask for."""
        concession = self._season.events[event_index].price_list.terms().concessions[0]
        self.terminal.press("home", "f5")
        await self.terminal.wait_for(f"Ask for: {concession.proof}")

    def _for_sale(self, event_index: int, type_index: int) -> re.Pattern[str]:
        """Return how the screen shows a type that the kiosk has: name, price, left."""
        event = self._season.events[event_index]
        ticket_type = event.ticket_types[type_index]
        price = event.price_list.prices[ticket_type.ticket_type_id]
        return re.compile(
            rf"{re.escape(ticket_type.name)} +{re.escape(shown(price.amount))} +[1-9]"
        )

    def _sure_total(self, basket: Basket) -> re.Pattern[str]:
        """Return what the screen shows once the agent holds the basket: no `…` before the total."""
        total = total_of(basket, self._season)
        return re.compile(rf"(?<!… )Total {re.escape(shown(total.amount))}")
