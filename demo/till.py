"""What venue staff do at one kiosk, by keystrokes, as docs/ui.md says; and what they read there."""

import re
from dataclasses import dataclass
from typing import Final

from demo.plan import Basket, Pay
from demo.season import Season
from demo.terminal import Terminal

ACK: Final = re.compile(
    r"✔ #(\d+) (sale|void|admission|exit|shift opened)(?: (\S+))? recorded (online|offline)"
)
_REFUSED: Final = re.compile(
    r"^ [✖▲] [^\n]*(?:\n +(?!ONLINE|OFFLINE|NO AGENT)[^\n]+)*", re.MULTILINE
)
"""A refusal and its details. The gate shows its verdict above; the message line is the last."""
_LINE_STATUS: Final = re.compile(r"(ONLINE|OFFLINE|NO AGENT) since[^\n]*")
_UNSENT: Final = re.compile(r"· (\d+) unsent")
_WAITING: Final = re.compile(r"^ ?(… [^\n]*)", re.MULTILINE)
_CART_BACK: Final = "… your cart is back"
_SIGN_IN_S: Final = 60


@dataclass(frozen=True, slots=True)
class Ack:
    """`✔ #…`: a transaction that the till says is recorded."""

    text: str
    sequence: int
    kind: str
    subject: str
    """Receipt number or serial; empty for a shift."""
    offline: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """`✖ …` or `▲ …`, with its details."""

    text: str


class RefusedError(Exception):
    """The till refused what the story counts on."""


