"""The uploader on a real journal, over real HTTP: in order, once, past whatever is stuck."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.adapters.journal.writing_uploads import UploadWrites
from kiosk_agent.domain.records import Outgoing
from kiosk_agent.ports.journal import Journal, JournalReader, JournalWriter
from kiosk_agent.services.uploader import Uploader, UploadRules
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.personal import Buyer, PersonalData
from kiosk_contracts.uploads import MAX_BATCH_BYTES
from tests.support.far_kit import Kit, at_work, kit_in, states, until, wait_for_answers
from tests.support.far_side import settled

RULES = UploadRules(batch_max=8, park_after=timedelta(minutes=10), parked_again_s=900)


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    # A busy machine takes its time to answer: nothing times out where no test is about that.
    async with kit_in(tmp_path, total_timeout_s=60) as kit:
        kit.there.line.reached()
        yield kit


def _uploader(kit: Kit, rules: UploadRules = RULES) -> Uploader:
    return Uploader(kit.here, kit.there, rules)


async def _append(kit: Kit, count: int, **changes: Any) -> list[str]:
    rows = [await kit.open.append(**changes) for _ in range(count)]
    return [str(row.transaction.envelope.txn_id) for row in rows]


def _judging(kit: Kit, **verdicts: dict[str, Any]) -> None:
    """Judge the items named by these outcomes, all others settled."""

    def judge(item: dict[str, Any]) -> dict[str, Any]:
        txn_id = item["envelope"]["txn_id"]
        return {**settled(item), **verdicts.get(txn_id, {})}

    kit.far.judge = judge


def _attempts(kit: Kit) -> list[tuple[int, int, int, str]]:
    with closing(sqlite3.connect(kit.open.path)) as connection:
        return connection.execute(
            "SELECT first_sequence, last_sequence, items, result FROM upload_attempts ORDER BY id"
        ).fetchall()


async def test_the_journal_goes_in_order_in_batches_until_it_is_settled(kit: Kit) -> None:
    sent = await _append(kit, 20)
    async with at_work(_uploader(kit).run):
        await until(kit, lambda reader: states(reader) == ["settled"] * 20)
    assert list(kit.far.ledger) == sent
    assert [len(batch) for batch in kit.far.batches] == [8, 8, 4]
    assert _attempts(kit) == [
        (1, 8, 8, "answered"),
        (9, 16, 8, "answered"),
        (17, 20, 4, "answered"),
    ]
    row = await kit.here.journal.read(lambda reader: reader.rows_page(before=2, limit=1)[0])
    assert row.attempts == 1
    assert row.settled_at == kit.clock.now()


async def test_while_the_line_is_down_one_transaction_asks_whether_it_is_back(kit: Kit) -> None:
    await _append(kit, 6)
    kit.there.line.lost("nothing answers", kit.there.line.contacts)
    async with at_work(_uploader(kit).run):
        await until(kit, lambda reader: states(reader) == ["settled"] * 6)
    assert [len(batch) for batch in kit.far.batches] == [1, 5]


async def test_what_is_appended_later_goes_at_once(kit: Kit) -> None:
    async with at_work(_uploader(kit).run):
        await _append(kit, 1)
        kit.here.changes.notify()
        await until(kit, lambda reader: states(reader) == ["settled"])
        await _append(kit, 1)
        kit.here.changes.notify()
        await until(kit, lambda reader: states(reader) == ["settled"] * 2)
    assert kit.clock.slept == []


async def test_the_first_retry_stops_the_batch_and_is_asked_again_alone(kit: Kit) -> None:
    sent = await _append(kit, 6)
    _judging(kit, **{sent[2]: {"status": "retry", "code": "upstream_busy", "retry_after_s": 30}})
    async with at_work(_uploader(kit).run):
        await kit.clock.wait_for_sleepers()
        assert await kit.here.journal.read(states) == ["settled"] * 2 + ["queued"] * 4
        assert 30 <= kit.clock.slept[-1] <= 31
        await kit.clock.advance_when_asleep(32)
        await kit.far.until(lambda: len(kit.far.batches) == 2)
        assert kit.far.batches[1] == [sent[2]]
        _judging(kit)
        await kit.clock.wait_for_sleepers()
        await kit.clock.advance_when_asleep(40)
        await until(kit, lambda reader: states(reader) == ["settled"] * 6)
    assert list(kit.far.ledger)[:3] == [*sent[:2], sent[3]]
    assert kit.far.replays == dict.fromkeys(sent[3:], 1)


async def test_an_item_that_stays_retryable_is_parked_and_the_others_pass(kit: Kit) -> None:
    sent = await _append(kit, 3)
    _judging(kit, **{sent[0]: {"status": "retry", "code": "sale_not_known_yet", "detail": "wait"}})
    uploader = _uploader(kit)
    async with at_work(uploader.run):
        for _ in range(2):
            await kit.clock.advance_when_asleep(300)
        await until(kit, lambda reader: states(reader) == ["parked", "settled", "settled"])
    row = await kit.here.journal.read(lambda reader: reader.rows_page(before=2, limit=1)[0])
    assert row.outcome is not None
    assert (row.outcome.code, row.outcome.detail) == ("sale_not_known_yet", "wait")


async def test_a_clock_that_was_set_back_keeps_nothing_from_being_parked(kit: Kit) -> None:
    sent = await _append(kit, 3)
    _judging(kit, **{sent[0]: {"status": "retry", "code": "sale_not_known_yet", "detail": "wait"}})
    async with at_work(_uploader(kit).run):
        await kit.clock.advance_when_asleep(1)
        await kit.clock.wait_for_sleepers()
        kit.clock.set_wall(kit.clock.now() - timedelta(days=1))
        for _ in range(3):
            await kit.clock.advance_when_asleep(300)
        await until(kit, lambda reader: states(reader) == ["parked", "settled", "settled"])


@pytest.mark.parametrize("fault", ["reordered", "short"])
async def test_outcomes_that_do_not_fit_count_for_nothing(kit: Kit, fault: str) -> None:
    sent = await _append(kit, 4)
    kit.far.break_with(fault)
    async with at_work(_uploader(kit).run):
        await kit.clock.wait_for_sleepers()
        assert await kit.here.journal.read(states) == ["queued"] * 4
        await kit.clock.advance_when_asleep(30)
        await until(kit, lambda reader: states(reader) == ["settled"] * 4)
    assert kit.far.fired[fault] == 1
    assert kit.far.replays == dict.fromkeys(sent, 1)
    assert _attempts(kit)[0] == (1, 4, 4, "upstream_garbage")


async def test_an_item_whose_answer_never_fits_is_parked_and_the_others_pass(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await _append(kit, 3)
    judge_all = kit.far.judge_all

    def misnamed(items: list[Any]) -> list[dict[str, Any]]:
        return [
            {**outcome, "txn_id": sent[2]} if outcome["txn_id"] == sent[1] else outcome
            for outcome in judge_all(items)
        ]

    monkeypatch.setattr(kit.far, "judge_all", misnamed)

    def is_parked(reader: JournalReader) -> bool:
        return states(reader) == ["settled", "parked", "settled"]

    async with at_work(_uploader(kit).run):
        for _ in range(9):
            if await kit.here.journal.read(is_parked):
                break
            await kit.clock.advance_when_asleep(200)
            await asyncio.sleep(0.05)
        await until(kit, is_parked)
    row = await kit.here.journal.read(lambda reader: reader.rows_page(before=3, limit=1)[0])
    assert row.outcome is not None
    assert row.outcome.code == "upstream_garbage"


async def test_an_id_that_was_damaged_into_other_letters_is_still_the_same(kit: Kit) -> None:
    await _append(kit, 3)
    with closing(sqlite3.connect(kit.open.path, isolation_level=None)) as plain:
        (text,) = plain.execute("SELECT envelope FROM transactions WHERE sequence = 2").fetchone()
        txn_id = json.loads(text)["txn_id"]
        plain.execute(
            "UPDATE transactions SET envelope = ? WHERE sequence = 2",
            (text.replace(txn_id, txn_id.upper()),),
        )
    kit.far.judge = lambda item: {**settled(item), "txn_id": item["envelope"]["txn_id"].lower()}
    async with at_work(_uploader(kit).run):
        await until(kit, lambda reader: states(reader) == ["settled"] * 3)
    assert len(kit.far.batches) == 1


async def test_what_is_parked_tries_again_by_itself_and_holds_up_nobody(kit: Kit) -> None:
    rules = UploadRules(batch_max=8, park_after=timedelta(0), parked_again_s=900)
    sent = await _append(kit, 1)
    _judging(kit, **{sent[0]: {"status": "retry"}})
    uploader = _uploader(kit, rules)
    async with at_work(uploader.run, uploader.retry_parked):
        await kit.clock.wait_for_sleepers(2)
        kit.clock.advance(10)
        await until(kit, lambda reader: states(reader) == ["parked"])
        again = len(kit.far.batches)
        await kit.clock.advance_when_asleep(900)
        await kit.far.until(lambda: len(kit.far.batches) > again)
        await until(kit, lambda reader: states(reader) == ["parked"])
        assert kit.far.batches[again:] == [sent]
        _judging(kit)
        await kit.clock.advance_when_asleep(900)
        await until(kit, lambda reader: states(reader) == ["settled"])


async def test_what_a_person_frees_from_the_park_gets_its_whole_time_again(kit: Kit) -> None:
    sent = await _append(kit, 1)
    _judging(kit, **{sent[0]: {"status": "retry"}})
    uploader = _uploader(kit)
    async with at_work(uploader.run, uploader.retry_parked):
        for _ in range(2):
            await kit.clock.wait_for_sleepers(2)
            kit.clock.advance(300)
        await until(kit, lambda reader: states(reader) == ["parked"])
        again = len(kit.far.batches)
        await kit.clock.advance_when_asleep(900)
        await kit.far.until(lambda: len(kit.far.batches) > again)
        await until(kit, lambda reader: states(reader) == ["parked"])
        await kit.here.journal.write(lambda writer: writer.requeue_stuck(None))
        kit.here.changes.notify()
        await kit.clock.wait_for_sleepers(2)
        assert await kit.here.journal.read(states) == ["queued"]


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_batch_leaves_room_for_what_is_not_items(tmp_path: Path) -> None:
    share = (MAX_BATCH_BYTES - 8 * 1024) // 3 - 600
    async with kit_in(tmp_path, total_timeout_s=60) as kit:
        kit.there.line.reached()
        await _append(kit, 3, payload={"cashier_id": "ana", "note": "x" * share})
        async with at_work(_uploader(kit).run):
            await until(kit, lambda reader: states(reader) == ["settled"] * 3)
        assert [len(batch) for batch in kit.far.batches] == [2, 1]


async def test_a_batch_is_marked_part_by_part_so_that_a_sale_gets_in_between(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int | None]] = []
    begin = UploadWrites.begin_upload

    def noted(
        self: UploadWrites, limit: int, max_bytes: int, *, after: Outgoing | None = None
    ) -> Sequence[Outgoing]:
        asked.append((limit, after.sequence if after else None))
        return begin(self, limit, max_bytes, after=after)

    monkeypatch.setattr(UploadWrites, "begin_upload", noted)
    sent = await _append(kit, 50)
    async with at_work(_uploader(kit, replace(RULES, batch_max=45)).run):
        await until(kit, lambda reader: states(reader) == ["settled"] * 50)
    assert list(kit.far.ledger) == sent
    assert [len(batch) for batch in kit.far.batches] == [45, 5]
    assert asked[:4] == [(20, None), (20, 20), (5, 40), (20, None)]


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_all_parts_of_a_batch_share_its_bytes(tmp_path: Path) -> None:
    share = (MAX_BATCH_BYTES - 64 * 1024) // 30 - 600
    async with kit_in(tmp_path, total_timeout_s=60) as kit:
        kit.there.line.reached()
        await _append(kit, 40, payload={"cashier_id": "ana", "note": "x" * share})
        async with at_work(_uploader(kit, replace(RULES, batch_max=40)).run):
            await until(kit, lambda reader: states(reader) == ["settled"] * 40)
        assert [len(batch) for batch in kit.far.batches] == [30, 10]


async def test_a_refund_waits_with_its_quarantined_sale(kit: Kit) -> None:
    [sale] = await _append(kit, 1)
    [refund] = await _append(kit, 1, kind="refund", depends_on=sale)
    [other] = await _append(kit, 1)
    _judging(kit, **{sale: {"status": "quarantined", "code": "sequence_taken", "detail": "no"}})
    # The refund was in the batch already; its sale's quarantine must not lose it.
    async with at_work(_uploader(kit, UploadRules(1, timedelta(0), 900)).run):
        await until(kit, lambda reader: states(reader) == ["quarantined", "queued", "settled"])
    assert list(kit.far.ledger) == [other]
    assert refund not in kit.far.ledger


async def test_a_quarantined_item_keeps_its_reason_and_hint(kit: Kit) -> None:
    sent = await _append(kit, 2)
    verdict = {
        "status": "quarantined",
        "code": "payload_hash_differs",
        "detail": "changed since it was recorded",
        "hint": "tell the control room",
    }
    _judging(kit, **{sent[0]: verdict})
    async with at_work(_uploader(kit).run):
        await until(kit, lambda reader: states(reader) == ["quarantined", "settled"])
    row = await kit.here.journal.read(lambda reader: reader.rows_page(before=2, limit=1)[0])
    assert row.outcome is not None
    assert row.outcome.to_json() == {**row.outcome.to_json(), **verdict}


@pytest.mark.parametrize("poison", [0, 3, 7, 19])
async def test_a_batch_that_can_not_be_read_is_halved_down_to_the_item_to_blame(
    kit: Kit, poison: int
) -> None:
    sent = await _append(kit, 20)
    kit.far.poison = {sent[poison]}
    async with at_work(_uploader(kit).run):
        await until(kit, lambda reader: not {"queued", "uploading"} & set(states(reader)))
    expected = ["settled"] * 20
    expected[poison] = "quarantined"
    assert await kit.here.journal.read(states) == expected
    assert list(kit.far.ledger) == [txn_id for txn_id in sent if txn_id != sent[poison]]
    [row] = await kit.here.journal.read(
        lambda reader: reader.rows_page(before=None, limit=9, states=[JournalState.QUARANTINED])
    )
    assert row.outcome is not None
    assert row.outcome.detail == "This is no transaction."
    assert row.outcome.hint
    assert "body_invalid" in {result for *_, result in _attempts(kit)}
    [text] = kit.far.raw
    assert json.loads(text)["envelope"]["txn_id"] == sent[poison], "it is kept there as it came"


async def test_what_goes_as_text_has_no_personal_data(kit: Kit) -> None:
    personal = PersonalData(salt="0" * 32, buyer=Buyer(name="Nora Quay"))
    kit.far.poison = set(await _append(kit, 1, kind="sale", personal=personal))
    async with at_work(_uploader(kit).run):
        await until(kit, lambda reader: states(reader) == ["quarantined"])
    [text] = kit.far.raw
    assert "Nora" not in text


async def test_what_is_refused_as_text_too_is_quarantined_here_alone(kit: Kit) -> None:
    for detail in ("too deep", "still too deep"):
        problem = {"code": "body_invalid", "detail": detail}
        kit.far.break_with("status", status=422, problem=problem)
    await _append(kit, 1)
    async with at_work(_uploader(kit).run):
        await until(kit, lambda reader: states(reader) == ["quarantined"])
    row = await kit.here.journal.read(lambda reader: reader.rows_page(before=2, limit=1)[0])
    assert row.outcome is not None
    assert "still too deep" in row.outcome.detail
    assert "tried again in Transactions" in row.outcome.hint


async def test_a_refusal_of_the_kiosk_blames_no_item_and_shows_in_the_status(kit: Kit) -> None:
    await _append(kit, 3)
    kit.far.break_with(
        "status",
        status=403,
        problem={"code": "journal_of_another_kiosk", "detail": "it is till 2's"},
    )
    async with at_work(_uploader(kit).run):
        await kit.clock.wait_for_sleepers()
        [warning] = kit.here.state.warnings()
        assert (warning.code, "till 2's" in warning.text) == ("journal_of_another_kiosk", True)
        await kit.clock.advance_when_asleep(8)
        await until(kit, lambda reader: states(reader) == ["settled"] * 3)
        await until(kit, lambda _reader: not kit.here.state.warnings())
    assert kit.far.fired["status"] == 1
    assert kit.clock.slept[0] >= 4


async def test_a_batch_that_times_out_is_halved_and_grows_again(kit: Kit) -> None:
    sent = await _append(kit, 30)
    kit.far.break_with("hang", times=2)
    wait_for_answers(kit.there.fleet, 0.5)
    async with at_work(_uploader(kit).run):
        await kit.clock.advance_when_asleep(10)
        await kit.clock.wait_for_sleepers()
        wait_for_answers(kit.there.fleet, 60)
        kit.clock.advance(10)
        await until(kit, lambda reader: states(reader) == ["settled"] * 30)
    assert kit.far.fired["hang"] == 2
    assert [len(batch) for batch in kit.far.batches] == [1, 2, 4, 8, 8, 7]
    assert list(kit.far.ledger) == sent
    assert [result for *_, result in _attempts(kit)][:2] == ["line_timeout"] * 2


async def test_what_a_killed_run_left_half_sent_goes_again(kit: Kit) -> None:
    sent = await _append(kit, 3)
    await kit.here.journal.write(lambda writer: writer.begin_upload(2, 1 << 20))
    assert await kit.here.journal.read(states) == ["uploading"] * 2 + ["queued"]
    async with at_work(_uploader(kit).run):
        await until(kit, lambda reader: states(reader) == ["settled"] * 3)
    assert list(kit.far.ledger) == sent


async def test_a_stop_in_the_middle_gives_the_batch_back_and_notes_the_attempt(kit: Kit) -> None:
    await _append(kit, 3)
    kit.far.break_with("hang")
    async with at_work(_uploader(kit).run):
        await kit.far.until(lambda: kit.far.requests["/v1/sessions"] == 1)
        await until(kit, lambda reader: states(reader) == ["uploading"] * 3)
    assert await kit.here.journal.read(states) == ["queued"] * 3
    assert _attempts(kit) == [(1, 3, 3, "agent_stopping")]


class _StoppedOnceTaken:
    """A Journal whose caller is stopped when a batch has been taken, before it knows."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner
        self._writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def write(self, work: Callable[[JournalWriter], Any]) -> Any:
        answer = await self._inner.write(work)
        self._writes += 1
        if self._writes == 2:
            raise asyncio.CancelledError
        return answer


