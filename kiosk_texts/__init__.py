"""The texts that people read at a kiosk, in the language and the form of its venue."""

from kiosk_texts.forms import (
    day,
    day_and_time,
    exact_day,
    exact_day_and_time,
    money,
    short_day,
    time,
    time_to_the_minute,
)
from kiosk_texts.language import (
    ENGLISH,
    PSEUDO,
    Language,
    read_language,
    speak,
    speaking,
    spoken,
)
from kiosk_texts.missing import missing_texts_words
from kiosk_texts.translating import mark, tr, trc, trn

__all__ = [
    "ENGLISH",
    "PSEUDO",
    "Language",
    "day",
    "day_and_time",
    "exact_day",
    "exact_day_and_time",
    "mark",
    "missing_texts_words",
    "money",
    "read_language",
    "short_day",
    "speak",
    "speaking",
    "spoken",
    "time",
    "time_to_the_minute",
    "tr",
    "trc",
    "trn",
]
