"""What every screen has: the frame, and the hooks the app calls."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import tr
from kiosk_ui.confirming import confirm_time
from kiosk_ui.desk import Desk
from kiosk_ui.gate import Gate, Judged
from kiosk_ui.help_page import HelpPage
from kiosk_ui.hints import Hint
from kiosk_ui.notices import Notice, refused
from kiosk_ui.places import Go, Place
from kiosk_ui.scanner import Scan
from kiosk_ui.screens.clock import ClockScreen, TimeAnswer
from kiosk_ui.screens.touchable import TouchableScreen
from kiosk_ui.selling import Selling
from kiosk_ui.widgets.frame.body import Body
from kiosk_ui.widgets.frame.framed import framed
from kiosk_ui.widgets.frame.line_status import LineStatus
from kiosk_ui.widgets.frame.message_line import MessageLine
from kiosk_ui.widgets.frame.top_bar import TopBar
from kiosk_ui.words import CONFIRM_TIME, clock_waits, line_status, problem_text, role_words


class KioskScreen(TouchableScreen[None]):
    """A screen of the kiosk: top line, body, message line, line status, key hints."""

    HINTS: ClassVar[tuple[Hint, ...]] = ()
    """All keys of the screen, for the line of hints and for its help."""
    TITLE_WORDS: ClassVar[str] = ""
    PURPOSE: ClassVar[str] = ""
    """What the screen is for, as its help says it."""
    admits: ClassVar[bool] = False
    """Whether a scan admits here."""
    finish_first: ClassVar[str] = ""
    """Where a scan does not admit: what to finish before it can."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f12", "confirm_time", show=False),
        Binding("pageup", "scroll_body(-1)", show=False),
        Binding("pagedown", "scroll_body(1)", show=False),
    ]

    def __init__(self, desk: Desk, selling: Selling, gate: Gate) -> None:
        super().__init__()
        self.desk = desk
        self.selling = selling
        self.gate = gate
        self._latest: Notice | None = None
        self._line_of: object = None
        self._line_of_status: KioskStatus | None = None

    def compose(self) -> ComposeResult:
        """Lay out the frame around the body."""
        yield from framed(self.compose_body(), self.HINTS)

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
        venue, code = ("EventPro kiosk", "")
        if status is not None:
            venue, code = status.venue_name, status.kiosk_code
        training = self.in_training()
        # A kiosk's code means something where it is the kiosk's own.
        place = " · ".join(filter(None, ("" if training else code, self.title_words())))
        who = f"{session.staff.name} ({role_words(session.staff.role)})" if session.staff else ""
        self.set_class(training, "training")
        self.query_one(TopBar).show(venue, place, who, clock.now(), training=training)
        self._show_line()
        self.query_one(MessageLine).show(notice)
        self._latest = notice

    def in_training(self) -> bool:
        """Say whether nothing here is sold."""
        return self.desk.link.training

    def _show_line(self) -> None:
        """Show the line status; a season's stock is added up once for each status."""
        link, clock = self.desk.link, self.desk.clock
        line_of = (link.away_since, clock.now().date())
        # Each status is another object; to compare two takes longer than to show one.
        if link.status is not self._line_of_status or line_of != self._line_of:
            self._line_of_status, self._line_of = link.status, line_of
            self.query_one(LineStatus).show(*line_status(link.status, link.away_since, clock))

    def title_words(self) -> str:
        """Return the screen's name as the top line says it."""
        return tr(self.TITLE_WORDS)

    def help_page(self) -> HelpPage:
        """Return what the help says of this screen."""
        return HelpPage(self.title_words(), tr(self.PURPOSE), self.HINTS)

    def action_scroll_body(self, pages: int) -> None:
        """Scroll what the screen is for, where it does not fit."""
        for body in self.query(Body):
            body.scroll_relative(y=pages * body.size.height, animate=False)

    def status_changed(self) -> None:
        """Show what depends on the agent's status."""

    def agent_back(self) -> None:
        """Read again what may have changed while the agent was away, or with its clock."""

    def sale_changed(self) -> None:
        """Show what depends on the cart."""

    def scanned(self, scan: Scan) -> bool:
        """Take a scan before anything else does; False if this screen has no use for it."""
        del scan
        return False

    def judged(self, judged: Judged | None) -> None:
        """Show what depends on the gate; `judged` is a verdict just given."""

    def action_confirm_time(self) -> None:
        """Let a manager confirm the kiosk's time from where a person stands, if selling waits."""
        desk, latest = self.desk, self._latest
        if desk.session.staff is None or desk.asking.pending:
            return
        # A refusal may have come before the status that tells of it.
        offered = latest is not None and latest.offer is CONFIRM_TIME
        if clock_waits(desk.link.status) or offered:
            self._ask_time(needs_pin=not desk.session.is_manager())
        else:
            words = tr("There is no time to confirm.")
            desk.announcer.announce(refused(tr("Selling does not wait for the clock"), words))

    def _ask_time(self, *, needs_pin: bool, problem: str = "") -> None:
        question = ClockScreen(self.desk.clock, needs_pin=needs_pin, problem=problem)
        self.app.push_screen(question, self._time_answered)

    def _time_answered(self, answer: TimeAnswer | None) -> None:
        if answer is not None:
            self.run_worker(self._confirm_time(answer), exclusive=True, group="clock")

    async def _confirm_time(self, answer: TimeAnswer) -> None:
        def ask_again(refusal: ProblemError) -> None:
            needs_pin = answer.pin is not None or refusal.code == ProblemCode.APPROVAL_NEEDED
            self._ask_time(needs_pin=needs_pin, problem=problem_text(refusal.problem))

        if await confirm_time(self.desk, answer.shown, answer.pin, ask_again):
            self.agent_back()
