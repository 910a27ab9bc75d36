"""What the journal refuses on its threads is refused in the language of whoever asked."""

import asyncio
import sqlite3
from pathlib import Path
from typing import NoReturn

from kiosk_agent.domain.refusals import draining
from kiosk_agent.ports.journal import JournalReader, JournalWriter
from kiosk_contracts.problem import ProblemError
from kiosk_texts import read_language, speaking
from tests.support.journal import OpenJournal, journal_in

GERMAN = "Dieser Kiosk wird außer Betrieb genommen"
ENGLISH = "This kiosk is closing"


def _refuse(_: JournalReader | JournalWriter) -> NoReturn:
    raise draining()


def _break(_: JournalReader | JournalWriter) -> NoReturn:
    raise sqlite3.OperationalError("disk trouble")


async def _titles(opened: OpenJournal, tag: str) -> list[str]:
    """Return what all of it is refused as, to somebody who speaks a language."""
    journal = opened.journal
    with speaking(read_language(tag)):
        outcomes = await asyncio.gather(
            journal.write(_refuse),
            journal.read(_refuse),
            journal.write(_break),
            journal.read(_break),
            return_exceptions=True,
        )
    return [one.problem.title for one in outcomes if isinstance(one, ProblemError)]


async def test_two_who_share_a_commit_are_each_refused_in_their_language(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        german, english = await asyncio.gather(_titles(opened, "de_DE"), _titles(opened, "en_GB"))
    broken = "Der Kiosk konnte das nicht erfassen"
    assert german == [GERMAN, GERMAN, broken, broken]
    broken = "The kiosk could not record this"
    assert english == [ENGLISH, ENGLISH, broken, broken]
