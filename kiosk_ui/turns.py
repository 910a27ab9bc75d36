"""When this screen answers keys, and when it may end: no sale is broken off in the middle."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from kiosk_contracts.screens import ScreenAnswer
from kiosk_texts import tr
from kiosk_ui.desk import Desk
from kiosk_ui.gate import Direction, Gate
from kiosk_ui.idle import Idle
from kiosk_ui.key_sorting import now
from kiosk_ui.looking_app import LookingApp
from kiosk_ui.notices import Notice, Tone, refused, waiting
from kiosk_ui.places import Place
from kiosk_ui.scan_feed import ScanFeed
from kiosk_ui.screen_turn import ScreenTurn, TurnEvents
from kiosk_ui.screens.waiting_turn import WaitingTurnScreen
from kiosk_ui.selling import Selling
from kiosk_ui.settings import UiSettings
from kiosk_ui.taking_up import TakingUp

TOUCHED_S: Final = 3.0
"""So soon after a key, a scan or a touch somebody is in the middle of something."""
HANDED_OVER_S: Final = 10.0
"""So long tickets stay on the screen for whoever takes a picture of them."""
_LOOK_EVERY_S: Final = 0.2
_ANSWERED_S: Final = 5.0
"""How long an act under way may take to be answered when all else is over."""
_BUSY_PLACES: Final = frozenset({Place.OPENING_FLOAT, Place.DRAWER, Place.COUNT, Place.PRE_SHOW})


@dataclass(frozen=True, slots=True)
class Floor:
    """What a turn is taken on: the app, and what is under way there."""

    app: LookingApp
    desk: Desk
    selling: Selling
    idle: Idle
    gate: Gate
    feed: ScanFeed
    taking_up: TakingUp
    place: Callable[[], Place]
    go: Callable[[Place], Awaitable[None]]


class Turns:
    """Takes turns with the kiosk's other screens, and ends when nobody is busy."""

    def __init__(self, floor: Floor, settings: UiSettings) -> None:
        self._floor = floor
        self._finish_s = settings.finish_s
        events = TurnEvents(
            self.busy_with,
            floor.desk.session.gate_event_id,
            lambda: floor.gate.direction is Direction.OUT,
            self._locks_in_s,
            self._taken,
            self._lost,
            floor.app.shown_on,
        )
        self._turn = ScreenTurn(settings.turns_at or settings.socket, settings.screen, events)

    @property
    def waits(self) -> bool:
        """Whether another screen answers keys."""
        return self._turn.waits

    @property
    def ending(self) -> bool:
        """Whether this screen was told to end: it begins no sale any more."""
        return self._turn.stopping

    async def run(self) -> None:
        """Take turns, for ever."""
        await self._turn.run()

    def look(self) -> None:
        """Tell the agent at once where something began or ended."""
        status = self._floor.desk.link.status
        self._turn.heard(status.screen if status is not None else "")
        self._turn.look()

    def busy_with(self) -> str:
        """Return what a change of screens would break off; in English, for operators."""
        if self.waits:
            return ""
        return next((words for words, is_so in self._under_way() if is_so), "")

    def _under_way(self) -> Iterator[tuple[str, bool]]:
        floor = self._floor
        signed_in = floor.desk.session.staff is not None
        yield "a payment", floor.selling.paying
        yield "a sale", not floor.selling.is_empty
        yield "an act that is being recorded", bool(floor.desk.asking.pending)
        yield "counting, or a check", signed_in and floor.place() in _BUSY_PLACES
        untouched_s = floor.idle.untouched_s(now())
        shown = floor.place() is Place.TICKET and untouched_s < HANDED_OVER_S
        yield "tickets that are being handed over", shown
        yield "keys or scans", untouched_s < TOUCHED_S

    def _locks_in_s(self) -> float:
        floor = self._floor
        return floor.idle.left_s(now()) if floor.desk.session.staff is not None else 0.0

    def may_sell(self) -> bool:
        """Say whether a sale may begin; where it may not, say so on the message line."""
        if not self.ending or not self._floor.selling.is_empty:
            return True
        words = tr("It begins again in a moment. Begin the next sale then.")
        self._floor.desk.announcer.announce(refused(tr("This screen is about to end"), words))
        return False

    async def finish(self, *, hurry: bool) -> None:
        """Let a sale in hand be finished, and an act under way be answered; then give the turn up.

        What is not finished in time stays with the agent, and comes back where its cashier is.
        """
        self._turn.stop_when_idle()
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + (0 if hurry else self._finish_s)
        while self.busy_with() and loop.time() < give_up_at:
            await self._leave_empty_cart()
            self.say_what_is_awaited()
            await asyncio.sleep(_LOOK_EVERY_S)
        try:
            async with asyncio.timeout(_ANSWERED_S):
                await self._floor.desk.asking.all_answered()
        except TimeoutError:
            self._floor.app.log("an act was not answered in time; the agent keeps its cart")
        await self._turn.end()

    def say_what_is_awaited(self) -> None:
        """Ask for what is in hand to be finished, where nothing else is to be read."""
        announcer = self._floor.desk.announcer
        if not self.ending or announcer.notice is not None:
            return
        if not self._floor.selling.is_empty:
            announcer.announce(waiting(tr("finish this sale: then this screen begins anew")))
        elif self.busy_with():
            announcer.announce(waiting(tr("finish this: then this screen begins anew")))

    async def _leave_empty_cart(self) -> None:
        """Begin no other sale on the screen that would take one."""
        if self._floor.place() is Place.SELL and self._floor.selling.is_empty:
            await self._floor.go(Place.EVENTS)

    def _lost(self) -> None:
        floor = self._floor
        floor.desk.session.staff = None
        floor.desk.client.staff_token = None
        floor.selling.forget()
        floor.gate.begin_anew()
        floor.desk.announcer.announce(None)
        floor.app.run_worker(self._cover(), name="turn", exclusive=True, group="turn")

    async def give_up(self) -> None:
        """Give the turn to whoever waits for it, where nobody said that this screen ends."""
        await self._turn.end()

    async def _cover(self) -> None:
        await self._floor.go(Place.SIGN_IN)
        await self._floor.app.push_screen(WaitingTurnScreen())

    def _taken(self, answer: ScreenAnswer) -> None:
        floor, staff_token = self._floor, answer.staff_token
        if answer.gate_event:
            floor.desk.session.hand_gate_event(answer.gate_event)
        covered = isinstance(floor.app.screen, WaitingTurnScreen)
        if covered or staff_token:
            floor.app.run_worker(
                self._go_on(staff_token, gate_out=answer.gate_out),
                name="turn",
                exclusive=True,
                group="turn",
            )

    async def _go_on(self, staff_token: str, *, gate_out: bool = False) -> None:
        """Begin where the screen before was left, with whoever is signed in there."""
        desk = self._floor.desk
        # Nobody has been idle at a screen that was not theirs to touch.
        self._floor.idle.begin(now())
        # Scans come here from now on, as if somebody had touched this screen.
        self._floor.feed.touched()
        self._floor.taking_up.begin_anew()
        if staff_token:
            desk.client.staff_token = staff_token
            desk.session.staff = await desk.asking.ask_quietly(desk.client.session)
        if desk.session.staff is None:
            desk.client.staff_token = None
            place = Place.SIGN_IN
        else:
            # The way of a gate is its person's: whoever comes anew lets in.
            if gate_out:
                self._floor.gate.direction = Direction.OUT
            place = Place.OPENING_FLOAT if desk.session.needs_shift() else Place.EVENTS
        await self._floor.go(place)
        if place is Place.EVENTS and self._floor.gate.direction is Direction.OUT:
            # Events does not show it, and scans are judged there, too.
            words = tr("F3, then F6 turns it round.")
            notice = Notice(Tone.AMBER, tr("This gate lets OUT, as before"), (words,))
            desk.announcer.announce(notice)
