"""Letting people in and out at this gate, one ticket after the other. Knows no screen."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import SecretStr

from kiosk_contracts.admitting import MAY_BE_LET_IN, AdmissionRecorded, Admit, Verdict
from kiosk_contracts.gate_search import GateCandidates
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.serials import SERIAL_LENGTH, SerialError, normalise_serial
from kiosk_contracts.ticket_code import TicketCode, TicketCodeError
from kiosk_texts import mark, tr, trn
from kiosk_ui.cleaning import clean
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone, refused
from kiosk_ui.selling import new_txn_id
from kiosk_ui.words import problem_notice, recorded_notice

_KEPT: Final = 50
_MOST_WAITING: Final = 200
"""So many scans may come quicker than their answers, a hundred in a row among them."""
TWICE_WITHIN_S: Final = 1.0
"""Scanners read a code twice; nobody else holds up the same ticket so soon."""
_GLANCE_S: Final = 0.05
"""Sooner nobody has seen what stands on a screen, nor that it has gone."""
_NOT_FOUND: Final = (
    mark("No sale of this kiosk has that receipt number, or a buyer of that name."),
    mark("It knows its own sales alone: scan the ticket, or type its serial."),
)
_MAY_BE_LET_IN: Final = mark("A manager may let them in after asking: Admit, F8.")
_VERDICTS: Final = {
    Verdict.GREEN: mark("GREEN"),
    Verdict.AMBER: mark("AMBER"),
    Verdict.RED: mark("RED"),
}


class Direction(StrEnum):
    """Which way people go."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict as the gate shows it."""

    at: datetime
    verdict: Verdict
    word: str
    """E.g. `LET IN`: what to do, so that colour is never alone."""
    subject: str
    """The serial, or the beginning of what was scanned."""
    text: str
    may_let_in: "Presented | None" = None
    """The ticket, where a manager may let it in after asking."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A ticket at the gate: scanned, or its serial typed."""

    text: str
    scanned: bool
    at: float = 0.0
    """When it was scanned, in monotonic seconds."""

    @property
    def subject(self) -> str:
        """The ticket's serial where it can be read, else what was presented."""
        try:
            if self.scanned:
                return TicketCode.decode(self.text).facts.serial
            return normalise_serial(self.text)
        except (TicketCodeError, SerialError):
            return clean(self.text.strip()[:12])


@dataclass(frozen=True, slots=True)
class _Question:
    """What the agent is asked about a ticket, and what hears of a refusal without a verdict."""

    admit: Admit
    presented: Presented
    on_refused: Callable[[ProblemError], None] | None = None


