"""Each thing that doors depend on, judged by itself."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kiosk_agent.domain.pre_show import SeenKiosk, check
from kiosk_agent.domain.reporting import TypeLeft
from kiosk_agent.domain.room import RoomState
from kiosk_contracts.kiosk_status import LineState, StatusWarning
from kiosk_contracts.pre_show import CheckedThing, CheckLine, CheckVerdict, PreShowCheck, worst
from kiosk_contracts.printing import PrinterState
from kiosk_contracts.scanning import ScannerState
from kiosk_texts import PSEUDO, day_and_time, read_language, speaking
from tests.support.tickets import season

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SINCE = day_and_time((NOON - timedelta(hours=3)).astimezone())
PLENTY = {("tide", "adult"): TypeLeft(live=20), ("tide", "child"): TypeLeft(live=9)}
READY = SeenKiosk(
    now=NOON,
    catalogue=season(quay="withdrawn"),
    left=PLENTY,
    keys=2,
    keys_synced_at=NOON - timedelta(minutes=5),
    feed_synced_at=NOON,
    offset_ms=40,
    free_bytes=9_000_000_000,
    room=RoomState.PLENTY,
    printer=PrinterState.READY,
    scanner=ScannerState.NONE,
    scanned=True,
    line=LineState.ONLINE,
    line_since=NOON - timedelta(hours=3),
    quarantined=0,
    parked=0,
    unsent=0,
)


def line_of(thing: CheckedThing, **changes: Any) -> CheckLine:
    """Return the only line of a thing, where all else is well."""
    (found,) = [one for one in check(replace(READY, **changes)) if one.thing == thing]
    return found


def test_a_kiosk_that_is_ready_is_good_in_everything_that_is_looked_at() -> None:
    lines = check(READY)

    assert {one.verdict for one in lines} == {"good"}
    assert not any(one.hint for one in lines)
    assert {one.thing for one in lines} == set(CheckedThing) - {CheckedThing.AGENT}
    assert lines[0].text == "Tide & Timber: 20 Adult, 9 Child."
    with speaking(read_language(PSEUDO)):
        assert set().union(*map(_plain, check(READY))) <= NAMES


@pytest.mark.parametrize(
    ("thing", "changes", "verdict", "words"),
    [
        (CheckedThing.STOCK, {"left": {}}, "bad", "0 Adult, 0 Child: nothing to sell"),
        (
            CheckedThing.STOCK,
            {"left": {**PLENTY, ("tide", "child"): TypeLeft(live=2)}},
            "look",
            "few left: Child",
        ),
        (
            CheckedThing.STOCK,
            {"left": {**PLENTY, ("tide", "child"): TypeLeft(clock_behind=9)}},
            "bad",
            "wait for the clock",
        ),
        (CheckedThing.STOCK, {"catalogue": None}, "look", "No event is on sale"),
        (
            CheckedThing.STOCK,
            {"now": NOON - timedelta(hours=23)},
            "look",
            "No event is on sale within a day",
        ),
        (CheckedThing.KEYS, {"keys": 0}, "bad", "knows no keys"),
        (CheckedThing.KEYS, {"keys_synced_at": None}, "look", "2 known, never read"),
        (
            CheckedThing.KEYS,
            {"keys_synced_at": NOON - timedelta(days=1, minutes=1)},
            "look",
            "read 24 h ago",
        ),
        (CheckedThing.ADMISSIONS, {"feed_synced_at": None}, "look", "never read"),
        (
            CheckedThing.ADMISSIONS,
            {"feed_synced_at": NOON - timedelta(minutes=61)},
            "look",
            "read 1 h ago",
        ),
        (CheckedThing.CLOCK, {"offset_ms": None}, "look", "Never compared"),
        (CheckedThing.CLOCK, {"offset_ms": 61_000}, "look", "61 s behind"),
        (CheckedThing.CLOCK, {"offset_ms": -90_000}, "look", "90 s ahead of"),
        (CheckedThing.DISK, {"room": RoomState.LOW, "free_bytes": 400_000_000}, "look", "400 MB"),
        (CheckedThing.DISK, {"room": RoomState.STOP, "free_bytes": 9_000_000}, "bad", "9 MB"),
        (CheckedThing.PRINTER, {"printer": PrinterState.PAPER_LOW}, "look", "nearly out"),
        (CheckedThing.PRINTER, {"printer": PrinterState.PAPER_OUT}, "bad", "out of paper"),
        (CheckedThing.PRINTER, {"printer": PrinterState.COVER_OPEN}, "bad", "cover"),
        (CheckedThing.PRINTER, {"printer": PrinterState.UNREACHABLE}, "bad", "not answer"),
        (CheckedThing.SCANNER, {"scanned": False}, "look", "Not tried"),
        (CheckedThing.SCANNER, {"scanner": ScannerState.AWAY}, "bad", "scanner"),
        (CheckedThing.LINE, {"line": LineState.OFFLINE}, "look", f"No line since {SINCE}"),
        (CheckedThing.LINE, {"line": LineState.CONNECTING}, "look", "Asking"),
        (CheckedThing.TRANSACTIONS, {"quarantined": 1, "parked": 2}, "look", "1 for a manager, 2"),
        (CheckedThing.TRANSACTIONS, {"parked": 2}, "look", "0 for a manager, 2 set aside"),
    ],
)
def test_what_is_not_well_is_said_with_what_to_do(
    thing: CheckedThing, changes: dict[str, Any], verdict: str, words: str
) -> None:
    found = line_of(thing, **changes)

    assert found.verdict == verdict
    assert words in found.text
    if found.thing != CheckedThing.LINE or changes["line"] is LineState.OFFLINE:
        assert found.hint
    with speaking(read_language(PSEUDO)):
        assert _plain(line_of(thing, **changes)) <= NAMES


NAMES = {"Tide", "Timber", "Adult", "Child", "MB", *re.findall("[A-Za-z]+", SINCE)}


def _plain(line: CheckLine) -> set[str]:
    return set(re.findall("[A-Za-z]+", f"{line.text} {line.hint}"))


@pytest.mark.parametrize(
    ("thing", "changes"),
    [
        (CheckedThing.PRINTER, {"printer": PrinterState.NONE}),
        (CheckedThing.TRANSACTIONS, {"unsent": 7}),
        (CheckedThing.SCANNER, {"scanner": ScannerState.READY}),
        (CheckedThing.CLOCK, {"offset_ms": -60_000}),
        (CheckedThing.KEYS, {"keys_synced_at": NOON - timedelta(days=1)}),
        (CheckedThing.ADMISSIONS, {"feed_synced_at": NOON - timedelta(hours=1)}),
        # A lease lasts longer than sales do, and the kiosk sells by its lease.
        (CheckedThing.STOCK, {"now": NOON + timedelta(hours=20)}),
    ],
)
def test_what_is_in_order_is_good(thing: CheckedThing, changes: dict[str, Any]) -> None:
    assert line_of(thing, **changes).verdict == "good"


def test_each_trouble_of_the_agent_is_a_line_but_the_printers_which_has_its_own() -> None:
    troubles = [
        StatusWarning(code="file_damaged", text="The file has a fault.", hint="Call."),
        StatusWarning(code="printer_paper_out", text="The printer is out of paper."),
    ]

    lines = check(replace(READY, warnings=troubles, printer=PrinterState.PAPER_OUT))

    assert [(one.text, one.hint) for one in lines if one.thing == CheckedThing.AGENT] == [
        ("The file has a fault.", "Call.")
    ]
    assert sum("out of paper" in one.text for one in lines) == 1


def test_a_check_is_as_good_as_its_worst_line() -> None:
    def judged(*verdicts: str) -> CheckVerdict:
        lines = tuple(CheckLine(thing="disk", verdict=each, text="") for each in verdicts)
        return worst(PreShowCheck(at=NOON, kiosk_code="HB1", lines=lines))

    assert judged("good", "good") is CheckVerdict.GOOD
    assert judged("good", "look", "good") is CheckVerdict.LOOK
    assert judged("bad", "look", "good") is CheckVerdict.BAD
    assert judged("good", "unheard of") is CheckVerdict.LOOK
