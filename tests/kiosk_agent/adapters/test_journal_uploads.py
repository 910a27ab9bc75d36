"""How transactions move from queued to settled, and never back."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from kiosk_agent.domain.epochs import EpochReason, NewEpoch
from kiosk_agent.ports.journal import JournalWriter, Outgoing
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.uploads import ItemOutcome
from tests.support.journal import OpenJournal, journal_in


def _outcome(status: str = "retry") -> ItemOutcome:
    # A newer peer may send fields that we do not know, floats among them.
    return ItemOutcome.model_validate(
        {"txn_id": None, "status": status, "detail": "why", "later": 0.5}
    )


async def _queued(opened: OpenJournal, count: int) -> list[UUID]:
    return [(await opened.append()).transaction.envelope.txn_id for _ in range(count)]


async def _states(opened: OpenJournal) -> list[str]:
    rows = await opened.journal.read(lambda reader: reader.rows_page(before=None, limit=99))
    return [row.state.value for row in reversed(rows)]


async def _begin(opened: OpenJournal, limit: int = 99, max_bytes: int = 10**6) -> list[int]:
    rows: list[Outgoing] = await opened.journal.write(
        lambda writer: list(writer.begin_upload(limit, max_bytes))
    )
    sequences = [row.sequence for row in rows]
    states = await _states(opened)
    assert all(states[sequence - 1] == "uploading" for sequence in sequences)
    return sequences


async def test_a_batch_is_the_oldest_queued_in_order(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await _queued(opened, 5)
        assert await _begin(opened, limit=2) == [1, 2]
        assert await _begin(opened, limit=2) == [3, 4]
        assert await _states(opened) == ["uploading"] * 4 + ["queued"]
        assert await opened.journal.write(lambda writer: writer.requeue_all_uploading()) == 4
        assert await _begin(opened) == [1, 2, 3, 4, 5]
        rows = await opened.journal.read(lambda reader: reader.rows_page(before=None, limit=9))
    assert [row.attempts for row in rows] == [1, 2, 2, 2, 2]


_TWO_ITEMS = 1200
"""Bytes that hold two of the small transactions (about 480 each), not three."""


async def test_a_batch_keeps_to_its_bytes_but_has_at_least_one_item(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await _queued(opened, 4)
        assert await _begin(opened, max_bytes=1) == [1]
        assert await _begin(opened, max_bytes=_TWO_ITEMS) == [2, 3]


async def test_a_part_goes_on_behind_the_one_before_and_takes_only_what_fits(
    tmp_path: Path,
) -> None:
    async with journal_in(tmp_path) as opened:
        await _queued(opened, 6)
        (first,) = await opened.journal.write(lambda writer: writer.begin_upload(1, 1))
        second = await opened.journal.write(
            lambda writer: writer.begin_upload(2, _TWO_ITEMS, after=first)
        )
        assert [row.sequence for row in second] == [2, 3]
        # What was let go meanwhile goes with the next batch, for this one is in order.
        await opened.journal.write(lambda writer: writer.requeue([2], opened.clock.now()))
        third = await opened.journal.write(
            lambda writer: writer.begin_upload(9, second[0].bytes, after=second[-1])
        )
        assert [row.sequence for row in third] == [4]
        none = await opened.journal.write(lambda writer: writer.begin_upload(9, 1, after=third[-1]))
        assert not none
        assert await _states(opened) == [
            "uploading",
            "queued",
            "uploading",
            "uploading",
            "queued",
            "queued",
        ]


async def test_no_part_has_what_depends_on_one_that_was_let_go_meanwhile(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        [sale] = await _queued(opened, 1)
        await _queued(opened, 1)
        await opened.append(kind="void", depends_on=sale)
        await _queued(opened, 1)
        now = opened.clock.now()
        await opened.journal.write(lambda writer: writer.park(1, _outcome(), now))
        first = await opened.journal.write(lambda writer: writer.begin_upload(1, 10**6))
        assert [row.sequence for row in first] == [2]
        await opened.journal.write(lambda writer: writer.requeue_parked())
        second = await opened.journal.write(
            lambda writer: writer.begin_upload(9, 10**6, after=first[-1])
        )
        assert [row.sequence for row in second] == [4], "the void goes with its sale, next time"
        third = await opened.journal.write(lambda writer: writer.begin_upload(9, 10**6))
    assert [row.sequence for row in third] == [1, 3]


async def test_no_part_of_a_batch_is_of_the_next_journal(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await _queued(opened, 3)
        new = NewEpoch(uuid4(), 1, EpochReason.OTHER_HOST, "a test", opened.clock.now(), "", 3)
        await opened.journal.write(lambda writer: writer.open_epoch(new))
        await _queued(opened, 2)
        first = await opened.journal.write(lambda writer: writer.begin_upload(2, 10**6))
        second = await opened.journal.write(
            lambda writer: writer.begin_upload(9, 10**6, after=first[-1])
        )
        none = await opened.journal.write(
            lambda writer: writer.begin_upload(9, 10**6, after=second[-1])
        )
        assert [row.sequence for row in second] == [3]
        assert not none
        following = await opened.journal.write(lambda writer: writer.begin_upload(9, 10**6))
    assert [row.sequence for row in following] == [4, 5]
    assert following[0].journal_id == new.journal_id != first[0].journal_id


async def test_what_depends_on_a_stuck_transaction_waits_with_it(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        [sale] = await _queued(opened, 1)
        void = await opened.append(kind="void", depends_on=sale)
        await _queued(opened, 1)
        assert await _begin(opened, limit=1) == [1]
        now = opened.clock.now()
        await opened.journal.write(lambda writer: writer.park(1, _outcome(), now))
        assert await _begin(opened) == [3]
        assert await opened.journal.write(lambda writer: writer.requeue_parked()) == [1]
        assert await _begin(opened) == [1, 2]
        found = await opened.journal.read(lambda reader: reader.void_of(sale))
        assert found == void.txn_id


async def test_the_void_of_a_quarantined_sale_is_sent_and_once_it_settled_so_is_the_sale(
    tmp_path: Path,
) -> None:
    async with journal_in(tmp_path) as opened:
        sale, other = await _queued(opened, 2)
        await opened.append(kind="void", depends_on=sale)
        await opened.append(kind="refund", depends_on=sale)
        now = opened.clock.now()
        await _begin(opened, limit=2)
        for sequence in (1, 2):
            await opened.journal.write(
                lambda writer, it=sequence: writer.quarantine(it, _outcome(), now)  # type: ignore[misc]
            )
        assert await _begin(opened) == [3], "what is no void waits with its sale"
        await opened.journal.write(lambda writer: writer.settle(3, _outcome("settled"), now))
        assert await _states(opened) == ["queued", "quarantined", "settled", "queued"]
        row = await opened.journal.read(lambda reader: reader.row(sale))
        assert row is not None
        assert row.first_refused_at is None, "parking counts anew"
        await opened.journal.write(lambda writer: writer.settle(4, _outcome("settled"), now))
        assert (await _states(opened))[1] == "quarantined", "the void's own sale alone"
        assert other != sale


async def test_what_depends_on_a_quarantined_transaction_without_being_a_void_frees_nothing(
    tmp_path: Path,
) -> None:
    async with journal_in(tmp_path) as opened:
        [sale] = await _queued(opened, 1)
        await opened.append(kind="refund", depends_on=sale)
        now = opened.clock.now()
        await opened.journal.write(lambda writer: writer.quarantine(1, _outcome(), now))
        await opened.journal.write(lambda writer: writer.settle(2, _outcome("settled"), now))
        assert await _states(opened) == ["quarantined", "settled"]


async def test_settled_is_final(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        [txn_id] = await _queued(opened, 1)
        now = opened.clock.now()
        await opened.journal.write(lambda writer: writer.settle(1, _outcome("settled"), now))
        settled = await opened.journal.read(lambda reader: reader.row(txn_id))
        opened.clock.advance(60)
        later = opened.clock.now()
        attempts: list[Callable[[JournalWriter], object]] = [
            lambda writer: writer.quarantine(1, _outcome(), later),
            lambda writer: writer.park(1, _outcome(), later),
            lambda writer: writer.requeue([1], later, _outcome()),
            lambda writer: writer.requeue_parked(),
            lambda writer: writer.requeue_stuck([txn_id]),
            lambda writer: writer.requeue_stuck(None),
            lambda writer: writer.requeue_all_uploading(),
            lambda writer: writer.settle(1, _outcome("settled"), later),
        ]
        for attempt in attempts:
            await opened.journal.write(attempt)
        assert await opened.journal.read(lambda reader: reader.row(txn_id)) == settled
        assert await _begin(opened) == []
    assert settled is not None
    assert settled.settled_at == now


async def test_the_time_of_the_first_refusal_stays_until_someone_tries_again(
    tmp_path: Path,
) -> None:
    async with journal_in(tmp_path) as opened:
        [txn_id] = await _queued(opened, 1)
        first = opened.clock.now()
        for _ in range(3):
            await _begin(opened)
            now = opened.clock.now()
            await opened.journal.write(
                lambda writer, now=now: writer.requeue([1], now, _outcome())  # type: ignore[misc]
            )
            opened.clock.advance(60)
        row = await opened.journal.read(lambda reader: reader.row(txn_id))
        assert row is not None
        assert (row.first_refused_at, row.attempts) == (first, 3)
        assert row.outcome == _outcome()
        await opened.journal.write(lambda writer: writer.quarantine(1, _outcome(), first))
        assert await opened.journal.write(lambda writer: writer.requeue_parked()) == []
        assert await opened.journal.write(lambda writer: writer.requeue_stuck([txn_id])) == 1
        row = await opened.journal.read(lambda reader: reader.row(txn_id))
        assert row is not None
        assert (row.first_refused_at, row.state) == (None, JournalState.QUEUED)


async def test_a_lost_answer_requeues_without_blame(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        [txn_id] = await _queued(opened, 1)
        await _begin(opened)
        now = opened.clock.now()
        await opened.journal.write(lambda writer: writer.requeue([1], now))
        row = await opened.journal.read(lambda reader: reader.row(txn_id))
    assert row is not None
    assert (row.state, row.first_refused_at, row.outcome) == (JournalState.QUEUED, None, None)


async def test_counts_say_what_stands_where_and_since_when(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await _queued(opened, 1)
        opened.clock.advance(60)
        second = opened.clock.now()
        await _queued(opened, 2)
        await opened.journal.write(lambda writer: writer.settle(1, _outcome("settled"), second))
        await opened.journal.write(lambda writer: writer.park(2, _outcome(), second))
        counts = await opened.journal.read(lambda reader: reader.counts())
        last = await opened.journal.read(lambda reader: reader.last_recorded_at())
    assert counts.by_state == {
        JournalState.QUEUED: 1,
        JournalState.UPLOADING: 0,
        JournalState.SETTLED: 1,
        JournalState.PARKED: 1,
        JournalState.QUARANTINED: 0,
    }
    assert (counts.last_sequence, counts.oldest_unsent_at, last) == (3, second, second)


async def test_runs_line_changes_and_attempts_are_noted(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        now = opened.clock.now()
        runs = [
            await opened.journal.write(lambda writer: writer.begin_run(now, "boot-1", 7, "0.1.0"))
            for _ in range(2)
        ]
        await opened.journal.write(lambda writer: writer.end_run(runs[1], now))
        await opened.journal.write(lambda writer: writer.note_line(now, "offline", "no answer"))
        await opened.journal.write(
            lambda writer: writer.note_attempt(
                started_at=now,
                ended_at=now,
                first_sequence=1,
                last_sequence=4,
                items=4,
                result="line_timeout",
                detail="no answer",
            )
        )
        execute = opened.journal._reading.execute
        stopped = [tuple(row) for row in execute("SELECT run_id, stopped_at FROM runs")]
        assert stopped == [(1, None), (2, "2026-11-23T19:00:00.000000Z")]
        assert tuple(execute("SELECT state, detail FROM line_changes").fetchone()) == (
            "offline",
            "no answer",
        )
        attempt = execute("SELECT items, last_sequence, result FROM upload_attempts").fetchone()
        assert tuple(attempt) == (4, 4, "line_timeout")
