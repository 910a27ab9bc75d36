"""Which language and form a process speaks; one locale such as `de_DE` names both."""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError

from kiosk_texts.pseudo import PseudoTranslations

DOMAIN: Final = "kiosk"
FOLDER: Final = Path(__file__).parent / "locale"
"""`<language>/LC_MESSAGES/kiosk.po` and its compiled `.mo`."""
PSEUDO: Final = "en_XA"
"""The pseudo-locale: it shows what is not translated. Amounts and dates in its English form."""


@dataclass(frozen=True, slots=True)
class Language:
    """A locale's words and form."""

    tag: str
    """As it was asked for, e.g. `de_DE`."""
    locale: Locale
    translations: gettext.NullTranslations
    has_texts: bool
    """Whether there is a catalogue of its language; without one, texts are English."""
    is_known: bool = True
    """Whether there is such a locale; if not, amounts and dates are English, too."""


@cache
def read_language(tag: str) -> Language:
    """Return a locale's language by its tag, e.g. `de_DE` or `en-GB`.

    A slip in a setting keeps nobody from selling: of a locale that there is not, it is English.
    """
    if tag == PSEUDO:
        return Language(tag, Locale.parse("en_GB"), PseudoTranslations(), has_texts=True)
    try:
        locale = Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        english, plain = Locale.parse("en_GB"), gettext.NullTranslations()
        return Language(tag, english, plain, has_texts=False, is_known=False)
    if locale.language == "en":
        return Language(tag, locale, gettext.NullTranslations(), has_texts=True)
    try:
        translations = gettext.translation(DOMAIN, FOLDER, [str(locale), locale.language])
    except FileNotFoundError:
        return Language(tag, locale, gettext.NullTranslations(), has_texts=False)
    return Language(tag, locale, translations, has_texts=True)


ENGLISH: Final = read_language("en_GB")
"""What is spoken where nothing else was asked for."""


class _Process:
    """What this process speaks wherever nothing else is said."""

    language = ENGLISH


_here: ContextVar[Language | None] = ContextVar("kiosk_texts.language", default=None)


def speak(language: Language) -> None:
    """Speak a language in this process from now on."""
    _Process.language = language


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak another language within this context, and in the tasks that are started in it."""
    token = _here.set(language)
    try:
        yield
    finally:
        _here.reset(token)


def spoken() -> Language:
    """Return what is spoken here."""
    return _here.get() or _Process.language
