"""The evening, played by keystrokes: two tills sell through an outage, a gate lets people in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from demo.drawer import Drawer
from demo.evening.book import DrawerBook
from demo.evening.codes import Codes, forged
from demo.evening.plan import Customer, Fate, Phase, SalesPlan
from demo.evening.scans import LETS_PASS, Scan, ScanKind
from demo.evening.venue import GATE, TILLS
from demo.evidence import facts_heard
from demo.glass import Ack, Refusal, RefusedError
from demo.journal_faults import JournalFault
from demo.ledger_watch import LedgerWatch
from demo.live import Board
from demo.stack import Stack
from demo.stage import must_pass, must_stop, together
from demo.till import Till

_HEARD_S: Final = 60
_SAY_EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class EveningPlan:
    """All that the seed decides."""

    sales: SalesPlan
    scans: tuple[Scan, ...]


class Evening:
    """One evening. `board` says what is played; `stack` is what it is played on."""

    def __init__(
        self,
        stack: Stack,
        board: Board,
        ledger: LedgerWatch,
        plan: EveningPlan,
        kiosks: Sequence[Till],
    ) -> None:
        self.stack = stack
        self.board = board
        self.ledger = ledger
        self.plan = plan
        self.tills = kiosks[:TILLS]
        self.gate = kiosks[GATE]
        self.drawers = [Drawer(till) for till in self.tills]
        self.books = [
            DrawerBook(drawer.opening_float, stack.season) for drawer in plan.sales.drawers
        ]
        self.codes = Codes(scan.ticket for scan in plan.scans)
        self._sold = [0] * TILLS
        self._scanned = 0
        self._voided_tickets = 0

    async def all_acts(self) -> None:
        """Play everything."""
        self.board.begin_act("open", "Doors open: two cashiers with their floats, and a gate")
        await together(*map(self._open_till, range(TILLS)), self.gate.sign_in(None))
        await self.gate.open_gate(0)
        await together(self._at_the_tills(), self._scan_all(but=ScanKind.VOIDED))
        await self._try_voided()
        await self._close()

    async def _at_the_tills(self) -> None:
        self.board.begin_act("doors", "Both tills sell with a line, the gate lets people in")
        await together(*(self._sell_all(till, Phase.DOORS) for till in range(TILLS)))
        await together(*map(self._pay_in, range(TILLS)))
        await self.stack.line("cut")
        self.board.set_line("cut")
        self.board.begin_act("cut", "The line to the cloud is cut; tills and gate go on")
        await together(*map(self._sell_offline, range(TILLS)))
        self.board.begin_act("line-back", "The line comes back; all drains while sales go on")
        already_lost = await self.stack.answers_lost()
        await self.stack.line("lose-answers", "1")
        await self.stack.line("up")
        self.board.set_line("up")
        await together(*(self._sell_all(till, Phase.BACK) for till in range(TILLS)))
        await self.stack.line("wait", "lose-answers", str(already_lost + 1))

    async def _sell_offline(self, number: int) -> None:
        await self.tills[number].see_line("OFFLINE")
        await self._sell_all(number, Phase.OUTAGE)
        await self._pay_out(number)
        await self._compare_x_report(number)

    async def _open_till(self, number: int) -> None:
        await self.tills[number].sign_in(self.plan.sales.drawers[number].opening_float)

    # At a till

    async def _sell_all(self, number: int, phase: Phase) -> None:
        for customer in self.plan.sales.phases[number][phase]:
            await self._serve(number, customer)
            self._sold[number] += 1
            self._say_progress()

    async def _serve(self, number: int, customer: Customer) -> None:
        till, book = self.tills[number], self.books[number]
        if customer.fate is Fate.KILLED:
            ack = await self._sell_killed(number, customer)
        else:
            ack = await till.sell(customer.basket, hand_over=False)
        book.sold(customer.basket)
        wanted = self.codes.wanted_of(number, self._sold[number])
        self.codes.read(number, self._sold[number], await till.read_tickets(wanted))
        await till.leave_tickets()
        if customer.fate is Fate.VOIDED:
            await till.void(ack.subject, self.stack.kiosks[number].manager.pin)
            book.voided(customer.basket)
            self._voided_tickets += customer.basket.tickets

    async def _sell_killed(self, number: int, customer: Customer) -> Ack:
        """Kill the agent between commit and answer; its next run answers the same sale."""
        self.board.begin_act("kill", "A till's agent is killed in the middle of a sale")
        kiosk, till = self.stack.kiosks[number], self.tills[number]
        self.stack.arm(kiosk, JournalFault.DIE_AFTER_COMMIT)
        await till.ring_up(customer.basket)
        await till.start_payment()
        await till.tender(customer.basket)
        answer = asyncio.create_task(till.complete())
        await self.stack.agent_died(kiosk, JournalFault.DIE_AFTER_COMMIT)
        await till.see_line("NO AGENT")
        await self.stack.start_agent(kiosk)
        return await answer

    async def _pay_in(self, number: int) -> None:
        amount = self.plan.sales.drawers[number].paid_in
        await self.drawers[number].pay_in(amount, "change, office")
        self.books[number].moved(amount, into=True)

    async def _pay_out(self, number: int) -> None:
        amount = self.plan.sales.drawers[number].paid_out
        manager = self.stack.kiosks[number].manager
        await self.drawers[number].pay_out(amount, "to the safe", manager.pin)
        self.books[number].moved(amount, into=False)

    async def _compare_x_report(self, number: int) -> None:
        should = await self.drawers[number].read_x_report()
        self._compare(number, "X report", should)

    async def _close_shift(self, number: int) -> None:
        book, off = self.books[number], self.plan.sales.drawers[number].off
        reason = "nobody knows" if off else "as it should be"
        _, should = await self.drawers[number].close(book.must_hold + off, reason)
        self._compare(number, "Z report", should)
        await self.drawers[number].sign_out()

    def _compare(self, number: int, report: str, should: object) -> None:
        there = self.books[number].must_hold
        if should != there:
            till = self.tills[number]
            raise RefusedError(
                f"{till.kiosk_id}'s {report} says that {should} should be in the drawer; by what"
                f" was handed over its counter {there} is.\n{till.terminal.text}"
            )

    # At the gate

    async def _scan_all(self, *, but: ScanKind) -> None:
        for scan in self.plan.scans:
            if scan.kind is not but:
                await self._scan(scan)

    async def _scan(self, scan: Scan) -> None:
        code = await self.codes.of(scan.ticket)
        if scan.kind is ScanKind.FORGED:
            code = forged(code)
        answer = await self._present(code, outwards=scan.kind is ScanKind.EXIT)
        (must_pass if scan.kind in LETS_PASS else must_stop)(answer)
        self._scanned += 1
        self._say_progress()

    async def _present(self, code: str, *, outwards: bool) -> Ack | Refusal:
        await self.gate.face("OUT" if outwards else "in")
        return await (self.gate.let_out(code) if outwards else self.gate.admit(code))

    async def _try_voided(self) -> None:
        self.board.begin_act("voided", "Voided tickets are tried at the gate, which knows by now")
        kiosks = (*self.tills, self.gate)
        await together(*(kiosk.see_all_sent() for kiosk in kiosks))
        passed = sum(ack.kind in {"admission", "exit"} for ack in self.gate.acks)
        await self._gate_has_heard(passed + self._voided_tickets)
        for scan in self.plan.scans:
            if scan.kind is ScanKind.VOIDED:
                await self._scan(scan)

    async def _gate_has_heard(self, facts: int) -> None:
        """Wait until the gate's agent has heard of so many admissions, exits and voids."""
        log = self.stack.log_of(self.stack.kiosks[GATE])
        # The screen's clock ticks, so the log is looked at every second.
        await self.gate.terminal.wait_until(
            lambda: facts_heard(log) >= facts,
            f"a clock, by which its agent had heard of {facts} admissions, exits and voids",
            _HEARD_S,
        )

    # The end

    async def _close(self) -> None:
        self.board.begin_act("close", "The drawers are counted, the shifts closed; all sign out")
        await self.gate.leave_gate()
        await together(*map(self._close_shift, range(TILLS)), self.gate.sign_out())
        kiosks = (*self.tills, self.gate)
        await self.ledger.until(sum(kiosk.recorded for kiosk in kiosks))

    def _say_progress(self) -> None:
        sold = sum(self._sold)
        total = sum(len(self.plan.sales.customers(till)) for till in range(TILLS))
        words = f"{sold} of {total} sales, {self._scanned} of {len(self.plan.scans)} scans"
        self.board.say_progress(words, aloud=(sold + self._scanned) % _SAY_EVERY == 0)
