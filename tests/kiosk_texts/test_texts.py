"""Texts come in the language that is spoken, and in English where there is no other."""

import asyncio
import gettext
from dataclasses import replace

import pytest

from kiosk_texts import (
    ENGLISH,
    PSEUDO,
    mark,
    missing_texts_words,
    read_language,
    speaking,
    tr,
    trc,
    trn,
)


class Shouting(gettext.NullTranslations):
    """Stands for a catalogue."""

    def gettext(self, message: str) -> str:
        return message.upper()

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{n}: {msgid1}/{msgid2}"

    def pgettext(self, context: str, message: str) -> str:
        return f"{context}|{message}"


LOUD = replace(ENGLISH, translations=Shouting())


def test_a_text_is_translated_first_and_filled_then() -> None:
    with speaking(LOUD):
        assert tr("sold to {NAME}", NAME="ana {x}") == "SOLD TO ana {x}"
        assert trc("a key", "type") == "a key|type"
    assert tr("sold to {NAME}", NAME="ana") == "sold to ana"


def test_a_text_without_values_may_have_braces() -> None:
    assert tr("an odd {text") == "an odd {text"


def test_one_and_many_are_chosen_by_the_language() -> None:
    assert trn("{count} ticket", "{count} tickets", 1) == "1 ticket"
    assert trn("{count} ticket of {name}", "{count} tickets of {name}", 0, name="x") == (
        "0 tickets of x"
    )
    with speaking(LOUD):
        assert trn("one", "many", 3) == "3: one/many"


def test_a_marked_text_stays_as_it_is() -> None:
    with speaking(LOUD):
        assert mark("type") == "type"


async def test_a_task_speaks_what_was_spoken_where_it_was_started() -> None:
    async def say() -> str:
        await asyncio.sleep(0)
        return tr("sold")

    with speaking(LOUD):
        loud = asyncio.create_task(say())
    assert (await loud, await say()) == ("SOLD", "sold")


def test_the_pseudo_locale_changes_every_letter_and_no_place() -> None:
    with speaking(read_language(PSEUDO)):
        assert tr("{count} held tickets", count="three") == "⟦three ĥéļđ ţíçķéţš⟧"
        assert trn("a ticket", "tickets", 1) == "⟦à ţíçķéţ⟧"
        assert tr(tr("leave")) == "⟦ļéàṽé⟧"
        assert tr("") == ""


@pytest.mark.parametrize("tag", ["en_GB", "de_DE", PSEUDO])
def test_nothing_said_is_nothing_in_every_language(tag: str) -> None:
    with speaking(read_language(tag)):
        assert tr("") == ""


def test_a_locale_without_a_catalogue_speaks_english_and_says_so() -> None:
    french = read_language("fr-FR")
    with speaking(french):
        assert tr("sold") == "sold"
    assert not french.has_texts
    assert read_language("en_AU").has_texts
    assert read_language("de_AT").has_texts


@pytest.mark.parametrize("tag", ["", "xx_YY", "german", "de DE", "../de", "C", "12"])
def test_what_is_no_locale_is_english_whole_and_said_so(tag: str) -> None:
    language = read_language(tag)
    assert (language.tag, language.is_known, language.has_texts) == (tag, False, False)
    assert language.locale == ENGLISH.locale
    with speaking(language):
        assert tr("sold") == "sold"
        assert missing_texts_words(language) == f"There is no locale {tag}: all is in English."


@pytest.mark.parametrize("tag", ["de_DE", "fr_FR", PSEUDO, "xx"])
def test_an_empty_text_is_empty_in_every_language(tag: str) -> None:
    """It is the key of a catalogue's own header."""
    with speaking(read_language(tag)):
        assert tr("") == trc("a key", "") == trn("", "", 2) == ""


def test_only_a_language_without_texts_is_told_of() -> None:
    assert missing_texts_words(ENGLISH) == missing_texts_words(read_language("de_DE")) == ""
    told = missing_texts_words(read_language("fr_FR"))
    assert told == "There are no texts in the language of fr_FR: they are in English."
