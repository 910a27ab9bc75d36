"""Pictures of every screen: the real app at the real agent's API, one evening, always the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from textual.widgets import Digits

from kiosk_agent.ports.journal import JournalWriter
from kiosk_agent.services.kiosk import Kiosk
from kiosk_contracts.money import Money
from kiosk_contracts.ticket_code import TicketCode
from kiosk_contracts.uploads import ItemOutcome
from kiosk_texts import ENGLISH, money, spoken, time, tr, trn
from kiosk_ui.app import KioskApp
from kiosk_ui.looks import Look, in_words
from kiosk_ui.places import Place
from tests.support.clock import FakeClock
from tests.support.tickets import Signer
from tests.support.ui_picture import Picture, picture_of
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app

SIZES: Final = ((80, 24), (120, 40))
_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SHOWN_IN_LOOKS: Final = ("sell", "payment-cash", "admit-amber", "transactions-stuck")
"""What the documentation shows of the looks other than the standard one."""
SHOWN_IN_GERMAN: Final = ("sign-in", "events", "sell", "payment-cash", "ticket", "admit-green")
"""What it keeps of the screens in German."""
Judge = Callable[[KioskApp], None]
"""What looks at each screen of the evening."""
_NEXT_KEY: Final = Signer(2, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))


@dataclass
class Evening:
    """An evening at one kiosk; `pictures` has a picture of each screen by its name."""

    till: Till
    agent: Agent
    kiosk: Kiosk
    judge: "Judge"
    pictures: dict[str, Picture] = field(default_factory=dict)

    async def begin(self) -> None:
        """Sign in, open the shift."""
        self.agent.line.since_at = self.agent.clock.now()
        await self._keep("sign-in", tr("Who is at this kiosk?"), _start("ONLINE since {when}"))
        await self._type(*"2222", "enter")
        await self._keep("opening-float", tr("Count the drawer, then open your shift."))
        await self._type(*"100", "enter")
        await self._keep("events", "Tide & Timber", tr("shift opened"))

    async def check(self) -> None:
        """See that all is ready before doors open, but for the scanner, which nobody tried."""
        await self._type("f8")
        await self._keep("pre-show", _start("Ready to open doors; to look at: {things}."))
        await self._type("f8")
        await self._keep("keep-check", tr("Keep this check?"), tr("Manager's PIN"))
        await self._type("escape", "escape")

    async def sell(self) -> list[str]:
        """Sell two adults and a child; return the codes of the tickets."""
        await self._type("f2", "2", "down", "1")
        await self._keep("sell", tr("Total {amount}", amount=euros("31.00")))
        await self._type("f1")
        await self._keep("help", tr("Help: {title}", title=tr("sell")))
        await self._type("f1")
        await self._type("escape")
        await self._keep("ask", tr("Leave this sale?"))
        await self._type("escape", "enter", *"40")
        await self._keep("payment-cash", tr("Change: {amount}", amount=euros("9.00")))
        await self._type("f6", *"4021-7788")
        await self._keep("payment-card", "4021-7788")
        await self._type("f7", *"press")
        await self._keep("payment-complimentary", "press")
        await self._type("f5", *"40", "enter")
        await self._keep(
            "ticket", tr("Ticket {number} of {count}", number=1, count=3), euros("9.00")
        )
        sale = self.till.app.kiosk.desk.session.sale
        assert sale is not None
        return [ticket.code for ticket in sale.tickets]

    async def admit(self, codes: list[str]) -> None:
        """Let one in, refuse it the second time, and one whose key is not known yet."""
        await self._type("escape", "f3")
        await self._scan(codes[0])
        await self._keep("admit-green", f"{tr('GREEN')} · {tr('LET IN')}")
        await self._scan(codes[0])
        await self._keep("admit-red", f"{tr('RED')} · {tr('STOP')}")
        serial = TicketCode.decode(codes[1]).facts.serial
        await self._scan(_NEXT_KEY.code(serial))
        await self._keep("admit-amber", f"{tr('AMBER')} · {tr('ASK')}")
        await self._type("f8", *"ticket bought today")
        await self._keep("let-in", tr("Manager's PIN"))
        await self._type("escape")
        await self._type("1", "enter")
        await self._keep("admit-find", tr("Tickets found for “{text}”", text="1"))
        await self._type("escape", "f9")
        await self._keep("scanner", tr("Nobody has calibrated a scanner here."))
        await self._type("escape")

    async def sell_offline(self) -> None:
        """Lose the line, sell on, and look at what waits."""
        self.agent.line.up, self.agent.line.since_at = False, self.agent.clock.now()
        await self._catch_up()
        await self._type("escape")
        await self._type("f2", "1", "enter", "enter", "escape")
        await self._keep("offline", tr("{what} recorded offline", what=""))
        await self._type("f9")
        await self._keep("standing", _start("No line, since {when}"), tr("sells until"))
        await self._type("escape")
        await self._type("f4")
        await self._keep("transactions", tr("waiting to be sent"))
        await self._type("f8", *"wrong evening", "enter")
        await self._keep("void", tr("Manager's PIN"))
        await self._type("escape")

    async def put_right(self) -> None:
        """Look at the last sale, which the ticket API has refused, and at what can be done."""
        await self.agent.opened.journal.write(self._quarantine_last)
        await self._keep(
            "transactions-stuck",
            _start("for a manager: {reason}"),
            trn("{count} for a manager", "{count} for a manager", 1),
        )
        await self._type("enter")
        await self._keep("quarantine", tr("try again: it is sent once more and judged afresh"))
        await self._type("f6", *"customer waits at the box office", "enter")
        await self._keep("hand-over", tr("Manager's PIN"))
        await self._type("escape", "escape")

    async def restart_behind(self) -> None:
        """Come up from a restart with the clock an hour behind: selling waits for a manager."""
        self.agent.clock.boot = "boot-2"
        self.agent.clock.set_wall(self.agent.clock.now() - timedelta(hours=1))
        await self._type("escape")
        await self._keep("events-notes", tr("Confirm the time…"), tr("what is stuck"))
        await self._type("f2", "2")
        await self._keep("clock-behind", euros("12.50"), tr("Confirm the time…"))
        await self._type("f12", *"9999")
        await self._keep("clock", tr("Is this the right time?"))
        await self._type("enter")
        await self._keep("clock-confirmed", tr("The time is confirmed: selling goes on"))

    async def close_shift(self) -> None:
        """Look at the drawer, pay in, count, close; another person finds the drawer."""
        await self._type("escape", "f5")
        await self._keep("drawer", tr("Should be in the drawer"))
        await self._type("f7", *"30", "enter", *"to the safe", "enter")
        await self._keep("cash", tr("Pay cash out?"), tr("Manager's PIN"))
        await self._type("escape", "f8", "down", "down", "1", "down", "down", "2")
        await self._keep("count", euros("140.00"))
        await self._type("enter")
        await self._keep("closing", _start("Counted {amount}: {difference}. Close the shift?"))
        await self._type(*"not yet known", "enter")
        # Recorded before the hands move.
        await self.till.at(Place.Z_REPORT)
        await self._keep("z-report", f"{tr('Z report')} · Ana")
        await self._type("enter", *"9999", "enter")
        await self._keep("taking-over", euros("140.00"))
        await self._type("escape", "f5", "f4")
        await self._keep("shifts", tr("Difference"), "Ana")
        await self._type("enter")
        await self._keep("shift", f"{tr('Z report')} · Ana")
        await self._type("escape", "escape", "escape")

    async def lose_agent(self) -> None:
        """Show the screen after the agent has gone."""
        await self._keep("no-agent", _start("NO AGENT since {when}"))

    async def _type(self, *keys: str) -> None:
        await self.till.press(*keys)

    async def _scan(self, code: str) -> None:
        self.till.app.kiosk.announce(None)
        self.till.scan(code)
        await self.till.until(lambda: self.till.headline and self.till.settled)

    async def _keep(self, name: str, *words: str) -> None:
        """Keep a picture once the screen shows these words and the agent's latest status."""
        # What is still being recorded would come between two looks at the agent's status.
        await self.till.at_rest()
        if name != "no-agent":
            await self._catch_up()
        for said in words:
            await self.till.says(self._written(said))
        await self.till.until(self._ticked, "the time that it is now")
        await self.till.at_rest()
        self.judge(self.till.app)
        self.pictures[name] = picture_of(self.till.app)

    def _written(self, words: str) -> str:
        """Return words as the look writes them; of other languages two, which stay on one line."""
        if self.till.app.look is Look.PLAIN:
            words = in_words(words)
        if spoken() is not ENGLISH:
            words = " ".join(words.strip("⟦⟧ ").split(" ")[:2])
        return words.strip()

    def _ticked(self) -> bool:
        """Say whether a time that stands large on the screen is the present one."""
        now = time(self.till.app.kiosk.desk.clock.now())
        return all(shown.value == now for shown in self.till.app.screen.query(Digits))

    async def _catch_up(self) -> None:
        """Let seven seconds pass: what is unsent settles if there is a line, and the agent says so.

        The stream sleeps by the agent's clock, so it is asleep before the hands move.
        """
        if self.agent.line.up:
            await self.agent.opened.journal.write(self._settle_all)
        await self.agent.clock.wait_for_sleepers()
        self.agent.clock.advance(7)
        self.kiosk.changes.notify()
        now = await self.agent.desk.reports.status()
        link = self.till.app.kiosk.desk.link
        await self.till.until(lambda: link.status == now, "the agent's latest status")
        self.till.app.kiosk.announce(self.till.app.kiosk.notice)

    def _quarantine_last(self, writer: JournalWriter) -> None:
        outcome = ItemOutcome(txn_id=None, status="quarantined", code="serial_leased_elsewhere")
        sequence = writer.counts().last_sequence
        writer.quarantine(sequence, outcome, self.agent.clock.now())

    def _settle_all(self, writer: JournalWriter) -> None:
        for row in writer.begin_upload(100, 1 << 20):
            outcome = ItemOutcome(txn_id=None, status="settled")
            writer.settle(row.sequence, outcome, self.agent.clock.now())