class Gate:
    """Asks for each presented ticket in order; verdicts are kept, newest first."""

    def __init__(
        self, desk: Desk, changed: Callable[[Judged | None], None], ring: Callable[[], None]
    ) -> None:
        """Tell `changed` of all that is new, a verdict or None; `ring` for what lets nobody in."""
        self._desk = desk
        self._changed = changed
        self._ring = ring
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._scanned: tuple[Direction, Presented] | None = None
        self._answer_shown: Notice | None = None
        """What was said of the last ticket; None while it is being asked about."""
        self._twice: set[str] = set()
        """What the scanner read twice while its answer was waited for."""
        self.direction = Direction.IN
        self.inside: int | None = None
        """How many this kiosk knows to be inside; None until the agent has said it."""
        self.verdicts: deque[Judged] = deque(maxlen=_KEPT)
        self.latest: Judged | None = None
        """The verdict that stands now; None from the moment that anything else is presented."""
        self.asking = ""
        """What is being asked about, while no verdict stands."""

    async def count_inside(self) -> None:
        """Learn how many are inside."""
        event, client = self._desk.session.gate_event, self._desk.client
        if event is None:
            return
        now = await self._desk.asking.ask_quietly(lambda: client.gate_now(event.event_id))
        # Another event may have been chosen meanwhile.
        chosen = self._desk.session.gate_event
        if now is not None and chosen is not None and chosen.event_id == event.event_id:
            self.inside = now.inside
            self._changed(None)

    async def find(self, typed: str) -> GateCandidates | None:
        """Return tickets by receipt number or name, to choose from.

        None if that was refused, or nothing was found: then it is said, or presented as a serial.
        """
        event, client = self._desk.session.gate_event, self._desk.client
        self.take_down()
        if event is None:
            return None
        found = await self._desk.asking.ask(
            lambda: client.gate_tickets(event.event_id, typed),
            what=tr("looking for the ticket"),
            on_refused=lambda _refusal: self._ring(),
        )
        if found is None or found.candidates:
            return found
        if _may_be_serial(typed):
            await self.present(Presented(typed, scanned=False))
        else:
            self._refuse(refused(tr("No ticket is found"), *map(tr, _NOT_FOUND)))
        return None

    def turn_round(self) -> None:
        """Change between letting in and letting out."""
        self.direction = Direction.OUT if self.direction is Direction.IN else Direction.IN
        self.take_down()

    def begin_anew(self) -> None:
        """Let in from now on, whoever comes, with no verdict of before."""
        self.direction = Direction.IN
        self.take_down()

    def take_down(self) -> None:
        """Have no verdict stand: what comes now is another ticket, or none."""
        self.latest = None
        self._changed(None)

    async def present(self, presented: Presented) -> None:
        """Ask about a ticket and show the verdict."""
        event = self._desk.session.gate_event
        if event is None:
            self._refuse(refused(tr("There is no event to admit to"), tr("Choose one first.")))
            return
        if self._is_repeat(presented):
            self._say_counted_once(presented)
            return
        if self._waiting:
            self._show_asking(presented)
        else:
            # Most answers come before a picture of asking could be seen; painting it would only
            # keep the verdict waiting. `_judge` paints it when the answer takes a moment.
            self._ask_about(presented)
        if self._waiting >= _MOST_WAITING:
            words = tr("Too many tickets wait for their answer")
            self._refuse(refused(words, tr("Scan this one again later.")))
            return
        await self._in_turn(_Question(self._admit(event.event_id, presented), presented))

    async def let_in(
        self,
        presented: Presented,
        reason: str,
        pin: str | None,
        on_refused: Callable[[ProblemError], None],
    ) -> None:
        """Let in a ticket that this gate could not judge: a manager stands for it, and says why.

        The PIN is theirs, None where the person signed in is one.
        """
        event = self._desk.session.gate_event
        if event is None:
            return
        admit = self._admit(event.event_id, presented).model_copy(
            update={"reason": reason, "approval_pin": SecretStr(pin) if pin else None}
        )
        self._show_asking(presented)
        await self._in_turn(_Question(admit, presented, on_refused))

    def _admit(self, event_id: str, presented: Presented) -> Admit:
        return Admit(
            txn_id=new_txn_id(),
            event_id=event_id,
            gate=self._desk.session.gate,
            code=presented.text[:400] if presented.scanned else None,
            serial=None if presented.scanned else presented.text[:40],
        )

    async def _in_turn(self, question: "_Question") -> None:
        direction = self.direction
        self._waiting += 1
        try:
            async with self._turn:
                await self._judge(question, direction)
        finally:
            self._waiting -= 1

    def _ask_about(self, presented: Presented) -> None:
        self.asking = presented.subject
        self.latest = None

    def _show_asking(self, presented: Presented) -> None:
        self._ask_about(presented)
        self._changed(None)

    def _refuse(self, notice: Notice) -> None:
        self._ring()
        self._desk.announcer.announce(notice)

    def _is_repeat(self, presented: Presented) -> bool:
        """Say whether the scanner has just read this code, the same way; else remember it."""
        if not presented.scanned:
            return False
        last, self._scanned = self._scanned, (self.direction, presented)
        if last is None or last[0] is not self.direction or last[1].text != presented.text:
            return False
        if not 0 <= presented.at - last[1].at < TWICE_WITHIN_S:
            return False
        # Counted from the first of them, so that it says no more than a second.
        self._scanned = last
        return True

    def _say_counted_once(self, presented: Presented) -> None:
        before = self._answer_shown
        if before is None:
            self._twice.add(presented.text)
            return
        words = tr("Scanned twice within a second: counted once")
        self._desk.announcer.announce(Notice(Tone.AMBER, words, (before.text, *before.details)))

    async def _judge(self, question: "_Question", direction: Direction) -> None:
        admit, presented = question.admit, question.presented
        self._answer_shown = None
        # The verdict before may have come since this ticket was presented, and stands so long.
        showing = asyncio.get_running_loop().call_later(_GLANCE_S, self._show_asking, presented)
        try:
            judgement = await self._desk.asking.ask(
                lambda: self._answer(admit, presented, direction),
                what=tr("asking about the ticket"),
                on_refused=question.on_refused,
            )
        finally:
            showing.cancel()
            self.asking = ""
            came_twice = presented.text in self._twice
            self._twice.discard(presented.text)
        if judgement is None or judgement[0].verdict is not Verdict.GREEN:
            self._ring()
        if judgement is None:
            self.take_down()
            return
        judged, notice = judgement
        self._answer_shown = notice
        if came_twice:
            twice = tr("Scanned twice within a second: counted once.")
            notice = replace(notice, details=(*notice.details, twice))
        self.verdicts.appendleft(judged)
        self.latest = judged
        self._desk.announcer.announce(notice)
        self._changed(judged)

    async def _answer(
        self, admit: Admit, presented: Presented, direction: Direction
    ) -> tuple[Judged, Notice]:
        try:
            if direction is Direction.OUT:
                left = await self._desk.client.let_out(admit)
                notice = recorded_notice(left, presented.subject, training=self._desk.link.training)
                now = await self._desk.asking.ask_quietly(
                    lambda: self._desk.client.gate_now(admit.event_id)
                )
                self.inside = now.inside if now is not None else self.inside
                return self._judged(Verdict.GREEN, tr("LET OUT"), presented.subject, ""), notice
            recorded = await self._desk.client.admit(admit)
            return self._let_in(recorded, presented)
        except ProblemError as refusal:
            extra = refusal.problem.model_extra or {}
            verdict = extra.get("verdict")
            if verdict not in {Verdict.RED, Verdict.AMBER}:
                raise
            notice = problem_notice(refusal.problem, self._desk.clock)
            amber = verdict == Verdict.AMBER
            word = tr("ASK") if amber else tr("STOP")
            colour = Verdict.AMBER if amber else Verdict.RED
            judged = self._judged(colour, word, presented.subject, notice.text)
            if extra.get(MAY_BE_LET_IN) is not True or direction is Direction.OUT:
                return judged, notice
            notice = replace(notice, details=(*notice.details, tr(_MAY_BE_LET_IN)))
            return replace(judged, may_let_in=presented), notice

    def _let_in(self, recorded: AdmissionRecorded, presented: Presented) -> tuple[Judged, Notice]:
        self.inside = recorded.inside
        text = clean(f"{recorded.event_name}, {recorded.ticket_type_name}")
        if not presented.scanned:
            text = f"{text} · {tr('by hand')}"
        if recorded.approved_by is not None:
            text = f"{text} · {tr('let in by a manager')}"
        inside = trn("{count} inside", "{count} inside", recorded.inside)
        notice = recorded_notice(
            recorded, "", f"{text} · {inside}", training=self._desk.link.training
        )
        return self._judged(Verdict.GREEN, tr("LET IN"), recorded.serial, text), notice

    def _judged(self, verdict: Verdict, word: str, subject: str, text: str) -> Judged:
        return Judged(self._desk.clock.now(), verdict, word, subject, text)


def verdict_name(verdict: Verdict) -> str:
    """Return a verdict's colour in a word."""
    return tr(_VERDICTS[verdict])


def is_serial(typed: str) -> bool:
    """Say whether a text is a serial, its check character included."""
    try:
        normalise_serial(typed)
    except SerialError:
        return False
    return True


def _may_be_serial(typed: str) -> bool:
    """Say whether somebody may have meant a serial: then its own refusal says what is wrong."""
    said = typed.replace(" ", "").replace("-", "")
    return said.isalnum() and said.isascii() and len(said) == SERIAL_LENGTH
