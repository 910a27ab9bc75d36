"""Tender lines: how a sale was paid, also in ways that only a newer peer knows."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kiosk_contracts.tender import (
    CardTender,
    CashTender,
    ComplimentaryTender,
    TenderLine,
    UnknownTender,
)

_LINES: TypeAdapter[tuple[TenderLine, ...]] = TypeAdapter(tuple[TenderLine, ...])


def _eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


CASH: dict[str, Any] = {
    "method": "cash",
    "amount": _eur("17.50"),
    "given": _eur("20.00"),
    "change": _eur("2.50"),
}
CARD = {"method": "card", "amount": _eur("40.00"), "reference": "T42-000917"}
FREE = {"method": "complimentary", "amount": _eur("12.00"), "reason": "press"}
VOUCHER = {"method": "voucher", "amount": _eur("5.00"), "voucher": {"no": "V-1", "left": None}}


def _read(*lines: Any) -> tuple[Any, ...]:
    return _LINES.validate_python(list(lines))


def test_a_split_payment_has_a_line_for_each_way_of_paying() -> None:
    kinds = [type(line) for line in _read(CASH, CARD, FREE, VOUCHER)]
    assert kinds == [CashTender, CardTender, ComplimentaryTender, UnknownTender]


def test_every_line_survives_being_read_and_written() -> None:
    lines = _read(CASH, CARD, FREE, VOUCHER)
    written = _LINES.dump_python(lines, mode="json")
    assert written == [CASH, CARD, FREE, VOUCHER]
    assert _LINES.validate_python(lines) == lines
    assert _read(*written) == lines


def test_a_way_of_paying_that_only_a_newer_peer_knows_is_kept_whole() -> None:
    (line,) = _read(VOUCHER)
    assert line.method == "voucher"
    assert line.to_json() == VOUCHER


def test_a_known_method_never_hides_as_an_unknown_one() -> None:
    with pytest.raises(ValidationError, match="reference"):
        _read({"method": "card", "amount": _eur("1.00")})


@pytest.mark.parametrize(("given", "change"), [("17.50", "0.00"), ("50.00", "32.50")])
def test_cash_given_less_change_is_the_amount(given: str, change: str) -> None:
    (line,) = _read({**CASH, "given": _eur(given), "change": _eur(change)})
    assert line.given - line.change == line.amount


@pytest.mark.parametrize(
    ("given", "change"), [("20.00", "2.51"), ("17.49", "0.00"), ("2.50", "20.00")]
)
def test_cash_that_does_not_add_up_is_refused(given: str, change: str) -> None:
    with pytest.raises(ValidationError, match="cash given less change is not the amount"):
        _read({**CASH, "given": _eur(given), "change": _eur(change)})


@pytest.mark.parametrize("part", ["amount", "given", "change"])
def test_cash_in_two_currencies_is_refused(part: str) -> None:
    other = {"amount": CASH[part]["amount"], "currency": "CHF"}
    with pytest.raises(ValidationError):
        _read({**CASH, part: other})


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"amount": _eur("1.00")},
        {"method": "voucher"},
        {"method": None, "amount": _eur("1.00")},
        {"method": ["cash"], "amount": _eur("1.00")},
        {**CARD, "reference": ""},
        {**CARD, "reference": "T42\x1b[2J"},
        {**FREE, "reason": ""},
        {**FREE, "reason": "a\nb"},
        "cash",
        None,
    ],
)
def test_what_is_no_tender_line_is_refused(line: object) -> None:
    with pytest.raises(ValidationError):
        _read(line)
