"""The pre-show check, over the UI socket: whether a kiosk is ready to sell and admit."""

from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, SecretStr

from kiosk_contracts.ids import KioskCode, StaffId
from kiosk_contracts.wire import WireModel

MOST_KEPT: Final = 60
"""Checks that a kiosk keeps; the oldest goes first."""


class CheckVerdict(StrEnum):
    """How one thing is, from best to worst."""

    GOOD = "good"
    LOOK = "look"
    """It works; somebody should know, or look after it."""
    BAD = "bad"
    """Doors should not open like this."""


class CheckedThing(StrEnum):
    """What is looked at."""

    STOCK = "stock"
    KEYS = "keys"
    ADMISSIONS = "admissions"
    CLOCK = "clock"
    DISK = "disk"
    PRINTER = "printer"
    SCANNER = "scanner"
    LINE = "line"
    TRANSACTIONS = "transactions"
    AGENT = "agent"


class CheckLine(WireModel):
    """One thing, how it is, and what to do about it."""

    thing: str
    """A CheckedThing."""
    verdict: str
    """A CheckVerdict; one that this version does not know counts as LOOK."""
    text: str
    """What was found, for staff."""
    hint: str = ""
    """What to do; empty where there is nothing to do."""


class PreShowCheck(WireModel):
    """What was found of everything at one moment."""

    at: AwareDatetime
    """By the kiosk's clock."""
    kiosk_code: KioskCode
    lines: tuple[CheckLine, ...]
    kept_by: StaffId | None = None
    """The manager who keeps it; None if it is only shown."""
    kept_by_name: str = ""
    """As it was then."""


class KeepCheck(WireModel):
    """Look once more, and keep what is found in a manager's name."""

    scanned: bool = False
    """Whether the scanner was tried, and its code arrived whole."""
    approval_pin: SecretStr | None = None
    """A manager's PIN, where the person signed in is not one."""


class KeptChecks(WireModel):
    """The checks that were kept, newest first, at most MOST_KEPT."""

    checks: tuple[PreShowCheck, ...]


_FROM_BEST: Final = (CheckVerdict.GOOD, CheckVerdict.LOOK, CheckVerdict.BAD)


def worst(check: PreShowCheck) -> CheckVerdict:
    """Return the worst verdict of a check."""
    return max((verdict_of(line) for line in check.lines), key=_FROM_BEST.index)


def verdict_of(line: CheckLine) -> CheckVerdict:
    """Return the verdict of a line; LOOK for one that only a newer peer knows."""
    try:
        return CheckVerdict(line.verdict)
    except ValueError:
        return CheckVerdict.LOOK
