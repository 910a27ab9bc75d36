"""Events: what is on sale here, and what is left of each."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from kiosk_contracts.catalogue import EventState
from kiosk_contracts.kiosk_status import JournalState, StatusWarning
from kiosk_contracts.printing import PrinterState
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.selling import CatalogueEvent
from kiosk_texts import mark, tr
from kiosk_ui.cleaning import clean
from kiosk_ui.hints import Hint
from kiosk_ui.listings import Listing
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.refund_words import waiting_refunds
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.frame.note_line import NoteLine
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import CONFIRM_TIME, event_time, event_time_width

_READ_AGAIN_S = 15
_CLOCK = frozenset({ProblemCode.CLOCK_BEHIND})
_STUCK = frozenset({JournalState.QUARANTINED, JournalState.PARKED})
_PAPER = frozenset({"print_doubtful", *(f"printer_{state}" for state in PrinterState)})
_WITH_KEY = _CLOCK | _STUCK | _PAPER
"""Codes of warnings that have a line of their own, with a key."""


class EventsScreen(KioskScreen):
    """The events of this venue; where selling, admitting and looking up begin."""

    HINTS = (
        Hint(
            "↑ ↓",
            mark("choose"),
            "up down",
            more=mark("Choose an event: to sell for, and to admit to."),
        ),
        Hint("Enter", mark("sell"), "f2", mark("Opens a cart for the chosen event.")),
        Hint("F2", mark("sell"), "f2", mark("The same."), shown=False),
        Hint("F3", mark("admit"), "f3", mark("Goes to the gate of the chosen event.")),
        Hint("F4", mark("transactions"), "f4", mark("What was done here: tickets again, voids.")),
        Hint(
            "F5",
            mark("drawer"),
            "f5",
            mark("Your shift's report, cash in and out, counting, closing."),
        ),
        Hint(
            "F6",
            mark("paper"),
            "f6",
            mark("The print queue, where it asks for somebody."),
            shown=False,
        ),
        Hint(
            "F7", mark("what is stuck"), "f7", mark("Lists what waits for a person."), shown=False
        ),
        Hint("F8", mark("check"), "f8", mark("Before doors open: is all ready?"), shown=False),
        Hint(
            "F9",
            mark("line"),
            "f9",
            mark("The line, what works without it, what is left, what is safe."),
            shown=False,
        ),
        Hint(
            "F11",
            mark("refunds"),
            "f11",
            mark("Lists the refunds that somebody waits for."),
            shown=False,
        ),
        Hint("F10", mark("sign out"), "f10", mark("Asks for a PIN again; your shift stays open.")),
    )
    PURPOSE = mark(
        "Where all begins: the events of this venue and what this kiosk has left to sell of each. "
        "A scan admits to the chosen event from here, too."
    )
    TITLE_WORDS = mark("events")
    admits = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "sell", show=False),
        Binding("f3", "admit", show=False),
        Binding("f4", "transactions('all')", show=False),
        Binding("f5", "drawer", show=False),
        Binding("f6", "paper", show=False),
        Binding("f7", "transactions('stuck')", show=False),
        Binding("f8", "check", show=False),
        Binding("f9", "standing", show=False),
        Binding("f11", "transactions('refunds')", show=False),
        Binding("f10", "sign_out", show=False),
    ]
    DEFAULT_CSS = """
    EventsScreen .way > .note { color: $foreground-muted; text-style: none; }
    EventsScreen .warnings { height: auto; max-height: 6; color: $text-warning; margin-top: 1; }
    """

    def compose_body(self) -> ComposeResult:
        """List the events."""
        yield RowList(
            (
                Column(tr("Event")),
                Column(tr("Begins"), event_time_width()),
                Column(tr("Left to sell"), 12, "right"),
                Column("", 12),
            ),
            empty=tr("… reading the events"),
        )
        yield NoteLine(CONFIRM_TIME, classes="clock")
        yield NoteLine(Hint("F7", mark("what is stuck"), "f7"), classes="stuck")
        yield NoteLine(Hint("F11", mark("refunds"), "f11"), classes="refunds")
        yield NoteLine(Hint("F6", mark("paper"), "f6"), classes="paper")
        yield NoteLine(Hint("F8", mark("check"), "f8"), classes="check way")
        yield NoteLine(Hint("F9", mark("line"), "f9"), classes="standing way")
        yield SteadyText(classes="warnings")

    def on_mount(self) -> None:
        """Show what is known, and read it afresh now and then."""
        self.query_one(".check", NoteLine).show(tr("Before doors open, see that all is ready:"))
        words = tr("The line, what works, what is left, what is safe:")
        self.query_one(".standing", NoteLine).show(words)
        self._show_events()
        self._read()
        self.set_interval(_READ_AGAIN_S, self._read)

    def status_changed(self) -> None:
        """Show what is left now."""
        self._show_events()

    def agent_back(self) -> None:
        """Read the events again."""
        self._read()

    @on(OptionList.OptionHighlighted)
    def choose(self) -> None:
        """Make the chosen event the one that this gate lets in."""
        event = self._chosen()
        if event is not None and not self.desk.session.handed_gate_event:
            before = self.desk.session.gate_event
            if before is not None and before.event_id != event.event_id:
                # A manager decides about a ticket at the event that it was presented at.
                self.gate.take_down()
            self.desk.session.gate_event = event

    @on(OptionList.OptionSelected)
    def enter(self) -> None:
        """Sell for the chosen event."""
        self.action_sell()

    def action_sell(self) -> None:
        """Open a cart for the chosen event."""
        event, session, desk = self._chosen(), self.desk.session, self.desk
        if event is None or desk.asking.pending:
            return
        if not session.may_sell():
            desk.announcer.announce(
                refused(tr("You cannot sell with this PIN"), tr("It is for the gate: F3 admits."))
            )
        elif session.needs_shift():
            self.go(Place.OPENING_FLOAT)
        else:
            self.selling.open(event.event_id)
            self.go(Place.SELL)

    def action_admit(self) -> None:
        """Go to the gate of the chosen event."""
        if self._chosen() is not None:
            self.desk.session.handed_gate_event = ""
            self.choose()
            self.go(Place.ADMIT)

    def action_transactions(self, listing: str) -> None:
        """Go to a list of transactions."""
        self.desk.session.listing = Listing(listing)
        self.go(Place.TRANSACTIONS)

    def action_drawer(self) -> None:
        """Go to the drawer, if this person may have one."""
        if not self.desk.session.may_sell():
            self.desk.announcer.announce(
                refused(tr("You have no drawer with this PIN"), tr("It is for the gate."))
            )
        elif not self.desk.asking.pending:
            self.go(Place.DRAWER)

    def action_paper(self) -> None:
        """Go to the print queue."""
        if not self.desk.asking.pending:
            self.go(Place.PAPER)

    def action_check(self) -> None:
        """Go to the pre-show check."""
        if not self.desk.asking.pending:
            self.go(Place.PRE_SHOW)

    def action_standing(self) -> None:
        """Show how the kiosk stands."""
        if not self.desk.asking.pending:
            self.go(Place.STANDING)

    def action_sign_out(self) -> None:
        """Sign out."""
        if not self.desk.asking.pending:
            self.run_worker(self._sign_out(), exclusive=True, group="sign-out")

    async def _sign_out(self) -> None:
        await self.desk.asking.ask(self._forget_token, what=tr("signing out"))
        self.desk.announcer.signed_out()

    async def _forget_token(self) -> bool:
        await self.desk.client.sign_out()
        return True

    def _read(self) -> None:
        # Without a catalogue no key has a meaning here yet.
        group = "catalogue" if self.desk.session.catalogue is None else REFRESH
        self.run_worker(self._read_catalogue(), exclusive=True, group=group)

    async def _read_catalogue(self) -> None:
        catalogue = await self.desk.asking.ask_quietly(self.desk.client.catalogue)
        if catalogue is not None:
            self.desk.session.catalogue = catalogue
            self._show_events()

    def _show_events(self) -> None:
        catalogue, session = self.desk.session.catalogue, self.desk.session
        rows = self.query_one(RowList)
        if catalogue is not None:
            first = not rows.chosen
            rows.show(map(self._row, catalogue.events), empty=tr("There is no event on sale here."))
            if session.event(session.handed_gate_event) is not None:
                rows.choose(session.handed_gate_event)
                session.handed_gate_event = ""
            elif first and session.gate_event is not None:
                rows.choose(session.gate_event.event_id)
            self.choose()
        self.query_one(".clock", NoteLine).show(self._told(_CLOCK))
        self.query_one(".stuck", NoteLine).show(self._told(_STUCK))
        self.query_one(".paper", NoteLine).show(self._told(_PAPER))
        self.query_one(".refunds", NoteLine).show(waiting_refunds(self.desk.link.status))
        self.query_one(".warnings", SteadyText).say(Text("\n".join(self._warnings())))

    def _warnings(self) -> Iterator[str]:
        status, session = self.desk.link.status, self.desk.session
        if session.handed_gate_event and session.catalogue is not None:
            yield tr(
                "Note: choose the event that this gate lets in, then F3: nobody enters before."
            )
        if status is not None and status.draining and not status.retired:
            yield tr("Note: this kiosk is being drained; it opens no new carts.")
        for warning in self._status_warnings():
            if warning.code not in _WITH_KEY:
                words = clean(f"{warning.text} {warning.hint}".rstrip())
                yield tr("Note: {warning}", warning=words)

    def _told(self, codes: frozenset[str]) -> str:
        """Return what the warnings of these codes say; empty if there are none."""
        return " ".join(clean(w.text) for w in self._status_warnings() if w.code in codes)

    def _status_warnings(self) -> tuple[StatusWarning, ...]:
        status = self.desk.link.status
        return status.warnings if status is not None else ()

    def _row(self, event: CatalogueEvent) -> Row:
        selling = event.state == EventState.ON_SALE and any(t.selling for t in event.ticket_types)
        match event.state:
            case EventState.ON_SALE:
                state = "" if selling else tr("not selling")
            case EventState.CANCELLED:
                state = tr("cancelled")
            case newer:
                state = clean(newer).replace("_", " ")
        begins = event_time(event.starts_at, self.desk.clock)
        cells = (clean(event.name), begins, str(self._left(event)), state)
        return Row(event.event_id, cells, dim=not selling)

    def _left(self, event: CatalogueEvent) -> int:
        status = self.desk.link.status
        if status is None:
            return sum(ticket_type.left for ticket_type in event.ticket_types)
        return sum(line.left for line in status.stock if line.event_id == event.event_id)

    def _chosen(self) -> CatalogueEvent | None:
        key = self.query_one(RowList).chosen
        return self.desk.session.event(key) if key is not None else None
