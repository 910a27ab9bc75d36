"""The pre-show check: what staff see of it, and keeping it. Knows no screen."""

from collections.abc import Callable, Iterator
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
from kiosk_ui.agent_client import with_pin
from kiosk_ui.clock import Clock
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.words import clean, event_time

_THINGS: Final = {
    CheckedThing.STOCK: "Tickets",
    CheckedThing.KEYS: "Keys",
    CheckedThing.ADMISSIONS: "Admissions",
    CheckedThing.CLOCK: "Clock",
    CheckedThing.DISK: "Disk",
    CheckedThing.PRINTER: "Printer",
    CheckedThing.SCANNER: "Scanner",
    CheckedThing.LINE: "Line",
    CheckedThing.TRANSACTIONS: "Transactions",
    CheckedThing.AGENT: "Agent",
}
_CHECK: Final = "/v1/pre-show"
_SIGNS: Final = {CheckVerdict.GOOD: "✔", CheckVerdict.LOOK: "▲", CheckVerdict.BAD: "✖"}


def thing_words(line: CheckLine) -> str:
    """Return what was looked at, with the sign of its verdict, e.g. `▲ Line`."""
    thing = line.thing
    words = _THINGS[CheckedThing(thing)] if thing in set(CheckedThing) else clean(thing)
    return f"{_SIGNS[verdict_of(line)]} {words}"


def summary(check: PreShowCheck) -> str:
    """Return the whole check in one sentence."""
    match worst(check):
        case CheckVerdict.GOOD:
            return "✔ Ready to open doors."
        case CheckVerdict.LOOK:
            return f"▲ Ready to open doors; to look at: {_named(check, CheckVerdict.LOOK)}."
        case CheckVerdict.BAD:
            return f"✖ Not ready: {_named(check, CheckVerdict.BAD)}."


def last_kept(check: PreShowCheck | None, clock: Clock) -> str:
    """Return when a check was last kept, by whom, and what it said."""
    if check is None:
        return "No check was kept yet."
    who = clean(check.kept_by or "")
    return f"Last kept {event_time(check.at, clock)} by {who}: {summary(check)}"


def _named(check: PreShowCheck, verdict: CheckVerdict) -> str:
    return ", ".join(dict.fromkeys(_lower(check, verdict)))


def _lower(check: PreShowCheck, verdict: CheckVerdict) -> Iterator[str]:
    for line in check.lines:
        if verdict_of(line) is verdict:
            yield thing_words(line)[2:].lower()


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
            what="keeping the check",
            on_refused=on_refused,
        )
        if kept is not None:
            by = f"Kept in the name of {clean(kept.kept_by or '')}."
            self._desk.announcer.announce(
                Notice(Tone.RECORDED, "The check is kept", (by, summary(kept)))
            )
        return kept
