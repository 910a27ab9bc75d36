"""How values stand in the journal's columns; `docs/journal.md` is the promise to other readers."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from kiosk_agent.domain.records import TicketPrice
from kiosk_contracts.money import Money
from kiosk_contracts.roster import VenueRoster
from kiosk_contracts.tender import TenderLine
from kiosk_contracts.wire import canonical_json

_NO_LINES: Final = "[]"
_TENDER: Final[TypeAdapter[tuple[TenderLine, ...]]] = TypeAdapter(tuple[TenderLine, ...])
_FOREIGN: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def time_text(moment: datetime) -> str:
    """Return RFC 3339 in UTC with microseconds; such texts sort as their times do."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def time_or_null(moment: datetime | None) -> str | None:
    """Return the text of a time that may be unknown."""
    return None if moment is None else time_text(moment)


def read_time(text: str) -> datetime:
    """Return the aware time of a column."""
    return datetime.fromisoformat(text)


def read_time_or_none(text: str | None) -> datetime | None:
    """Return the aware time of a column that may be NULL."""
    return None if text is None else read_time(text)


def money_text(amount: Money) -> str:
    """Return e.g. `12.50 EUR`."""
    return str(amount)


@lru_cache(maxsize=1024)
def read_money(text: str) -> Money:
    """Return the amount of a column. A kiosk has few prices, and amounts never change."""
    amount, currency = text.split(" ")
    return Money(amount=Decimal(amount), currency=currency)


def tender_text(lines: Sequence[TenderLine]) -> str:
    """Return the JSON list of tender lines."""
    return foreign_json_text([line.to_json() for line in lines]) if lines else _NO_LINES


def read_tender(text: str) -> tuple[TenderLine, ...]:
    """Return the tender lines of a column."""
    return () if text == _NO_LINES else _TENDER.validate_json(text)


def prices_text(prices: Sequence[TicketPrice]) -> str:
    """Return the JSON list of what tickets cost, each as a list of its fields."""
    fields = [
        [one.serial, money_text(one.unit_price), one.concession_id, one.rule_id, one.rules_version]
        for one in prices
    ]
    return _FOREIGN.encode(fields) if fields else _NO_LINES


def read_prices(text: str) -> tuple[TicketPrice, ...]:
    """Return what tickets cost, of a column."""
    if text == _NO_LINES:
        return ()
    return tuple(
        TicketPrice(serial, read_money(amount), concession_id, rule_id, version)
        for serial, amount, concession_id, rule_id, version in json.loads(text)
    )


def json_text(value: Any) -> str:
    """Return the canonical JSON of `value`; NotCanonicalError if it has none."""
    return canonical_json(value).decode("utf-8")


def json_or_null(value: Any) -> str | None:
    """Return the canonical JSON of a value that may be None."""
    return None if value is None else json_text(value)


def foreign_json_text(value: Any) -> str:
    """Return the JSON of what a peer sent, in the same form but with the floats it may hold."""
    return _FOREIGN.encode(value)


def read_json(text: str) -> Any:
    """Return the value of a JSON column."""
    return json.loads(text)


def read_roster(text: str) -> VenueRoster | None:
    """Return a synced roster; None where there is none, or nobody can read it any more.

    Without it people sign in by the kiosk's file until the line brings it again.
    """
    try:
        return VenueRoster.model_validate_json(text) if text else None
    except ValidationError:
        return None
