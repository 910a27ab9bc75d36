"""Admit: this gate's event, the last verdicts, how many are inside."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from kiosk_contracts.problem import ProblemError
from kiosk_contracts.scanning import ScannerState
from kiosk_texts import mark, tr, trn
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.cleaning import clean
from kiosk_ui.gate import Direction, Judged, Presented, is_serial, verdict_name
from kiosk_ui.hints import Hint
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.screens.approval import Approval
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.candidates import CandidatesScreen
from kiosk_ui.screens.let_in import LetInScreen
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.gate.verdict_panel import VerdictPanel
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import clock_time, event_time, problem_text

_LISTED = 8
_AWAY = mark("The scanner does not answer: check its cable; type serials meanwhile.")


class AdmitScreen(KioskScreen):
    """Judges tickets, scanned or typed."""

    HINTS = (
        Hint("scan", mark("a ticket")),
        Hint(
            "Enter",
            mark("admit or find"),
            "enter",
            mark(
                "Admits by the typed serial; finds tickets by a receipt number or three letters of "
                "a name."
            ),
        ),
        Hint("F6", mark("in / out"), "f6", mark("Lets people out instead of in, or in again.")),
        Hint(
            "F8",
            mark("manager"),
            "f8",
            mark(
                "After AMBER: a manager lets the person in after asking, with their PIN and a "
                "reason, where nothing speaks against the ticket. RED stands."
            ),
        ),
        Hint(
            "F9",
            mark("scanner"),
            "f9",
            mark("Where scans come out wrong: teaches the kiosk the scanner."),
            shown=False,
        ),
        Hint("Esc", mark("back"), "escape", mark("Goes to Events; this gate lets in again.")),
    )
    PURPOSE = mark(
        "Judges tickets at this gate. GREEN, LET IN: it is valid, and used from now on. RED, STOP: "
        "it is not; why stands below. AMBER, ASK: this kiosk cannot know; ask a manager."
    )
    TITLE_WORDS = mark("admit")
    admits = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f6", "turn_round", show=False),
        Binding("f8", "let_in", show=False),
        Binding("f9", "scanner", show=False),
        Binding("escape", "back", show=False),
    ]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    AdmitScreen .gate { height: auto; text-style: bold; margin-bottom: 1; }
    AdmitScreen .verdicts { height: auto; margin-top: 1; }
    .look-large AdmitScreen .gate, .look-large AdmitScreen VerdictPanel { margin-bottom: 0; }
    AdmitScreen.-short .gate { margin: 0; max-height: 1; }
    AdmitScreen.-short .verdicts { margin: 0; }
    """

    def compose_body(self) -> ComposeResult:
        """Gate, verdict, field, verdicts before."""
        yield SteadyText(classes="gate")
        yield VerdictPanel()
        yield Field(tr("Serial, receipt, name"), max_length=40)
        yield SteadyText(classes="verdicts")

    def on_mount(self) -> None:
        """Show the gate as it stands."""
        latest = self.gate.latest
        if latest is None or latest.may_let_in is None:
            self.gate.latest = None
        self.judged(None)
        self._count()

    def status_changed(self) -> None:
        """Show whether the agent's scanner is there."""
        self._show_gate()

    def agent_back(self) -> None:
        """Count again."""
        self._count()

    def judged(self, judged: Judged | None) -> None:
        """Show a verdict, or that none stands."""
        del judged
        self._show_gate()
        self.query_one(VerdictPanel).show(self.gate.latest, self.gate.asking)
        self.query_one(".verdicts", SteadyText).say(Text("\n".join(self._verdicts())))

    def _show_gate(self) -> None:
        event, gate, clock = self.desk.session.gate_event, self.gate, self.desk.clock
        if event is not None:
            name, shown = clean(self.desk.session.gate), clean(event.name)
            said = [
                tr("{gate}, letting in: {event}", gate=name, event=shown)
                if gate.direction is Direction.IN
                else tr("{gate}, letting OUT: {event}", gate=name, event=shown),
                event_time(event.starts_at, clock),
            ]
            if gate.inside is not None:
                said.append(trn("{count} inside", "{count} inside", gate.inside))
            words, status = " · ".join(said), self.desk.link.status
            if status is not None and status.scanner == ScannerState.AWAY:
                words = f"{words}\n▲ {tr(_AWAY)}"
            self.query_one(".gate", SteadyText).say(Text(words))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Ask about a serial that was typed, or look for what it may be."""
        event.stop()
        typed = event.value.strip()
        self.query_one(Field).clear()
        if is_serial(typed):
            self._present(typed)
        elif typed:
            self.run_worker(self._find(typed), exclusive=True, group="find")

    def action_turn_round(self) -> None:
        """Let people out instead of in, or in again."""
        self.gate.turn_round()

    def action_let_in(self) -> None:
        """Let a manager decide about the ticket that this gate could not judge."""
        latest = self.gate.latest
        if latest is not None and latest.may_let_in is not None:
            self._ask_manager(latest.may_let_in)
            return
        words = tr("There is nobody whom a manager may let in here")
        more = tr("It takes AMBER, ASK about the last ticket, and nothing against it. RED stands.")
        self.desk.announcer.announce(refused(words, more))

    def action_scanner(self) -> None:
        """Calibrate the scanner."""
        self.go(Place.SCANNER)

    def action_back(self) -> None:
        """Go to Events; from then on this gate lets in again."""
        if self.gate.direction is Direction.OUT:
            self.gate.turn_round()
        self.go(Place.EVENTS)

    def _present(self, serial: str | None) -> None:
        if serial is not None:
            self.app.run_worker(self.gate.present(Presented(serial, scanned=False)), group="gate")

    def _ask_manager(
        self, ticket: Presented, typed: Approval | None = None, problem: str = ""
    ) -> None:
        """Ask why and for the PIN; `typed` was answered before, `problem` says why again."""
        # The agent asked for a PIN, also of someone who was a manager when they signed in.
        needs_pin = typed is not None or not self.desk.session.is_manager()
        question = LetInScreen(
            tr("Let in {ticket}?", ticket=ticket.subject),
            needs_pin=needs_pin,
            text=typed.text if typed is not None else "",
            problem=problem,
        )
        self.app.push_screen(question, lambda answer: self._manager_answered(ticket, answer))

    def _manager_answered(self, ticket: Presented, answer: Approval | None) -> None:
        def ask_again(refusal: ProblemError) -> None:
            if refusal.code in PIN_REFUSED:
                self._ask_manager(ticket, answer, problem_text(refusal.problem))

        if answer is not None:
            act = self.gate.let_in(ticket, answer.text, answer.pin, ask_again)
            self.run_worker(act, group="let in")

    async def _find(self, typed: str) -> None:
        found = await self.gate.find(typed)
        if found is not None:
            self.app.push_screen(CandidatesScreen(typed, found), self._present)

    def _count(self) -> None:
        self.run_worker(self.gate.count_inside(), exclusive=True, group=REFRESH)

    def _verdicts(self) -> Iterator[str]:
        listed = list(self.gate.verdicts)[:_LISTED]
        words = [f"{verdict_name(judged.verdict)} · {judged.word}" for judged in listed]
        width = max(map(len, words), default=0)
        for judged, word in zip(listed, words, strict=True):
            time = clock_time(judged.at, self.desk.clock)
            yield f"{time}  {word:<{width}} {judged.subject:<12} {judged.text}".rstrip()
