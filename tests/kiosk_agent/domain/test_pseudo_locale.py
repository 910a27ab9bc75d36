"""In the pseudo-locale every text of the agent stands in accents: what is plain was forgotten.

Sample values have no ASCII letter, but for what the contracts demand; those are named below.
"""

import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any, get_type_hints
from uuid import UUID

import pytest

from kiosk_agent import domain
from kiosk_agent.domain import sheets
from kiosk_agent.domain.epochs import EpochReason, EpochRecord, epoch_warnings
from kiosk_agent.domain.leaving import why_not_reinstall
from kiosk_agent.domain.paper import Line, Pair, Sheet
from kiosk_agent.domain.printing import printer_warning
from kiosk_agent.domain.quarantine import advice_for
from kiosk_agent.domain.records import Counts
from kiosk_agent.domain.reporting import room_warnings, warnings_of
from kiosk_agent.domain.reprinting import Standings
from kiosk_agent.domain.reserve import empty_warning
from kiosk_agent.domain.room import RoomLimits
from kiosk_agent.domain.scanning import scanner_warning
from kiosk_agent.domain.wording import VOIDED_HERE, kind_name, revoked_because
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.look_up import TicketStanding
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.printing import PrinterState
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.refunds import RefundDecision
from kiosk_contracts.scanning import ScannerState
from kiosk_contracts.selling import SaleRecorded
from kiosk_contracts.shifts import ShiftReport
from kiosk_contracts.staff import StaffRole
from kiosk_texts import (
    PSEUDO,
    day_and_time,
    exact_day_and_time,
    mark,
    read_language,
    speaking,
    time,
    tr,
)

WHEN = datetime(2026, 11, 21, 20, 14, 5, tzinfo=UTC)
RECEIPT = "HB1-1-000017"
SERIAL = "0000000000"
DATA = ("HB1", "EUR", "ana")
"""What the contracts let nobody write without letters."""
_PLACES = re.compile(r"\d+ MB")
_LETTER = re.compile(r"[A-Za-z]+")


@pytest.fixture(autouse=True)
def pseudo() -> Iterator[None]:
    with speaking(read_language(PSEUDO)):
        yield


def plain(text: str) -> list[str]:
    """Return the words of a text that are in plain letters and no data."""
    local = WHEN.astimezone()
    for form in (exact_day_and_time(local), day_and_time(local), time(local), *DATA):
        text = text.replace(form, "")
    return _LETTER.findall(_PLACES.sub("", text))


