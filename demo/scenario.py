"""The main job, played by keystrokes at two kiosks: online, through an outage, and back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from demo.evidence import tamper_with_unsent_sale
from demo.glass import RefusedError
from demo.journal_faults import JournalFault
from demo.ledger_watch import LedgerWatch
from demo.live import Board
from demo.plan import Basket, OfflineAct, Plan, small_type_index
from demo.stack import Sabotage, Stack
from demo.stage import must_pass, must_stop, together
from demo.till import Till


class Play:
    """One run of the story. `board` says what is played; `stack` is what it is played on."""

    def __init__(
        self,
        stack: Stack,
        board: Board,
        ledger: LedgerWatch,
        plan: Plan,
        tills: Sequence[Till],
    ) -> None:
        self.stack = stack
        self.board = board
        self.ledger = ledger
        self.plan = plan
        first, second = tills
        self.tills = (first, second)
        self.codes: tuple[list[str], list[str]] = ([], [])
        """Ticket codes of tonight's show, read off each till's screen."""

    async def all_acts(self) -> None:
        """Play everything, in the plan's order."""
        await self.open_up()
        await self.sell_online()
        await self.cut_the_line()
        acts: Mapping[OfflineAct, Callable[[], Awaitable[None]]] = {
            OfflineAct.KILL_DURING_SALE: self.kill_during_sale,
            OfflineAct.KILL_WITH_CART: self.kill_with_cart,
            OfflineAct.SELL_OUT: self.sell_out,
            OfflineAct.VOID: self.void,
            OfflineAct.GATES: self.admit_offline,
        }
        for act in self.plan.acts:
            await acts[act]()
        await self.restore_the_line()
        await self.close_up()

    async def open_up(self) -> None:
        """Both cashiers sign in and open their shifts."""
        self.board.begin_act("open", "The box office opens: two tills, two cashiers, two floats")
        await together(*(till.sign_in() for till in self.tills))

    async def sell_online(self) -> None:
        """Sell with a line; lose the answer to one upload; admit one ticket."""
        self.board.begin_act(
            "online", "Selling online; the answer to one upload is lost on the way"
        )
        first, second = self.tills
        await together(self._sell_with_lost_answer(), self._sell_all(second, self.plan.online[1]))
        code = self.codes[0][0]
        await second.open_gate(0)
        must_pass(await second.admit(code))
        await second.leave_gate()
        await first.see_all_sent()

    async def cut_the_line(self) -> None:
        """Cut the line; both tills notice and sell on."""
        self.board.begin_act("cut", "The line to the cloud is cut; both tills go on selling")
        await self.stack.line("cut")
        self.board.set_line("cut")
        await together(*(till.see_line("OFFLINE") for till in self.tills))
        await together(
            *(
                self._sell_and_keep_codes(number, baskets)
                for number, baskets in enumerate(self.plan.offline)
            )
        )

    async def kill_during_sale(self) -> None:
        """Kill the agent between commit and answer; its next run answers the same sale."""
        self.board.begin_act(
            OfflineAct.KILL_DURING_SALE,
            "The first till's agent is killed after a sale is on disk, before it could answer",
        )
        kiosk, till = self.stack.kiosks[0], self.tills[0]
        self.stack.arm(kiosk, JournalFault.DIE_AFTER_COMMIT)
        await till.ring_up(self.plan.killed_sale)
        await till.start_payment()
        answer = asyncio.create_task(till.complete())
        await self.stack.agent_died(kiosk, JournalFault.DIE_AFTER_COMMIT)
        await together(till.see_line("NO AGENT"), self.tills[1].sell(self.plan.between[0]))
        tamper_with_unsent_sale(self.stack.layout.journal(kiosk.kiosk_id), not_newest=True)
        await self.stack.start_agent(kiosk)
        await answer
        await till.leave_tickets()

    async def kill_with_cart(self) -> None:
        """Kill the agent with a cart open; the cart comes back and is sold."""
        self.board.begin_act(
            OfflineAct.KILL_WITH_CART,
            "The agent is killed with a cart open; the same cart comes back and is paid",
        )
        kiosk, till = self.stack.kiosks[0], self.tills[0]
        await till.ring_up(self.plan.killed_cart)
        await self.stack.kill_agent(kiosk)
        await till.see_line("NO AGENT")
        await self.stack.start_agent(kiosk)
        await till.see_cart_again(self.plan.killed_cart)
        await till.start_payment()
        await till.complete()
        await till.leave_tickets()

    async def sell_out(self) -> None:
        """Both sell the small type until they are refused."""
        self.board.begin_act(
            OfflineAct.SELL_OUT, "The box seats sell out; the next customer is told so"
        )
        await together(*(self._sell_small_type(till) for till in self.tills))
        if not any(till.refusals for till in self.tills):
            raise RefusedError("no till refused the type that should have sold out")

    async def void(self) -> None:
        """Void a sale with the manager's PIN; its ticket no longer admits."""
        self.board.begin_act(
            OfflineAct.VOID, "A sale is voided with the manager's PIN; its ticket admits no more"
        )
        kiosk, till = self.stack.kiosks[1], self.tills[1]
        sale = await till.sell(self.plan.voided, hand_over=False)
        code = (await till.read_tickets(1))[0]
        await till.leave_tickets()
        await till.void(sale.subject, kiosk.manager.pin)
        await till.open_gate(0)
        must_stop(await till.admit(code))
        await till.leave_gate()

    async def admit_offline(self) -> None:
        """Both gates admit; one ticket is let in at both, which neither can know."""
        self.board.begin_act(
            OfflineAct.GATES, "Both gates admit offline; one ticket gets in at both of them"
        )
        if self.stack.sabotage == Sabotage.LOSE:
            await self._lose_a_sale()
        count = self.plan.admitted
        # Each gate gets tickets of the other till: any gate knows any ticket by its signature.
        queues = (self.codes[1][:count], self.codes[0][1 : count + 1])
        await together(
            *(self._admit_all(till, codes) for till, codes in zip(self.tills, queues, strict=True))
        )
        must_stop(await self.tills[0].admit(queues[0][0]))
        must_pass(await self.tills[1].admit(queues[0][0]))
        await together(*(till.leave_gate() for till in self.tills))

    async def restore_the_line(self) -> None:
        """Restore the line, losing an answer; the journals drain while sales go on."""
        self.board.begin_act(
            "line-back", "The line comes back; the journals drain while sales go on"
        )
        already_lost = await self.stack.answers_lost()
        await self.stack.line("lose-answers", "1")
        await self.stack.line("up")
        self.board.set_line("up")
        await together(
            *(
                self._sell_all(till, baskets)
                for till, baskets in zip(self.tills, self.plan.after, strict=True)
            )
        )
        await self.stack.line("wait", "lose-answers", str(already_lost + 1))
        await together(*(till.see_all_sent() for till in self.tills))
        await self.ledger.until(sum(till.recorded for till in self.tills))

    async def close_up(self) -> None:
        """Everybody signs out."""
        self.board.begin_act("close", "Everything is settled or with a manager; the tills close")
        await together(*(till.sign_out() for till in self.tills))

    async def _sell_with_lost_answer(self) -> None:
        till = self.tills[0]
        for index, basket in enumerate(self.plan.online[0]):
            if index == self.plan.answer_lost_at:
                await self.stack.line("lose-answers", "1")
            await till.sell(basket, hand_over=False)
            if basket.event == 0 and not self.codes[0]:
                self.codes[0].extend(await till.read_tickets(1))
            await till.leave_tickets()
        await self.stack.line("wait", "lose-answers", "1")

    async def _sell_all(self, till: Till, baskets: tuple[Basket, ...]) -> None:
        for basket in baskets:
            await till.sell(basket)

    async def _sell_and_keep_codes(self, number: int, baskets: tuple[Basket, ...]) -> None:
        till, codes = self.tills[number], self.codes[number]
        for basket in baskets:
            await till.sell(basket, hand_over=False)
            if basket.event == 0 and len(codes) <= self.plan.admitted:
                codes += await till.read_tickets(basket.tickets)
            await till.leave_tickets()

    async def _sell_small_type(self, till: Till) -> None:
        """Sell two by two, then singly, until the till refuses a single one."""
        season = self.stack.season
        event, type_index = season.events.index(season.small_event), small_type_index(season)
        for quantity in (2, 1):
            while await till.try_small_type(event, type_index, quantity) is not None:
                self.board.note_figures()

    async def _admit_all(self, till: Till, codes: list[str]) -> None:
        await till.open_gate(0)
        for code in codes:
            must_pass(await till.admit(code))

    async def _lose_a_sale(self) -> None:
        kiosk, till = self.stack.kiosks[1], self.tills[1]
        self.stack.arm(kiosk, JournalFault.LOSE_SALE)
        till.forget(await till.sell(self.plan.between[1]))
        self.stack.must_have_fired(kiosk, JournalFault.LOSE_SALE)
