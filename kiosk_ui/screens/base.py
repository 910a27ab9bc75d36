"""What every screen has: the frame, and the hooks the app calls."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen

from kiosk_ui.desk import Desk
from kiosk_ui.gate import Gate, Judged
from kiosk_ui.hints import Hint
from kiosk_ui.notices import Notice
from kiosk_ui.places import Go, Place
from kiosk_ui.selling import Selling
from kiosk_ui.widgets.frame.key_hints import KeyHints
from kiosk_ui.widgets.frame.line_status import LineStatus
from kiosk_ui.widgets.frame.message_line import MessageLine
from kiosk_ui.widgets.frame.top_bar import TopBar
from kiosk_ui.words import line_status


class Body(VerticalScroll, can_focus=False):
    """What a screen is for, between the lines of the frame."""

    DEFAULT_CSS = """
    Body { height: 1fr; padding: 1 1 0 1; background: $background; }
    """


class KioskScreen(Screen[None]):
    """A screen of the kiosk: top line, body, message line, line status, key hints."""

    HINTS: ClassVar[tuple[Hint, ...]] = ()
    TITLE_WORDS: ClassVar[str] = ""
    admits: ClassVar[bool] = False
    """Whether a scan admits here."""
    finish_first: ClassVar[str] = ""
    """Where a scan does not admit: what to finish before it can."""

    def __init__(self, desk: Desk, selling: Selling, gate: Gate) -> None:
        super().__init__()
        self.desk = desk
        self.selling = selling
        self.gate = gate
        self._latest: Notice | None = None

    def compose(self) -> ComposeResult:
        """Lay out the frame around the body."""
        yield TopBar()
        with Body():
            yield from self.compose_body()
        yield MessageLine()
        yield LineStatus()
        yield KeyHints(self.HINTS)

    def on_mount(self) -> None:
        """Show the frame from the first moment on."""
        self.show_frame(self.desk.announcer.notice)

    def compose_body(self) -> ComposeResult:
        """Yield what this screen is for."""
        yield from ()

    def go(self, place: Place) -> None:
        """Leave for another screen."""
        self.post_message(Go(place))

    def show_frame(self, notice: Notice | None) -> None:
        """Bring the lines of the frame up to date."""
        status, session, clock = self.desk.link.status, self.desk.session, self.desk.clock
        place = "EventPro kiosk"
        if status is not None:
            place = " · ".join(filter(None, (status.venue_name, status.kiosk_code)))
        if self.TITLE_WORDS:
            place += f" · {self.TITLE_WORDS}"
        who = f"{session.staff.name} ({session.staff.role})" if session.staff else ""
        self.query_one(TopBar).show(place, who, clock.now().strftime("%H:%M:%S"))
        self.query_one(LineStatus).show(*line_status(status, self.desk.link.away_since, clock))
        self.query_one(MessageLine).show(notice)
        self._latest = notice

    def status_changed(self) -> None:
        """Show what depends on the agent's status."""

    def agent_back(self) -> None:
        """Read again what may have changed while the agent was away."""

    def sale_changed(self) -> None:
        """Show what depends on the cart."""

    def judged(self, judged: Judged | None) -> None:
        """Show what depends on the gate; `judged` is a verdict just given."""
