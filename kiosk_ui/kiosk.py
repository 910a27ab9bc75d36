"""The kiosk behind the picture: puts the parts together and says which screen is shown."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from textual import events

from kiosk_texts import tr
from kiosk_ui.agent_client import AgentClient
from kiosk_ui.agent_link import AgentLink, LinkEvents
from kiosk_ui.answering import answering
from kiosk_ui.app import KioskApp
from kiosk_ui.asking import Asking
from kiosk_ui.calibrating import layout_of
from kiosk_ui.desk import Desk
from kiosk_ui.gate import Gate, Judged
from kiosk_ui.help_page import Helpful
from kiosk_ui.idle import Idle
from kiosk_ui.key_press import Replay
from kiosk_ui.key_sorting import KeySorting, now
from kiosk_ui.locking import until_signed_out
from kiosk_ui.notices import Notice, waiting
from kiosk_ui.other_codes import OtherCode
from kiosk_ui.places import Go, Place, SwitchTraining
from kiosk_ui.scan_feed import ScanFeed
from kiosk_ui.scanned_codes import ScannedCodes
from kiosk_ui.scanner import Outcome, Rest, Scan, Scanner
from kiosk_ui.screens.admit import AdmitScreen
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.carts import CartsScreen
from kiosk_ui.screens.count import CountScreen
from kiosk_ui.screens.drawer import DrawerScreen
from kiosk_ui.screens.events import EventsScreen
from kiosk_ui.screens.find import FindScreen
from kiosk_ui.screens.help import HelpScreen
from kiosk_ui.screens.opening_float import OpeningFloatScreen
from kiosk_ui.screens.paper import PaperScreen
from kiosk_ui.screens.payment import PaymentScreen
from kiosk_ui.screens.pre_show import PreShowScreen
from kiosk_ui.screens.scanner import ScannerScreen
from kiosk_ui.screens.sell import SellScreen
from kiosk_ui.screens.shift import ShiftScreen
from kiosk_ui.screens.shifts import ShiftsScreen
from kiosk_ui.screens.sign_in import SignInScreen
from kiosk_ui.screens.standing import StandingScreen
from kiosk_ui.screens.ticket import TicketScreen
from kiosk_ui.screens.transactions import TransactionsScreen
from kiosk_ui.screens.z_report import ZReportScreen
from kiosk_ui.selling import Selling
from kiosk_ui.session import Session
from kiosk_ui.settings import UiSettings
from kiosk_ui.taking_up import TakingUp
from kiosk_ui.turns import Floor, Turns
from kiosk_ui.type_ahead import RESUME, TypeAhead
from kiosk_ui.widgets.steady import Steady

_SCREENS: Final[dict[Place, type[KioskScreen]]] = {
    Place.SIGN_IN: SignInScreen,
    Place.OPENING_FLOAT: OpeningFloatScreen,
    Place.EVENTS: EventsScreen,
    Place.SELL: SellScreen,
    Place.PAYMENT: PaymentScreen,
    Place.TICKET: TicketScreen,
    Place.ADMIT: AdmitScreen,
    Place.SCANNER: ScannerScreen,
    Place.TRANSACTIONS: TransactionsScreen,
    Place.FIND: FindScreen,
    Place.DRAWER: DrawerScreen,
    Place.COUNT: CountScreen,
    Place.Z_REPORT: ZReportScreen,
    Place.SHIFTS: ShiftsScreen,
    Place.SHIFT: ShiftScreen,
    Place.PRE_SHOW: PreShowScreen,
    Place.STANDING: StandingScreen,
    Place.CARTS: CartsScreen,
    Place.PAPER: PaperScreen,
}
_AT_ONCE: Final = frozenset({"ctrl+q"})
"""Keys that wait for nothing."""


class Kiosk:
    """All that is behind the screen; made once the programs are read, in an app that runs."""

    def __init__(self, app: KioskApp, settings: UiSettings) -> None:
        self._app = app
        client, clock = AgentClient(settings.socket, screen=settings.screen), app.clock
        link = AgentLink(client, clock, LinkEvents(self._status_changed, self._agent_back))
        asking = Asking(link, clock, self)
        self.desk = Desk(client, link, asking, Session(settings.gate), clock, self)
        self.selling = Selling(self.desk, self._sale_changed)
        self.gate = Gate(self.desk, self._judged, app.bell)
        self.place = Place.SIGN_IN
        self.notice: Notice | None = None
        self._scanner: Scanner[events.Key] = Scanner()
        self._sorting = KeySorting(app, self._scanner, self._sort)
        self._codes = ScannedCodes(app, self.gate, self)
        self._feed = ScanFeed(client, clock, self._agent_scanned, self._codes.missed)
        self._idle = Idle(settings.lock_after_s)
        self._type_ahead = TypeAhead(app, app.deliver, asking.away, self.desk.session.keys)
        self._taking_up = TakingUp(self.desk, self.selling, lambda: self.place, self._show)
        floor = Floor(
            app,
            self.desk,
            self.selling,
            self._idle,
            self.gate,
            self._feed,
            self._taking_up,
            lambda: self.place,
            self.go,
        )
        self._turns = Turns(floor, settings)
        self._resources = AsyncExitStack()
        self._health = settings.health

    async def begin(self) -> None:
        """Connect and show sign-in."""
        await self._resources.enter_async_context(self.desk.client)
        asked = answering(self._health, self.desk.link, self._app.log)
        await self._resources.enter_async_context(asked)
        self._idle.begin(now())
        self._app.set_interval(1, self._tick)
        await self.go(Place.SIGN_IN)
        self._app.run_worker(self.desk.link.run(), name="status stream")
        self._app.run_worker(self._type_ahead.run(), name="type-ahead")
        self._app.run_worker(self._feed.run(), name="scans")
        self._app.run_worker(self._turns.run(), name="turns")

    async def end(self, *, for_good: bool) -> None:
        """Close the connections; give the screen's turn up, unless it begins anew at once."""
        if for_good:
            await self._turns.give_up()
        await self._resources.aclose()

    def show_help(self) -> None:
        """Open the help of the screen that is shown, or close it."""
        screen = self._app.screen
        if isinstance(screen, HelpScreen):
            screen.action_leave()
        elif isinstance(screen, Helpful):
            page = HelpScreen(screen.help_page(), self.notice)
            self._app.push_screen(page, self._app.press_touched)

    # What the flows tell

    def announce(self, notice: Notice | None) -> None:
        """Put a notice on the message line, or clear it."""
        self.notice = notice
        self._show_frame()

    def signed_out(self) -> None:
        """Go to sign-in; a cart in hand stays with the agent."""
        self.desk.session.staff = None
        self.desk.client.staff_token = None
        self.selling.forget()
        self.gate.begin_anew()
        self._app.post_message(Go(Place.SIGN_IN))

    def _status_changed(self) -> None:
        status = self.desk.link.status
        self._feed.status_changed(status)
        self._scanner.layout = layout_of(status.scanner_layout if status is not None else "")
        self._show_frame()
        self._turns.look()
        for screen in self._kiosk_screens():
            screen.status_changed()

    def _agent_back(self) -> None:
        for screen in self._kiosk_screens():
            screen.agent_back()
        if self.desk.session.staff is not None:
            self._app.run_worker(
                self._taking_up.resume(), name="resume", exclusive=True, group=RESUME
            )

    def _sale_changed(self) -> None:
        self._turns.look()
        for screen in self._kiosk_screens():
            screen.sale_changed()

    def _judged(self, judged: Judged | None) -> None:
        for screen in self._kiosk_screens():
            screen.judged(judged)

    # Where a person is

    async def go(self, place: Place) -> None:
        """Show another screen; with the events, the cart that the agent kept."""
        if place is Place.SELL and not self._turns.may_sell():
            return
        await self._show(place)
        self._turns.look()
        if place is Place.EVENTS:
            self._app.run_worker(
                self._taking_up.take_up_cart(), name="cart", exclusive=True, group=RESUME
            )

    async def _show(self, place: Place) -> None:
        app = self._app
        # One picture: between two screens nobody sees an empty one.
        with app.batch_update():
            while len(app.screen_stack) > 1:
                await app.pop_screen()
            screen = _SCREENS[place](self.desk, self.selling, self.gate)
            self.place = place
            await app.push_screen(screen)
            # Without its lines in this picture, the screen would be painted piece by piece.
            self._show_frame()
            # What was painted before this ends is not shown; so its steady parts are painted anew.
            for part in screen.query(Steady):
                part.refresh(layout=True)

    def _kiosk_screens(self) -> list[KioskScreen]:
        if not self._app.is_running:
            # While the app ends its screens lose their widgets one by one.
            return []
        return [s for s in self._app.screen_stack if isinstance(s, KioskScreen) and s.is_mounted]

    def _show_frame(self) -> None:
        for screen in self._kiosk_screens():
            screen.show_frame(self.notice)

    # The time

    def _tick(self) -> None:
        self._show_frame()
        self._turns.look()
        self._turns.say_what_is_awaited()
        desk = self.desk
        if desk.asking.pending or not self._idle.is_over(now()):
            return
        if desk.session.staff:
            self._lock()
        elif desk.link.training:
            # Whoever comes next is to sell for real, without having to know of training.
            self._app.post_message(SwitchTraining(""))

    def _lock(self) -> None:
        """Ask for a PIN again; a cart in hand stays with the agent, for its cashier."""
        # At once, whatever the agent does: nobody is here.
        former = self.desk.client.same_session()
        self.signed_out()
        self.announce(waiting(tr("locked: nobody was here; your PIN opens it again")))
        self._app.run_worker(until_signed_out(former), name="lock", group="lock")

    # What is typed

    async def on_event(self, event: events.Event) -> None:
        """Sort typed events: scans apart from keys, and keys one after the other."""
        if self._turns.waits and _is_typed(event):
            # Another screen answers: what is typed here is nobody's.
            return
        if isinstance(event, events.InputEvent | events.Paste):
            self._idle.touch(event.time)
            self._feed.touched()
            if isinstance(event, events.MouseDown):
                self.desk.session.keys.touched()
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await self._app.deliver(event)
        else:
            await self.typed(event)

    async def typed(self, event: events.Key | events.Paste) -> None:
        """Take what was typed: it is a scan's, or waits for its turn."""
        if isinstance(event, events.Paste):
            self._sort_pasted(event)
        elif event.key in _AT_ONCE:
            await self._app.deliver(event)
        else:
            self._scanner.learning = isinstance(self._app.screen, ScannerScreen)
            self._sorting.press(event)

    def touched(self, key: events.Key) -> None:
        """Take a key that was touched on the screen, at whatever pace: no scanner touches."""
        if key.key in _AT_ONCE:
            self._app.post_message(key)
        else:
            self._type_ahead.offer_touched(key)

    async def all_typed(self) -> None:
        """Wait until all that was typed has been handled; keys of a scan are not among it."""
        await self._sorting.no_typing_held()
        await self._type_ahead.all_delivered()

    def _sort_pasted(self, event: events.Paste) -> None:
        scan = self._scanner.paste(event.text, event.time)
        if scan is not None:
            self._codes.take(scan)
        else:
            self._type_ahead.offer(event)

    def _sort(self, outcomes: Sequence[Outcome[events.Key]]) -> None:
        for outcome in outcomes:
            match outcome:
                case Scan():
                    self._codes.take(outcome)
                case Rest():
                    pass
                case OtherCode(typed):
                    self._app.not_typed(typed)
                    self._type_ahead.take_back(typed)
                    self.gate.take_down()
                    self._app.run_worker(
                        self._refuse_other_code(), exclusive=True, group="other code"
                    )
                case Replay(keys):
                    self._app.typed(keys)
                    for key in keys:
                        self._type_ahead.offer(key)

    def _agent_scanned(self, text: str) -> None:
        """Take a scan of the agent's own scanner as one that was typed."""
        if self._turns.waits:
            return
        self._idle.touch(now())
        self._codes.take(Scan(text.upper(), at=now()))

    async def _refuse_other_code(self) -> None:
        """Say that a code was no ticket's, after all that its characters have led to."""
        await self._type_ahead.at_rest()
        await self.desk.asking.all_answered()
        self._codes.refuse_other_code()

    # The end

    async def finish(self, *, hurry: bool) -> None:
        """Let a sale in hand be finished, unless in a hurry, and an act under way be answered.

        Carts stay with the agent.
        """
        await self._turns.finish(hurry=hurry)
        self._app.exit()


def _is_typed(event: events.Event) -> bool:
    if isinstance(event, events.Key):
        return event.key not in _AT_ONCE
    return isinstance(event, events.InputEvent | events.Paste)