class Till:
    """A kiosk's UI and the person before it."""

    def __init__(self, terminal: Terminal, kiosk_id: str, season: Season, pin: str) -> None:
        self.terminal = terminal
        self.kiosk_id = kiosk_id
        self.acks: list[Ack] = []
        self.refusals: list[Refusal] = []
        self._season = season
        self._pin = pin

    # What the screen says

    @property
    def recorded(self) -> int:
        """How many transactions this till has acknowledged."""
        return len(self.acks)

    @property
    def last_message(self) -> str:
        """The answer that stands on the screen; empty if there is none."""
        text = self.terminal.text
        found = ACK.search(text) or _REFUSED.search(text) or _WAITING.search(text)
        return found.group(0).strip().partition("\n")[0] if found else ""

    @property
    def line_status(self) -> str:
        """The line status as the screen shows it now; empty before there is one."""
        found = _LINE_STATUS.search(self.terminal.text)
        return found.group(0).strip() if found else ""

    @property
    def unsent(self) -> int | None:
        """How many transactions the till says are unsent; None where it does not say."""
        found = _UNSENT.search(self.line_status)
        return int(found.group(1)) if found else None

    async def see_line(self, state: str, timeout_s: float = 30) -> None:
        """Wait until the line status begins with `state`: ONLINE, OFFLINE or NO AGENT."""
        await self.terminal.wait_until(
            lambda: self.line_status.startswith(state), f"the line status {state}", timeout_s
        )

    async def see_all_sent(self, timeout_s: float = 60) -> None:
        """Wait until nothing is unsent."""
        await self.terminal.wait_until(
            lambda: self.unsent == 0 and self.line_status.startswith("ONLINE"),
            "ONLINE with 0 unsent",
            timeout_s,
        )

    async def see_cart_again(self, basket: Basket) -> None:
        """Wait until the till has gone back to the cart that was open, with the same total."""
        await self.terminal.wait_for(_CART_BACK, timeout_s=40)
        await self.terminal.wait_for(self._sure_total(basket))

    # What the person does

    async def sign_in(self) -> None:
        """Type the PIN, and open a shift with a float."""
        terminal = self.terminal
        await terminal.wait_for("PIN", timeout_s=_SIGN_IN_S)
        await self.see_line("ONLINE", timeout_s=_SIGN_IN_S)
        terminal.type(self._pin)
        terminal.press("enter")
        await terminal.wait_for(re.compile("(?i)opening float"))
        terminal.type("100")
        terminal.press("enter")
        await self._expect("shift opened")
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
        await self.tender(basket.pay)
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

    async def tender(self, pay: Pay) -> None:
        """Type how the customer pays; Enter comes with `complete`."""
        match pay:
            case Pay.EXACT_CASH:
                return
            case Pay.CASH:
                self.terminal.press("f5")
                self.terminal.type("500")
            case Pay.CARD:
                self.terminal.press("f6")
                self.terminal.type("4021-7788")
            case Pay.COMPLIMENTARY:
                self.terminal.press("f7")
                self.terminal.type("sponsor")

    async def complete(self) -> Ack:
        """Press Enter on Payment and read what the till says."""
        self.terminal.press("enter")
        return await self._expect("sale")

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
            lambda: total.search(self.terminal.text) or self._new_refusal(), "a total or a refusal"
        )
        if not total.search(self.terminal.text):
            await self._answer("sale")
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
        self.terminal.scan(code)
        return await self._answer("admission")

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
        ack = await self._expect("void")
        self.terminal.press("escape")
        await self.at_events()
        return ack

    async def sign_out(self) -> None:
        """Sign out from Events."""
        await self.at_events()
        self.terminal.press("f10")
        await self.terminal.wait_for("PIN")

    # How answers are told from what stood there before

    async def _expect(self, kind: str) -> Ack:
        answer = await self._answer(kind)
        if isinstance(answer, Refusal):
            raise RefusedError(
                f"{self.kiosk_id} refused a {kind}: {answer.text}\n{self.terminal.text}"
            )
        return answer

    async def _answer(self, kind: str) -> Ack | Refusal:
        def new_answer() -> Ack | Refusal | None:
            return self._new_ack(kind) or self._new_refusal()

        answer: Ack | Refusal = await self.terminal.wait_until(
            new_answer, f"an answer to a {kind}", 60
        )
        self._note(answer)
        return answer

    def forget(self, ack: Ack) -> None:
        """Stop counting an answer that sabotage made untrue: its number comes again."""
        self.acks.remove(ack)

    def _note(self, answer: Ack | Refusal) -> None:
        if isinstance(answer, Ack):
            self.acks.append(answer)
        else:
            self.refusals.append(answer)

    def _new_ack(self, kind: str) -> Ack | None:
        newest = max((ack.sequence for ack in self.acks), default=0)
        found = ACK.search(self.terminal.text)
        if found is None or found[2] != kind or int(found[1]) <= newest:
            return None
        return Ack(found[0], int(found[1]), found[2], found[3] or "", found[4] == "offline")

    def _new_refusal(self) -> Refusal | None:
        """Return a refusal other than the last: that one may stand until the next act.

        Its details are compared too, and one that is drawn in part is taken for the whole.
        """
        found = _REFUSED.findall(self.terminal.text)
        if not found:
            return None
        text = " ".join(found[-1].split())
        last = self.refusals[-1].text if self.refusals else ""
        if last and (last.startswith(text) or text.startswith(last)):
            return None
        return Refusal(text)

    async def _next_code(self, seen: list[str]) -> str:
        while True:
            code = await self.terminal.read_qr()
            if code not in seen:
                return code
            await self.terminal.next_output()

    async def _set_quantity(self, type_index: int, quantity: int) -> None:
        self.terminal.press("home", *["down"] * type_index)
        self.terminal.type(str(quantity))

    def _for_sale(self, event_index: int, type_index: int) -> re.Pattern[str]:
        """Return how the screen shows a type that the kiosk has: name, price, left."""
        event = self._season.events[event_index]
        ticket_type = event.ticket_types[type_index]
        price = event.price_list.prices[ticket_type.ticket_type_id]
        return re.compile(rf"{re.escape(ticket_type.name)} +{re.escape(str(price))} +[1-9]")

    def _sure_total(self, basket: Basket) -> re.Pattern[str]:
        """Return what the screen shows once the agent holds the basket: no `…` before the total."""
        event = self._season.events[basket.event]
        amounts = [
            event.price_list.prices[event.ticket_types[type_index].ticket_type_id] * quantity
            for type_index, quantity in basket.quantities
        ]
        total = sum(amounts[1:], start=amounts[0])
        return re.compile(rf"(?<!… )Total {re.escape(str(total))}")
