"""What a process that speaks one language forgets of babel's."""

import json
import subprocess
import sys

import pytest

_SAYS = """
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
import json
from babel.core import get_global
from babel.lists import format_list
from babel.localedata import load
from babel.numbers import format_decimal, get_decimal_symbol
from kiosk_contracts.money import Money
from kiosk_texts import forms, read_language, speak
from kiosk_texts.unused import forget_unused

language = read_language(sys.argv[1])
speak(language)
at = datetime(2026, 11, 21, 20, 14, 5, tzinfo=UTC)

def said():
    forms._amount.cache_clear()
    of_a_moment = (forms.time, forms.time_to_the_minute, forms.day_and_time)
    return [
        *(forms.money(Money(amount=Decimal(n), currency=c))
          for n in ("0.00", "1.00", "-12.50", "1234567.05") for c in ("EUR", "GBP", "PLN", "CHF")),
        *(form(at) for form in (*of_a_moment, forms.exact_day_and_time)),
        *(form(date(2026, month, 21)) for form in (forms.day, forms.short_day, forms.exact_day)
          for month in range(1, 13)),
        format_list(["a", "b", "c"], locale=language.locale),
        format_decimal(Decimal("1234.5"), locale=language.locale),
        get_decimal_symbol(language.locale),
    ]

before, name = said(), str(language.locale)
forget_unused(language)
forget_unused(language)
left = sorted({"unit_patterns", "languages"} & load(name).keys())
print(json.dumps([before, said(), language.is_known, left, len(get_global("likely_subtags"))]))
"""


@pytest.mark.parametrize("tag", ["en_GB", "de_DE", "fr_CH", "ar_EG", "zh_TW", "pl_PL", "xx_YY"])
def test_all_forms_stay_as_they_are_and_the_rest_is_given_back(tag: str) -> None:
    ran = subprocess.run([sys.executable, "-c", _SAYS, tag], check=True, capture_output=True)
    before, after, known, left, subtags = json.loads(ran.stdout)
    assert after == before
    assert known is (tag != "xx_YY")
    assert (left, subtags) == ([], 0)