async def take_pictures(
    folder: Path, size: tuple[int, int], look: Look, judge: Judge, locale: str
) -> dict[str, Picture]:
    """Return an SVG of every screen by name, as it looks at `size` columns and rows.

    `judge` sees the app at each of them.
    """
    clock = FakeClock()
    app = kiosk_app(folder / "ui.sock", AgentClock(clock), look, locale)
    async with app.run_test(size=size) as pilot:
        async with till_in(folder, clock, Signer(1, _KEY)) as agent:
            for event_id in ("tide", "quay"):
                await agent.opened.stock(20, event_id=event_id)
                kind, price = "child", "6.00"
                await agent.opened.stock(12, event_id=event_id, ticket_type_id=kind, price=price)
            evening = Evening(Till(app, pilot), agent, agent.desk.kiosk, judge)
            await agent.opened.journal.write(lambda writer: _synced(writer, clock))
            await evening.begin()
            await evening.check()
            await evening.admit(await evening.sell())
            await evening.sell_offline()
            await evening.put_right()
            await evening.restart_behind()
            await evening.close_shift()
        await evening.lose_agent()
        return evening.pictures


def _synced(writer: JournalWriter, clock: FakeClock) -> None:
    for what in ("keys", "gate_feed"):
        writer.note_synced(what, clock.now())


def signer_of_pictures() -> Signer:
    """Return who signs tickets in pictures, always the same."""
    return Signer(1, _KEY)


def euros(amount: str) -> str:
    """Return an amount in euros as it is shown."""
    return money(Money(amount=Decimal(amount), currency="EUR"))


def _start(text: str) -> str:
    """Return a text as it is said here, up to its first place."""
    return tr(text).partition("{")[0]