async def test_a_stop_while_a_batch_is_taken_gives_it_back(kit: Kit) -> None:
    await _append(kit, 3)
    here = replace(kit.here, journal=_StoppedOnceTaken(kit.here.journal))
    with pytest.raises(asyncio.CancelledError):
        await Uploader(here, kit.there, RULES).run()
    assert await kit.here.journal.read(states) == ["queued"] * 3
    assert _attempts(kit) == []
    row = await kit.here.journal.read(lambda reader: reader.rows_page(before=2, limit=1)[0])
    assert row.attempts == 1, "it had been taken"


async def test_it_wakes_when_the_line_comes_back_before_its_wait_is_over(kit: Kit) -> None:
    await kit.there.fleet.keys()
    sent = await _append(kit, 2)
    await kit.far.stop()
    async with at_work(_uploader(kit).run):
        await kit.clock.wait_for_sleepers()
        assert kit.line.is_offline()
        await kit.far.start()
        await kit.there.fleet.keys()
        await until(kit, lambda reader: states(reader) == ["settled"] * 2)
    assert list(kit.far.ledger) == sent
    assert kit.clock.now() == kit.clock.wall


async def test_a_named_time_is_kept_even_if_the_line_comes_back(kit: Kit) -> None:
    await _append(kit, 1)
    kit.far.break_with("portal_busy")
    async with at_work(_uploader(kit).run):
        await kit.clock.wait_for_sleepers()
        assert kit.line.is_offline()
        await kit.there.fleet.keys()
        assert not kit.line.is_offline()
        assert 20 <= kit.clock.slept[-1] <= 21
        for _ in range(5):
            await kit.there.fleet.keys()
        assert kit.far.requests["/v1/transactions"] == 1, "it was not asked again meanwhile"
        assert await kit.here.journal.read(states) == ["queued"]
        await kit.clock.advance_when_asleep(21)
        await until(kit, lambda reader: states(reader) == ["settled"])
