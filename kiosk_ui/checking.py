"""The pre-show check: what staff see of it, and keeping it. Knows no screen."""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import SecretStr

from kiosk_contracts.pre_show import (
    CheckedThing,
    CheckLine,
    CheckVerdict,
    KeepCheck,
    KeptChecks,
    PreShowCheck,
    verdict_of,
    worst,
)
from kiosk_contracts.problem import ProblemError
from kiosk_texts import mark, tr
from kiosk_ui.calls import with_pin
from kiosk_ui.cleaning import clean
from kiosk_ui.clock import Clock
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.words import event_time

_THINGS: Final[Mapping[str, tuple[str, str]]] = {
    CheckedThing.STOCK: (mark("Tickets"), mark("tickets")),
    CheckedThing.KEYS: (mark("Keys"), mark("keys")),
    CheckedThing.ADMISSIONS: (mark("Admissions"), mark("admissions")),
    CheckedThing.CLOCK: (mark("Clock"), mark("clock")),
    CheckedThing.DISK: (mark("Disk"), mark("disk")),
    CheckedThing.PRINTER: (mark("Printer"), mark("printer")),
    CheckedThing.SCANNER: (mark("Scanner"), mark("scanner")),
    CheckedThing.LINE: (mark("Line"), mark("line")),
    CheckedThing.TRANSACTIONS: (mark("Transactions"), mark("transactions")),
    CheckedThing.AGENT: (mark("Agent"), mark("agent")),
}
"""As a label, and as one of several in a sentence."""
_CHECK: Final = "/v1/pre-show"
_SIGNS: Final = {CheckVerdict.GOOD: "✔", CheckVerdict.LOOK: "▲", CheckVerdict.BAD: "✖"}


def thing_words(line: CheckLine) -> str:
    """Return what was looked at, with the sign of its verdict, e.g. `▲ Line`."""
    return f"{_SIGNS[verdict_of(line)]} {_label(line.thing)}"


def summary(check: PreShowCheck) -> str:
    """Return the whole check in one sentence."""
    match worst(check):
        case CheckVerdict.GOOD:
            words = tr("Ready to open doors.")
        case CheckVerdict.LOOK:
            things = _named(check, CheckVerdict.LOOK)
            words = tr("Ready to open doors; to look at: {things}.", things=things)
        case CheckVerdict.BAD:
            words = tr("Not ready: {things}.", things=_named(check, CheckVerdict.BAD))
    return f"{_SIGNS[worst(check)]} {words}"


def last_kept(check: PreShowCheck | None, clock: Clock) -> str:
    """Return when a check was last kept, by whom, and what it said."""
    if check is None:
        return tr("No check was kept yet.")
    return tr(
        "Last kept {when} by {name}: {summary}",
        when=event_time(check.at, clock),
        name=_kept_by(check),
        summary=summary(check),
    )


def _kept_by(check: PreShowCheck) -> str:
    return clean(check.kept_by_name or check.kept_by or "")


def _label(thing: str) -> str:
    known = _THINGS.get(thing)
    return clean(thing) if known is None else tr(known[0])


def _named(check: PreShowCheck, verdict: CheckVerdict) -> str:
    things = (line.thing for line in check.lines if verdict_of(line) is verdict)
    return ", ".join(map(_in_sentence, dict.fromkeys(things)))


def _in_sentence(thing: str) -> str:
    known = _THINGS.get(thing)
    return clean(thing) if known is None else tr(known[1])


class CheckDesk:
    """Asks the agent, and announces what became of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def look(self, *, scanned: bool) -> PreShowCheck | None:
        """Return how everything is now; None if the agent is away."""
        client = self._desk.client
        query = [("scanned", "1")] if scanned else []
        return await self._desk.asking.ask_quietly(
            lambda: client.call(PreShowCheck, "GET", _CHECK, query=query)
        )

    async def last(self) -> PreShowCheck | None:
        """Return the check that was kept last; None if there is none."""
        client = self._desk.client
        kept = await self._desk.asking.ask_quietly(
            lambda: client.call(KeptChecks, "GET", f"{_CHECK}/kept")
        )
        return kept.checks[0] if kept is not None and kept.checks else None

    async def keep(
        self, *, scanned: bool, pin: str | None, on_refused: Callable[[ProblemError], None]
    ) -> PreShowCheck | None:
        """Keep what is found now in a manager's name; None if refused, with the refusal shown.

        `pin` is a manager's, None where the person signed in is one.
        """
        client = self._desk.client
        body = with_pin(KeepCheck(scanned=scanned, approval_pin=SecretStr(pin) if pin else None))
        kept = await self._desk.asking.ask(
            lambda: client.call(PreShowCheck, "POST", _CHECK, body),
            what=tr("keeping the check"),
            on_refused=on_refused,
        )
        if kept is not None:
            by = tr("Kept in the name of {name}.", name=_kept_by(kept))
            self._desk.announcer.announce(
                Notice(Tone.RECORDED, tr("The check is kept"), (by, summary(kept)))
            )
        return kept
