"""What babel keeps of a locale and no kiosk says: units, languages, countries, names of zones."""

from collections.abc import Iterator, MutableMapping
from typing import Any, Final, cast

from babel.core import get_global
from babel.localedata import load

from kiosk_texts.language import Language

_OF_A_LOCALE: Final = frozenset(
    {
        "compact_currency_formats",
        "compact_decimal_formats",
        "compound_unit_patterns",
        "date_fields",
        "interval_formats",
        "languages",
        "meta_zones",
        "quarters",
        "scripts",
        "territories",
        "time_zones",
        "unit_display_names",
        "unit_patterns",
        "variants",
    }
)
_OF_ALL: Final = (
    "likely_subtags",
    "meta_zones",
    "territory_currencies",
    "territory_languages",
    "territory_zones",
    "windows_zone_mapping",
    "zone_aliases",
    "zone_territories",
)
_ROOT: Final = "root"


def forget_unused(language: Language) -> None:
    """Give back some 3 MiB that babel has read for a language and nothing asks for.

    For a process that speaks one language: forms of amounts, days, times and lists stay as they
    are. Another locale that babel knows by its likely parts alone, such as `zh_TW`, is known no
    more, unless it was read before. Idempotent.
    """
    for name in _with_parents(str(language.locale)):
        of_locale = cast("MutableMapping[str, Any]", load(name))
        for key in _OF_A_LOCALE & of_locale.keys():
            del of_locale[key]
    for table in _OF_ALL:
        cast("dict[str, Any]", get_global(table)).clear()


def _with_parents(name: str) -> Iterator[str]:
    """Return a locale's name and those of the locales that babel has read for it."""
    exceptions = get_global("parent_exceptions")
    while name != _ROOT:
        yield name
        name = exceptions.get(name) or name.rpartition("_")[0] or _ROOT
    yield _ROOT
