"""Asking the agent until it answers, with the state of waiting shown."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import mark, tr
from kiosk_ui.agent_answers import AgentAwayError
from kiosk_ui.agent_link import AgentLink
from kiosk_ui.clock import Clock
from kiosk_ui.notices import Notice, waiting
from kiosk_ui.words import problem_notice

T = TypeVar("T")

ASKING_AGAIN: Final = mark("asking again: the agent was away")
CART_BACK: Final = mark("your cart is back")
PIN_REFUSED: Final = frozenset(
    {
        ProblemCode.PIN_WRONG,
        ProblemCode.PIN_LOCKED,
        ProblemCode.PIN_OF_SEVERAL,
        ProblemCode.APPROVAL_NEEDED,
    }
)
"""Refusals after which a manager's PIN is typed again, or typed after all."""
MOMENT_S: Final = 0.1
"""An answer that comes sooner needs no words: they would only flicker."""
_PAUSE_S: Final = 0.25
_LONGEST_WAIT_S: Final = 1.0


class Announcer(Protocol):
    """Where answers are shown."""

    notice: Notice | None
    """What the message line says now."""

    def announce(self, notice: Notice | None) -> None:
        """Put a notice on the message line, or clear it."""
        ...

    def signed_out(self) -> None:
        """Go to sign-in: the agent does not know who is here."""
        ...


class Asking:
    """Runs calls to the agent; one that records something is safe to repeat by its txn_id."""

    def __init__(self, link: AgentLink, clock: Clock, announcer: Announcer) -> None:
        self._link = link
        self._clock = clock
        self._announcer = announcer
        self._idle = asyncio.Event()
        self._idle.set()
        self.pending = 0
        """How many acts of a person wait for their answer."""
        self.away = asyncio.Event()
        """Set while one of them is asked again because the agent was away."""
        self._asked_again = 0

    async def ask(
        self,
        call: Callable[[], Awaitable[T]],
        *,
        what: str,
        back: str | None = None,
        on_refused: Callable[[ProblemError], None] | None = None,
    ) -> T | None:
        """Ask until answered, showing that it waits; None if refused, with the refusal shown.

        `what` is being waited for, said if it takes a moment; `back` is said when the answer came
        after an absence. Both are translated already.
        """
        self._announcer.announce(None)
        self._count(+1)
        telling = asyncio.get_running_loop().call_later(
            MOMENT_S, self._announcer.announce, waiting(what)
        )
        try:
            answer, asked_again = await self._until_answered(call, telling)
        except ProblemError as refusal:
            self.refuse(refusal)
            if on_refused is not None:
                on_refused(refusal)
            return None
        finally:
            telling.cancel()
            self._count(-1)
        self._announcer.announce(waiting(back) if asked_again and back else None)
        return answer

    async def ask_quietly(self, call: Callable[[], Awaitable[T]]) -> T | None:
        """Ask once for what a screen shows; None if the agent is away or refuses."""
        try:
            return await call()
        except AgentAwayError:
            return None
        except ProblemError as refusal:
            if refusal.code == ProblemCode.NOT_SIGNED_IN:
                self._announcer.signed_out()
            return None

    async def all_answered(self) -> None:
        """Wait until no act waits for its answer."""
        await self._idle.wait()

    def _count(self, step: int) -> None:
        self.pending += step
        if self.pending:
            self._idle.clear()
        else:
            self._idle.set()

    def refuse(self, refusal: ProblemError) -> None:
        """Show a refusal; a person the agent does not know signs in again."""
        self._announcer.announce(problem_notice(refusal.problem, self._clock))
        if refusal.code == ProblemCode.NOT_SIGNED_IN:
            self._announcer.signed_out()

    async def _until_answered(
        self, call: Callable[[], Awaitable[T]], telling: asyncio.TimerHandle
    ) -> tuple[T, bool]:
        try:
            return await call(), False
        except AgentAwayError:
            telling.cancel()
        self._count_asked_again(+1)
        try:
            return await self._again_until_answered(call), True
        finally:
            self._count_asked_again(-1)

    async def _again_until_answered(self, call: Callable[[], Awaitable[T]]) -> T:
        while True:
            self._announcer.announce(waiting(tr(ASKING_AGAIN)))
            # A short pause first: the stream may not have noticed the absence yet.
            await asyncio.sleep(_PAUSE_S)
            await self._link.wait_here(_LONGEST_WAIT_S)
            try:
                return await call()
            except AgentAwayError:
                continue

    def _count_asked_again(self, step: int) -> None:
        self._asked_again += step
        if self._asked_again:
            self.away.set()
        else:
            self.away.clear()
