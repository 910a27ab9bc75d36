"""Sell: types, quantities, the total."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_contracts.catalogue import EventState
from kiosk_contracts.selling import CartLine, CatalogueEvent
from kiosk_texts import mark, tr, trn
from kiosk_ui.cart_lines import LineKey
from kiosk_ui.cleaning import clean
from kiosk_ui.hints import PAD, Hint
from kiosk_ui.notices import Notice, Tone, refused
from kiosk_ui.places import Place
from kiosk_ui.quantity_entry import QuickEntry
from kiosk_ui.screens.ask import AskScreen
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.sell_rows import Shown, also, line_key, row_key, saved, sell_rows
from kiosk_ui.selling import TooManyError
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.lists.quantity_rows import QuantityRows
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.widgets.selling.concession_hint import ConcessionHint
from kiosk_ui.widgets.selling.total_line import TotalLine
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import event_time


@dataclass(frozen=True, slots=True)
class _Parts:
    event: SteadyText
    types: RowList
    concessions: ConcessionHint
    also: SteadyText
    total: TotalLine


class SellScreen(KioskScreen):
    """Fills a cart: types of one event, then of another."""

    _asking_agent = False
    _unfolded: frozenset[LineKey] = frozenset()
    """Ticket types whose concessions are shown."""

    HINTS = (
        Hint("↑ ↓", mark("type"), "up down", more=mark("Choose a ticket type.")),
        Hint(
            "← →",
            mark("event"),
            "left right",
            more=mark("Go on with another event; what is chosen stays in the cart."),
        ),
        Hint(
            "0-9",
            mark("count"),
            PAD,
            more=mark("How many of it; two digits typed quickly are one number."),
        ),
        Hint("+", mark("more"), "plus", mark("One more of it.")),
        Hint("-", mark("less"), "minus", mark("One less of it.")),
        Hint("Backspace", mark("none"), "backspace", mark("None of it."), shown=False),
        Hint("Delete", mark("none"), "delete", mark("None of it."), shown=False),
        Hint(
            "F5",
            mark("concessions"),
            "f5",
            mark("Shows a type's concessions, or folds them."),
            shown=False,
        ),
        Hint("Enter", mark("pay"), "enter", mark("Goes to payment with what is in the cart.")),
        Hint(
            "Esc",
            mark("leave"),
            "escape",
            mark("Leaves the sale; what is held goes back after asking."),
        ),
    )
    PURPOSE = mark(
        "Fills a cart, with tickets of one event or of several. The tickets of the cart are held "
        "for it from the moment they are typed, for as long as the line of the total says: nobody "
        "pays and is then told that they are gone."
    )
    TITLE_WORDS = mark("sell")
    finish_first: ClassVar[str] = mark("Finish or leave this sale first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "event(-1)", show=False),
        Binding("right", "event(1)", show=False),
        Binding("f5", "concessions", show=False),
        Binding("escape", "leave", show=False),
    ]
    DEFAULT_CSS = """
    SellScreen .also { height: auto; padding: 0 1; color: $foreground-muted; }
    SellScreen .event { text-style: bold; height: auto; margin-bottom: 1; }
    SellScreen.-short .event { margin-bottom: 0; max-height: 1; }
    """

    @cached_property
    def _parts(self) -> _Parts:
        """What a key may change: looked up once, for each key comes by here."""
        return _Parts(
            self.query_one(".event", SteadyText),
            self.query_one(RowList),
            self.query_one(ConcessionHint),
            self.query_one(".also", SteadyText),
            self.query_one(TotalLine),
        )

    def compose_body(self) -> ComposeResult:
        """Lay out the event, its types, the total."""
        yield SteadyText(classes="event")
        yield RowList(
            (
                Column(tr("Ticket type")),
                Column(tr("Price"), 12, "right"),
                Column(tr("Left"), 6, "right"),
                Column(tr("Quantity"), 8, "right"),
                Column(tr("Amount"), 13, "right"),
            ),
            empty=tr("… reading the ticket types"),
            rows=QuantityRows(QuickEntry(), self._quantity, pad_when_asked=True),
        )
        yield ConcessionHint()
        yield SteadyText(classes="also")
        yield TotalLine()

    def on_mount(self) -> None:
        """Show the cart, and read the prices as they are now."""
        self._show_types()
        self.agent_back()

    def agent_back(self) -> None:
        """Read the prices again."""
        self.run_worker(self._read_catalogue(), exclusive=True, group=REFRESH)

    def status_changed(self) -> None:
        """Show what is left now; if the last went or the first came, why it sells or not, too."""
        self._show_types()
        event = self._event()
        if event is None:
            return
        left = self._left(event)
        if any((left[one.ticket_type_id] > 0) != (one.left > 0) for one in event.ticket_types):
            self.agent_back()

    def show_frame(self, notice: Notice | None) -> None:
        """Bring the frame up to date, and how long the tickets are held."""
        super().show_frame(notice)
        left = self.selling.hold_left
        if left is not None:
            self._show_total()
        if left == timedelta() and not self._asking_agent and not self.desk.asking.pending:
            self.run_worker(self._hold_is_over(), group="hold-over")

    async def _hold_is_over(self) -> None:
        self._asking_agent = True
        try:
            if await self.selling.find_expired():
                self.desk.announcer.announce(
                    Notice(
                        Tone.AMBER,
                        tr("The tickets were held too long and went back"),
                        (tr("Choose them again; nobody was charged."),),
                    )
                )
        finally:
            self._asking_agent = False

    def sale_changed(self) -> None:
        """Show the cart as it is now."""
        self._show_types()

    @on(QuantityRows.Quantity)
    def set_quantity(self, message: QuantityRows.Quantity) -> None:
        """Hold so many tickets of the chosen type."""
        message.stop()
        self._want(message.quantity)

    @on(QuantityRows.Step)
    def step_quantity(self, message: QuantityRows.Step) -> None:
        """Hold one more or one less of the chosen type."""
        message.stop()
        key = self._chosen()
        if key is not None:
            self._want(max(0, self.selling.quantity(key) + message.step))

    @on(QuantityRows.Done)
    def pay(self, message: QuantityRows.Done) -> None:
        """Go to payment with what is in the cart."""
        message.stop()
        if not self.selling.is_empty:
            self.go(Place.PAYMENT)
        elif self._latest is None:
            words = tr("Choose a type with ↑ ↓ and type how many.")
            self.desk.announcer.announce(refused(tr("The cart is empty"), words))

    def action_event(self, step: int) -> None:
        """Go on with another event; what is chosen stays in the cart."""
        events = self._events_on_sale()
        ids = [event.event_id for event in events]
        if len(ids) > 1 and self.selling.event_id in ids:
            place = ids.index(self.selling.event_id) + step
            self.selling.event_id = ids[place % len(ids)]
            self._show_types()

    def action_concessions(self) -> None:
        """Unfold the concessions of the chosen type and go to the first, or fold them again."""
        chosen, event = self._chosen(), self._event()
        if chosen is None or event is None:
            return
        of_type = chosen._replace(concession_id="")
        kinds = {one.ticket_type_id: one for one in event.ticket_types}
        kind = kinds.get(chosen.ticket_type_id)
        if kind is None or not kind.concessions:
            words = tr("Choose another ticket type with ↑ ↓, or sell it at its price.")
            self.desk.announcer.announce(refused(tr("This ticket type has no concessions"), words))
            return
        unfold = of_type not in self._unfolded
        self._unfolded ^= {of_type}
        first = kind.concessions[0].concession_id if unfold else ""
        self._show_types()
        self._parts.types.choose(row_key(of_type._replace(concession_id=first)))

    def action_leave(self) -> None:
        """Leave the sale; tickets that are held go back after asking."""
        count = self.selling.tickets
        if not count:
            self._answered(leave=True)
            return
        question = AskScreen(
            tr("Leave this sale?"),
            trn(
                "{count} held ticket goes back to the stock.",
                "{count} held tickets go back to the stock.",
                count,
            ),
            yes=mark("leave it"),
            no=mark("keep the cart"),
        )
        self.app.push_screen(question, lambda leave: self._answered(leave=leave is True))

    def _answered(self, *, leave: bool) -> None:
        if leave:
            self.run_worker(self._release(), exclusive=True, group="leave")

    async def _release(self) -> None:
        if await self.selling.release():
            self.go(Place.EVENTS)

    def _want(self, quantity: int) -> None:
        key = self._chosen()
        if key is None:
            return
        try:
            self.selling.want(key, quantity)
        except TooManyError as error:
            self.desk.announcer.announce(refused(str(error), tr("The cart stays as it was.")))
            return
        self.run_worker(self._hold(), group="hold")

    async def _hold(self) -> None:
        # The picture first: what was typed is seen before the agent is asked.
        painted = asyncio.Event()
        self.call_after_refresh(painted.set)
        await painted.wait()
        if not await self.selling.hold() and self.is_current:
            # What was refused may be due to prices or concessions that changed meanwhile.
            await self._read_catalogue()

    async def _read_catalogue(self) -> None:
        catalogue = await self.desk.asking.ask_quietly(self.desk.client.catalogue)
        if catalogue is not None:
            self.desk.session.catalogue = catalogue
            self._show_types()

    def _show_types(self) -> None:
        event = self._event()
        if event is not None:
            begins = event_time(event.starts_at, self.desk.clock)
            self._parts.event.say(Text(f"{clean(event.name)} · {begins}"))
            self._parts.types.show(self._rows(event))
            offered = any(kind.concessions for kind in event.ticket_types)
            self._parts.concessions.show(offered=offered)
        self._parts.also.say(Text("\n".join(self._beside())))
        self._show_total()

    def _show_total(self) -> None:
        selling = self.selling
        self._parts.total.show(
            selling.tickets,
            selling.total(),
            sure=selling.in_step,
            hold_left=selling.hold_left,
        )

    def _beside(self) -> Iterator[str]:
        """Say what the cart has of other events, and what price rules save."""
        yield from also(self.selling.wanted_beside(self.selling.event_id), self.desk.session.event)
        yield from saved(self._lines())

    def _lines(self) -> Sequence[CartLine]:
        """Return the cart's lines, while they are what is wanted."""
        cart = self.selling.cart
        return cart.lines if cart is not None and self.selling.in_step else ()

    def _events_on_sale(self) -> Sequence[CatalogueEvent]:
        catalogue = self.desk.session.catalogue
        events = catalogue.events if catalogue is not None else ()
        return [event for event in events if event.state == EventState.ON_SALE]

    def _rows(self, event: CatalogueEvent) -> Iterator[Row]:
        cart = self.selling.cart
        shown = Shown(
            left=self._left(event),
            quantity=self.selling.quantity,
            unfolded={
                key.ticket_type_id for key in self._unfolded if key.event_id == event.event_id
            },
            lines=cart.lines if cart is not None else (),
        )
        return sell_rows(event, shown)

    def _left(self, event: CatalogueEvent) -> Mapping[str, int]:
        """Return what is left of each type, by the newest that the agent said."""
        catalogued = {one.ticket_type_id: one.left for one in event.ticket_types}
        return {**catalogued, **self.desk.link.left_of(event.event_id)}

    def _event(self) -> CatalogueEvent | None:
        event_id = self.selling.event_id
        return self.desk.session.event(event_id) if event_id is not None else None

    def _quantity(self) -> int:
        """Return how many are wanted of the chosen type."""
        key = self._chosen()
        return 0 if key is None else self.selling.quantity(key)

    def _chosen(self) -> LineKey | None:
        row, event_id = self._parts.types.chosen, self.selling.event_id
        return None if row is None or event_id is None else line_key(event_id, row)