def eur(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def refusing_modules() -> list[ModuleType]:
    names = [one.name for one in pkgutil.iter_modules(domain.__path__)]
    found = [name for name in names if name.startswith("refusals")]
    return [importlib.import_module(f"{domain.__name__}.{name}") for name in found]


Factory = Callable[..., ProblemError]


def factories() -> list[tuple[str, Factory]]:
    """Return every function that makes a refusal, by its name."""
    return [
        (f"{module.__name__.rpartition('.')[2]}.{name}", made)
        for module in refusing_modules()
        for name, made in inspect.getmembers(module, inspect.isfunction)
        if made.__module__ == module.__name__
        and not name.startswith("_")
        and get_type_hints(made).get("return") is ProblemError
    ]


BY_NAME: dict[str, list[Any]] = {
    "code": ["ticket_foreign", "ticket_truncated", "ticket_code_unreadable"],
    "kind": [*TransactionKind, "§"],
    "reason": ["voided", "refunded", "written_off", VOIDED_HERE, "§", ""],
}
"""For texts of which some mean something."""
BY_TYPE: dict[Any, list[Any]] = {
    str: ["§", "", "cancelled"],
    int: [0, 1, 5],
    bool: [False, True],
    UUID: [UUID(int=7)],
    Money: [eur("12.50"), eur("0")],
    datetime: [WHEN],
    timedelta: [timedelta(hours=12), timedelta(minutes=90)],
    datetime | None: [WHEN, None],
    StaffRole: list(StaffRole),
    JournalState: list(JournalState),
    RoomLimits: [RoomLimits()],
    Standings: [{"0" * 10: standing} for standing in TicketStanding],
}


def samples(made: Factory) -> Iterator[dict[str, Any]]:
    """Return sets of arguments that lead into every branch."""
    hints = get_type_hints(made)
    names = list(inspect.signature(made).parameters)
    choices = [BY_NAME.get(name, BY_TYPE[hints[name]]) for name in names]
    for values in itertools.product(*choices):
        yield dict(zip(names, values, strict=True))


@pytest.mark.parametrize(("name", "made"), factories(), ids=[name for name, _ in factories()])
def test_a_refusal_has_no_plain_word(name: str, made: Factory) -> None:
    for arguments in samples(made):
        problem = made(**arguments).problem
        given = [value for value in arguments.values() if value == "cancelled"]
        for text in (problem.title, problem.detail, problem.hint):
            words = [word for word in plain(text) if word not in given]
            assert not words, (name, arguments, text)
        assert problem.title, name
        assert problem.hint, name


def test_every_module_of_refusals_has_some() -> None:
    found = {name.partition(".")[0] for name, _ in factories()}
    assert found == {module.__name__.rpartition(".")[2] for module in refusing_modules()}
    assert len(factories()) > 60


def test_the_control_finds_what_is_plain() -> None:
    assert plain(tr("sold to {name}", name="§") + " ana, 63 MB, " + day_and_time(WHEN)) == []
    assert plain(mark("never sold")) == ["never", "sold"]


def sale() -> SaleRecorded:
    ticket = {
        "serial": SERIAL,
        "code": "EP1",
        "event_id": "1",
        "event_name": "§",
        "ticket_type_name": "§",
        "unit_price": eur("12.50").to_json(),
        "starts_at": WHEN.isoformat(),
    }
    amount, given = eur("12.50").to_json(), eur("25.00").to_json()
    return SaleRecorded.model_validate(
        {
            "txn_id": "01935f2e-0000-7000-8000-000000000001",
            "kind": "sale",
            "sequence": 1,
            "recorded_at": WHEN.isoformat(),
            "offline": False,
            "receipt_number": RECEIPT,
            "total": eur("25.00").to_json(),
            "tender": [
                {"method": "cash", "amount": amount, "given": given, "change": amount},
                {"method": "card", "amount": amount, "reference": "§"},
                {"method": "complimentary", "amount": amount, "reason": "§"},
            ],
            "tickets": [ticket, ticket],
        }
    )


def type_sum(undone: int) -> dict[str, Any]:
    return {
        "event_id": "1",
        "event_name": "§",
        "ticket_type_id": "1",
        "ticket_type_name": "§",
        "unit_price": eur("12.50").to_json(),
        "sold": 3,
        "undone": undone,
    }


def report(*, is_closed: bool) -> ShiftReport:
    amount = eur("12.50").to_json()
    methods = ("cash", "card", "complimentary", "§")
    decisions = (RefundDecision.GIVE_BACK, RefundDecision.ASKING)
    return ShiftReport.model_validate(
        {
            "shift_id": "00000000-0000-4000-8000-000000000001",
            "staff_id": "ana",
            "staff_name": "§",
            "venue_name": "§",
            "kiosk_code": "HB1",
            "opened_at": WHEN.isoformat(),
            "at": WHEN.isoformat(),
            "is_closed": is_closed,
            **dict.fromkeys(("sales", "voids", "refunds"), 3),
            "first_receipt": RECEIPT,
            "last_receipt": RECEIPT,
            "by_method": [
                {"method": one, "taken": amount, "given_back": amount} for one in methods
            ],
            "by_type": [type_sum(undone) for undone in (0, 1)],
            "cancelled": {
                "payments": 2,
                "given_back": [{"method": one, "amount": amount} for one in ("cash", "card", "§")],
            },
            **dict.fromkeys(("opening_float", "paid_in", "paid_out", "expected_cash"), amount),
            **dict.fromkeys(("counted", "over_short"), amount),
            "pieces": [{"value": amount, "pieces": 2}],
            "reason": "§",
            "approved_by": "ana",
            "approved_by_name": "§",
            "open_refunds": [
                {"receipt_number": RECEIPT, "total": amount, "decision": one} for one in decisions
            ],
            "unreadable": [4, 5],
        }
    )


HEADING = sheets.Heading("§", datetime.astimezone)
SHEETS: dict[str, list[Callable[[], Sheet]]] = {
    "ticket_sheet": [lambda: sheets.ticket_sheet(sale(), sale().tickets[0], HEADING, 1)],
    "receipt_sheet": [lambda: sheets.receipt_sheet(sale(), HEADING, 1)],
    "report_sheet": [
        lambda: sheets.report_sheet(report(is_closed=False), HEADING, 1),
        lambda: sheets.report_sheet(report(is_closed=True), HEADING, 1),
    ],
}


def test_no_sheet_has_a_plain_word() -> None:
    made = {name for name, _ in inspect.getmembers(sheets, inspect.isfunction)}
    assert {name for name in made if name.endswith("_sheet")} == set(SHEETS)
    for name, variants in SHEETS.items():
        for sheet in (variant() for variant in variants):
            for piece in sheet:
                texts = {Line: ("text",), Pair: ("left", "right")}.get(type(piece), ())
                for text in (getattr(piece, field) for field in texts):
                    assert not plain(text), (name, text)


def warnings() -> Iterator[Any]:
    states = dict.fromkeys(JournalState, 2)
    for handed_over in (0, 1):
        counts = Counts(states, 9, WHEN, handed_over=handed_over)
        for enrolled in (False, True):
            yield from warnings_of(counts, None, {}, enrolled=enrolled)
    for free, held in ((100_000_000, True), (1_000_000, True), (1_000_000, False)):
        yield from room_warnings(free, RoomLimits(), reserve_held=held)
    for reason in EpochReason:
        record = EpochRecord(UUID(int=7), 2, 5, WHEN, reason, "§", None, ((3, 4),), ((1, 1),))
        yield from epoch_warnings([record, record])
    yield from (printer_warning(state, 3) for state in PrinterState)
    yield scanner_warning(ScannerState.AWAY)
    yield from (empty_warning(["§"] * count) for count in (1, 3))


def test_no_warning_has_a_plain_word() -> None:
    said = [warning for warning in warnings() if warning is not None]
    assert len(said) > 15
    for warning in said:
        assert not plain(warning.text), warning
        assert not plain(warning.hint), warning


def test_no_advice_and_no_reason_has_a_plain_word() -> None:
    for code in (*ProblemCode, "§"):
        for kind in TransactionKind:
            advice = advice_for(code, kind)
            known = plain(advice.words.replace(code, ""))
            assert not known, advice
            assert not plain(advice.hint), advice
    for count in (1, 2):
        for reason in why_not_reinstall(uncovered=count, in_payment=count, unread=count):
            assert not plain(reason), reason
    assert not any(map(plain, map(kind_name, TransactionKind)))
    assert not any(map(plain, map(revoked_because, ("voided", "refunded", "written_off"))))
