"""What an epoch's beginning told is known; what happens to older records later is news."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.services.verifying import Verification
from kiosk_contracts.verifying import ChainBreak, VerifyReport
from tests.support.clock import FakeClock
from tests.support.journal import KIOSK_CODE, KIOSK_ID, VENUE_ID, damage, new_transaction
from tests.support.salvage import ARCHIVED, Scene, scene


def _said(breaks: Sequence[ChainBreak]) -> list[tuple[int, str, bool]]:
    return [(one.sequence, one.kind, one.known) for one in breaks]


def _change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        assert plain.execute(sql).rowcount > 0


async def _verified(one: Scene) -> VerifyReport:
    async with one.opened() as journal:
        return await Verification(journal, None).run()


async def test_a_sound_file_on_another_host_knows_of_no_break(tmp_path: Path) -> None:
    path, clock = tmp_path / "journal.db", FakeClock()

    def opened(host_id: str) -> Any:
        return open_journal(path, clock=clock, kiosk_id=KIOSK_ID, host_id=host_id)

    sale = {"cashier_id": "ana", "total": {"amount": "12.50", "currency": "EUR"}}
    async with opened("machine:a") as journal:
        await journal.write(lambda writer: writer.put_identity(KIOSK_CODE, VENUE_ID, "Hall"))
        for _ in range(10):
            new = new_transaction(kind="sale", payload=sale, numbered=True)
            await journal.write(lambda writer, new=new: writer.append(new))
    async with opened("machine:b") as journal:
        await journal.write(lambda writer: writer.append(new_transaction()))
        before = await Verification(journal, None).run()
    assert (before.broken, before.known) == (0, 0)
    _change(path, "DELETE FROM transactions WHERE sequence = 4")
    _change(
        path,
        "UPDATE transactions SET payload = replace(payload, '12.5', '99.5') WHERE sequence = 7",
    )
    async with opened("machine:b") as journal:
        report = await Verification(journal, None).run()
    assert _said(report.breaks) == [
        (4, "missing_here", False),
        (5, "receipt_gap", False),
        (7, "damaged", False),
    ]


def _lose_the_log(one: Scene) -> None:
    one.wal.unlink()


def _damage_a_row(one: Scene) -> None:
    damage(one.path, "payload", b"{", 5)
    _change(one.path, "UPDATE meta SET value = 'x' WHERE key = 'epoch'")


def _damage_envelopes(one: Scene) -> None:
    damage(one.path, "envelope", b"{", 5)
    damage(one.path, "envelope", b"{", max(one.known.sequences))
    _change(one.path, "UPDATE meta SET value = 'x' WHERE key = 'epoch'")


@pytest.mark.parametrize("harm", [_lose_the_log, _damage_a_row, _damage_envelopes])
async def test_what_a_salvage_told_is_known_and_nothing_else(
    tmp_path: Path, harm: Callable[[Scene], None]
) -> None:
    one = scene(tmp_path)
    harm(one)
    told = await _verified(one)
    assert told.broken == 0
    assert told.known > 0
    _change(one.path, "DELETE FROM transactions WHERE sequence = 9")
    after = await _verified(one)
    assert after.known == told.known
    assert (9, "missing_here", False) in _said(after.breaks)


async def test_a_second_salvage_tells_only_what_is_new(tmp_path: Path) -> None:
    one = scene(tmp_path)
    _lose_the_log(one)
    await _verified(one)
    damage(one.path, "payload", b"{", 5)
    _change(one.path, "UPDATE meta SET value = 'x' WHERE key = 'epoch'")
    assert (await _verified(one)).broken == 0
    async with one.opened() as journal:
        _, second, third = await journal.read(lambda reader: reader.epochs())
    assert second.missing
    assert (second.damaged, third.missing, third.damaged) == ((), (), ((5, 5),))


async def test_an_archive_that_cannot_be_read_is_a_break_and_the_rest_is_verified(
    tmp_path: Path,
) -> None:
    one = scene(tmp_path, archived=True)
    [path] = (one.folder / "archive").iterdir()
    packed = bytearray(path.read_bytes())
    packed[len(packed) // 2] ^= 1
    path.write_bytes(packed)
    damage(one.path, "payload", b"{", ARCHIVED + 4)
    report = await _verified(one)
    assert _said(report.breaks) == [
        (1, "damaged", False),
        (ARCHIVED + 4, "damaged", False),
    ]
    assert f"#1 to #{ARCHIVED} can't be read: {path.name}" in report.breaks[0].words
    assert report.up_to == max(one.known.sequences)
