"""How many are inside: what the writer keeps is what adding it up gives, whatever came before."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.gates import GateFeedEntry
from kiosk_contracts.serials import format_serial
from tests.support.journal import journal_in

_BEGAN = datetime(2026, 11, 26, 19, 0, tzinfo=UTC)
_EVENTS = ("tide", "quay")
_SERIALS = [format_serial(number) for number in range(4)]

own_gate = st.tuples(
    st.just("own"),
    st.sampled_from(_EVENTS),
    st.integers(0, 3),
    st.sampled_from(["admitted", "exited"]),
)
heard = st.tuples(
    st.just("heard"),
    st.sampled_from(_EVENTS),
    st.integers(0, 3),
    st.sampled_from(["admitted", "exited", "revoked"]),
)
undone = st.tuples(
    st.just("undone"), st.sampled_from(_EVENTS), st.integers(0, 3), st.just("admitted")
)
Acts = Sequence[tuple[str, str, int, str]]


class UndoneError(Exception):
    """A piece of work that comes to nothing."""


def _note(writer: JournalWriter, event_id: str, number: int, fact: str, minute: int) -> None:
    writer.note_gate_fact(
        event_id=event_id,
        serial=_SERIALS[number],
        fact=fact,
        at=_BEGAN + timedelta(minutes=minute),
        gate="North",
    )


def _hear(writer: JournalWriter, entry: GateFeedEntry) -> None:
    writer.add_gate_facts([entry], entry.cursor)
    # A page that comes twice.
    writer.add_gate_facts([entry], entry.cursor)


@settings(max_examples=40, deadline=None)
@given(acts=st.lists(st.one_of(own_gate, heard, undone), max_size=14))
async def test_the_count_that_is_kept_is_the_one_that_is_added_up(
    tmp_path_factory: pytest.TempPathFactory, acts: Acts
) -> None:
    async with journal_in(tmp_path_factory.mktemp("journal")) as opened:
        for minute, (what, event_id, number, fact) in enumerate(acts):

            def work(
                writer: JournalWriter,
                act: tuple[str, str, int, str] = (what, event_id, number, fact),
                minute: int = minute,
            ) -> None:
                # Known before: so it must be kept, not added up afterwards.
                writer.inside_count(act[1])
                if act[0] == "heard":
                    # Some of the feed is about what happened earlier.
                    at = _BEGAN + timedelta(minutes=minute - 3 * (minute % 2))
                    serial = _SERIALS[act[2]]
                    entry = GateFeedEntry(
                        cursor=minute + 1,
                        event_id=act[1],
                        serial=serial,
                        fact=act[3],
                        at=at,
                        gate="South",
                    )
                    _hear(writer, entry)
                else:
                    _note(writer, act[1], act[2], act[3], minute)
                if act[0] == "undone":
                    raise UndoneError

            if what == "undone":
                with pytest.raises(UndoneError):
                    await opened.journal.write(work)
            else:
                await opened.journal.write(work)
            for one in _EVENTS:
                kept = await opened.journal.write(lambda writer, one=one: writer.inside_count(one))
                summed = await opened.journal.read(lambda reader, one=one: reader.inside_count(one))
                assert kept == summed, (what, event_id, fact)
