"""What the agent says, in the words that `docs/ui.md` promises."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from uuid6 import uuid7

from kiosk_contracts.flags import Flag
from kiosk_contracts.kiosk_status import KioskStatus, TransactionRow
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.plain_text import is_plain_text
from kiosk_contracts.problem import Problem
from kiosk_contracts.selling import Recorded
from kiosk_contracts.staff import StaffRole
from kiosk_texts import PSEUDO, read_language, speaking
from kiosk_ui.cleaning import clean
from kiosk_ui.clock import SystemClock
from kiosk_ui.words import (
    event_time,
    event_time_width,
    flag_words,
    handed_over_by,
    kind_words,
    line_status,
    problem_notice,
    recorded_by,
    recorded_notice,
    role_words,
    row_note,
    state_words,
    title_words,
)
from tests.support.ui_agent_books import Books
from tests.support.ui_till import StandingClock

CLOCK = StandingClock()
SINCE = datetime(2026, 11, 21, 20, 15, 10, tzinfo=UTC)


def status(**changes: Any) -> KioskStatus:
    books = Books(now=lambda: SINCE)
    return KioskStatus.model_validate({**books.status(), **changes})


def row(**changes: Any) -> TransactionRow:
    return TransactionRow.model_validate(
        {
            "txn_id": uuid7(),
            "sequence": 3,
            "kind": "sale",
            "state": "queued",
            "receipt_number": "HB1-1-000002",
            "recorded_at": SINCE,
            "cashier_id": "ana",
            "total": None,
            "tickets": 1,
            "voided": False,
            "attempts": 3,
            **changes,
        }
    )


def test_online_says_since_when_and_how_much() -> None:
    assert line_status(status(), None, CLOCK) == (
        "ONLINE since 20:15:10 · 0 unsent · 63 left to sell",
        "online",
    )


def test_offline_counts_the_unsent_and_what_a_manager_must_see() -> None:
    told = status(line="offline", unsent=12, counts={"quarantined": 1})
    assert line_status(told, None, CLOCK) == (
        "OFFLINE since 20:15:10 · 12 unsent · 63 left to sell · 1 for a manager",
        "offline",
    )


def test_the_line_status_counts_what_was_handed_over_and_what_stands_aside() -> None:
    told = status(counts={"quarantined": 3, "parked": 2, "settled": 9}, handed_over=1)
    words, _ = line_status(told, None, CLOCK)
    assert words.endswith("· 3 for a manager (1 handed over) · 2 set aside")


def test_an_outage_of_days_says_its_day() -> None:
    told = status(line="offline", line_since=SINCE - timedelta(days=7))
    assert line_status(told, None, CLOCK)[0].startswith("OFFLINE since Sat 14 Nov 20:15 · ")
    assert line_status(told, SINCE - timedelta(days=7), CLOCK)[0].startswith(
        "NO AGENT since Sat 14 Nov 20:15 · "
    )


def test_where_a_ticket_was_used_is_not_said_twice() -> None:
    problem = {
        "title": "Already inside",
        "status": 409,
        "code": "already_admitted",
        "detail": "Admitted at 20:15:10, gate North.",
        "previous": {"gate": "North", "at": "2026-11-21T20:15:10+00:00"},
    }
    notice = problem_notice(Problem.model_validate(problem), CLOCK)
    assert notice.details == ("Admitted at 20:15:10, gate North.",)


def test_a_line_that_is_not_up_yet_does_not_claim_to_be_online() -> None:
    assert line_status(status(line="connecting"), None, CLOCK)[0].startswith("OFFLINE since")


def test_an_absent_agent_is_said_whatever_it_said_last() -> None:
    words = "NO AGENT since 20:15:10 · waiting, nothing is lost"
    assert line_status(status(), SINCE, CLOCK) == (words, "away")
    assert line_status(None, SINCE, CLOCK) == (words, "away")
    assert line_status(None, None, CLOCK) == ("", "asking")


@pytest.mark.parametrize(
    ("kind", "offline", "subject", "headline"),
    [
        ("shift_opened", False, "", "✔ #23 shift opened recorded online"),
        ("exit", True, "YAH9EDD1RH", "✔ #23 exit YAH9EDD1RH recorded offline"),
    ],
)
def test_recorded_is_said_with_sequence_kind_subject_and_line(
    kind: str, subject: str, headline: str, *, offline: bool
) -> None:
    answer = Recorded(txn_id=uuid7(), kind=kind, sequence=23, recorded_at=SINCE, offline=offline)
    assert recorded_notice(answer, subject).headline == headline


def test_a_refusal_says_title_detail_and_hint() -> None:
    notice = problem_notice(
        Problem(title="Sold out", status=409, code="sold_out", detail="3 left.", hint="Offer it."),
        CLOCK,
    )
    assert (notice.headline, notice.details) == ("✖ Sold out", ("3 left.", "Offer it."))


def test_amber_has_its_own_sign() -> None:
    problem = {"title": "Sync first", "status": 409, "code": "ticket_key_unknown"}
    notice = problem_notice(Problem.model_validate({**problem, "verdict": "amber"}), CLOCK)
    assert notice.headline == "▲ Sync first"


@pytest.mark.parametrize(
    ("previous", "said"),
    [
        (
            {"gate": "North", "at": "2026-11-21T20:15:10+00:00"},
            ("Used before at North, 20:15:10.",),
        ),
        ({"gate": "North", "at": "yesterday"}, ()),
        ("garbage", ()),
    ],
)
def test_where_a_ticket_was_used_before_is_said_if_it_can_be_read(
    previous: object, said: tuple[str, ...]
) -> None:
    problem = {"title": "Used", "status": 409, "code": "already_admitted", "previous": previous}
    assert problem_notice(Problem.model_validate(problem), CLOCK).details == said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "queued"}, "waiting to be sent"),
        ({"state": "uploading"}, "being sent"),
        ({"state": "settled"}, "settled"),
        ({"state": "parked"}, "set aside, tried 3 times"),
        ({"state": "parked", "attempts": 1}, "set aside, tried 1 time"),
        ({"state": "quarantined", "reason": "leased elsewhere"}, "for a manager: leased elsewhere"),
        ({"state": "archived"}, "archived"),
    ],
)
def test_a_state_is_said_in_words(changes: dict[str, Any], words: str) -> None:
    assert state_words(row(**changes)) == words


def test_a_note_says_reason_flags_and_hint_once() -> None:
    parked = row(state="parked", reason="busy", flags=("price_differs",), hint="Wait.")
    assert row_note(parked) == "busy · price differs · Wait."
    assert row_note(row(state="quarantined", reason="bad", hint="Call.")) == "Call."


@given(st.text())
def test_nothing_that_steers_a_terminal_is_shown(text: str) -> None:
    assert is_plain_text(clean(text))


def test_a_time_is_shown_anew_in_another_zone_and_another_language() -> None:
    berlin = SystemClock(ZoneInfo("Europe/Berlin"))
    for _ in range(2):
        assert event_time(SINCE, CLOCK) == "Sat 21 Nov 20:15"
        assert event_time(SINCE, berlin) == "Sat 21 Nov 21:15"
        with speaking(read_language("de_DE")):
            assert event_time(SINCE, berlin) == "Sa., 21. Nov. 21:15"


@pytest.mark.parametrize("tag", ["en_GB", "en_US", "de_DE", "fr_FR", "ja_JP"])
def test_a_column_of_times_has_room_for_each_day_of_a_year(tag: str) -> None:
    with speaking(read_language(tag)):
        first = datetime(2026, 1, 1, 22, 30, tzinfo=UTC)
        days = [first + timedelta(days=day) for day in range(365)]
        assert max(cell_len(event_time(day, CLOCK)) for day in days) <= event_time_width()


def test_kinds_roles_and_flags_that_are_not_known_are_shown_as_they_come() -> None:
    assert (kind_words("gift_card"), role_words("usher"), flag_words("odd_one")) == (
        "gift card",
        "usher",
        "odd one",
    )
    with speaking(read_language("de_DE")):
        assert kind_words("shift_opened") == "Schichtstart"
        assert role_words("cashier") == "Kassenkraft"


def test_every_kind_role_and_flag_of_this_version_has_its_words() -> None:
    with speaking(read_language(PSEUDO)):
        for kind in TransactionKind:
            assert not re.search("[a-z]", kind_words(kind)), kind
        for role in StaffRole:
            assert not re.search("[a-z]", role_words(role)), role
        for flag in Flag:
            assert not re.search("[a-z]", flag_words(flag)), flag


def test_a_transaction_is_titled_with_its_number_once() -> None:
    assert title_words(row()) == "#3 sale HB1-1-000002"
    assert title_words(row(kind="admission", receipt_number=None)) == "#3 admission"


def test_people_are_named_by_what_is_known_of_them() -> None:
    handed = {"at": SINCE, "by": "mia", "note": "call"}
    named = row(cashier_name="Ana A.", handed_over=handed, handed_over_name="Mia M.")
    unnamed = row(handed_over=handed)
    assert (recorded_by(named), handed_over_by(named)) == ("Ana A.", "Mia M.")
    assert (recorded_by(unnamed), handed_over_by(unnamed)) == ("ana", "mia")
    assert handed_over_by(row()) == ""
