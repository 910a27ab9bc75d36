"""Amounts, days and times in the form of the venue's locale."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency

from kiosk_texts.language import spoken

if TYPE_CHECKING:
    from kiosk_contracts.money import Money

_PLAIN: Final = str.maketrans(
    {"\N{NARROW NO-BREAK SPACE}": "\N{NO-BREAK SPACE}"}
    | dict.fromkeys("\u061c\u200e\u200f\u2066\u2067\u2068\u2069")
)


def money(amount: "Money") -> str:
    """Return an amount, e.g. `€12.50`, in German `12,50 €`; never with a space that may break."""
    return _amount(amount.amount, amount.currency, spoken().locale)


@lru_cache(maxsize=1024)
def _amount(amount: Decimal, currency: str, locale: Locale) -> str:
    """Return an amount as `money` says it; a screen says the same few with each key."""
    return _plain(format_currency(amount, currency, locale=locale))


def time(moment: datetime) -> str:
    """Return a time of day to the second, e.g. `20:14:05`; `moment` in the zone to show."""
    return _plain(format_time(moment, "medium", tzinfo=moment.tzinfo, locale=spoken().locale))


def time_to_the_minute(moment: datetime) -> str:
    """Return a time of day without seconds, e.g. `20:14`; `moment` in the zone to show."""
    return _plain(format_time(moment, "short", tzinfo=moment.tzinfo, locale=spoken().locale))


def day(moment: date) -> str:
    """Return a day without its year, e.g. `Sat 21 Nov`, in German `Sa., 21. Nov.`."""
    return _plain(format_skeleton("MMMEd", moment, locale=spoken().locale))


def day_and_time(moment: datetime) -> str:
    """Return a day and a time without seconds, e.g. `Sat 21 Nov 20:00`, in the moment's zone."""
    return f"{day(moment)} {time_to_the_minute(moment)}"


def short_day(moment: date) -> str:
    """Return a day in digits without its year, e.g. `21/11`, in German `21.11.`."""
    return _plain(format_skeleton("Md", moment, locale=spoken().locale))


def exact_day_and_time(moment: datetime) -> str:
    """Return a day with its year and a time, e.g. `Sat, 21 Nov 2026 20:00`, in the moment's zone.

    For paper and for what is looked at much later.
    """
    at = _plain(format_time(moment, "short", tzinfo=moment.tzinfo, locale=spoken().locale))
    return f"{_plain(format_skeleton('yMMMEd', moment, locale=spoken().locale))} {at}"


def exact_day(moment: date) -> str:
    """Return a day in full, e.g. `Saturday, 21 November 2026`."""
    return _plain(format_date(moment, "full", locale=spoken().locale))


def _plain(text: str) -> str:
    """Return a text without characters that terminals and printers take each in its own way."""
    return text.translate(_PLAIN)
