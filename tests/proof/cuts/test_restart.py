"""What is compared after a cut sees each harm done to archives, reserve, epochs and files."""

import gzip
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from uuid6 import uuid7

from kiosk_agent.adapters.archive_files import FOLDER_NAME, FileArchives
from kiosk_agent.adapters.journal.recovery import Home, prepare
from kiosk_agent.adapters.reserve_file import SEALED, ReserveFile
from kiosk_contracts.kiosk_status import JournalState
from tests.proof.books import all_rows
from tests.proof.cuts.restart import findings_after_cut
from tests.proof.cuts.run import SETTLED_IS_OLD_S, ToldReserve
from tests.proof.far_ledger import FarLedger
from tests.proof.kiosk_at_work import HOST_ID, RESERVE, ImpatientClock, kiosk_in
from tests.support.journal import KIOSK_ID

NAME = "kiosk"
Told = list[dict[str, Any]]
Harm = Callable[[Path, Told], None]


@pytest.fixture
async def told(tmp_path: Path) -> Told:
    """Sell, settle, archive all but two, seal a reserve; return what was told."""
    facts: Told = []

    def tell(fact: dict[str, Any]) -> None:
        facts.append({"journal": NAME, **fact})

    folder = tmp_path / NAME
    folder.mkdir()
    async with kiosk_in(
        folder,
        FarLedger(tell=tell),
        reserve=ToldReserve(folder / RESERVE, tell),
        archive_after_s=SETTLED_IS_OLD_S,
    ) as kiosk:
        await kiosk.begin()
        await kiosk.top_up()
        for _ in range(3):
            tell({"answer": await kiosk.sell(adult=1)})
        await kiosk.drain()
        await kiosk.tidy()
        tell({"answer": await kiosk.sell(child=1)})
        await kiosk.drain()
        rows = await kiosk.here.journal.read(all_rows)
        assert {row.state for row in rows} == {JournalState.SETTLED}
        tell({"settled": [str(row.txn_id) for row in rows]})
        await kiosk.fill_reserve()
    return facts


async def found(folder: Path, told: Told) -> str:
    findings = await findings_after_cut(folder, [NAME], told)
    return "; ".join(map(str, findings))


def archive(folder: Path) -> Path:
    """Return the first archive; a restart makes others."""
    return min((folder / NAME / FOLDER_NAME).glob("*.gz"), key=lambda path: path.name)


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / NAME / "journal.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def in_journal(*statements: str) -> Harm:
    return lambda folder, _: change(folder, *statements)


async def test_without_harm_nothing_is_found(tmp_path: Path, told: Told) -> None:
    assert await found(tmp_path, told) == ""


def lose_archive(folder: Path, _: Told) -> None:
    archive(folder).unlink()


def change_archive(folder: Path, _: Told) -> None:
    text = gzip.decompress(archive(folder).read_bytes())
    assert b"12.50" in text
    archive(folder).write_bytes(gzip.compress(text.replace(b"12.50", b"99.50", 1)))


def copy_back(folder: Path, _: Told) -> None:
    """Let a transaction stand in the journal too."""
    line = FileArchives(archive(folder).parent).read(archive(folder).name)[0]
    change(
        folder,
        "CREATE TEMP TABLE one AS SELECT * FROM transactions LIMIT 1",
        f"UPDATE one SET sequence = {line['sequence']}, txn_id = '{line['txn_id']}',"  # noqa: S608  ours
        " receipt_number = NULL",
        "INSERT INTO transactions SELECT * FROM one",
    )


def leave_noise(folder: Path, _: Told) -> None:
    archive(folder).with_name(f"{uuid4()}-1-2.jsonl.gz").write_bytes(b"?")


def forget_archive(folder: Path, told: Told) -> None:
    """Let nobody name it, and nobody have acknowledged what is in it."""
    change(folder, "DELETE FROM archives", "DELETE FROM archived")
    told.clear()


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (lose_archive, "needs a person's help: An archive is needed for this"),
        (change_archive, "lost: an archive is named, and not whole"),
        (in_journal("DELETE FROM archived WHERE sequence = 2"), "lost: sale"),
        (in_journal("UPDATE archives SET transactions = 9"), "named is ArchiveFacts"),
        (copy_back, "doubled: of 5 transactions 3 are in the journal, 3 archived"),
        (leave_noise, "wrong: a file in archive/ is no archive"),
        (forget_archive, "wrong: nobody names archive/"),
    ],
)
async def test_harm_to_archives_is_found(
    harm: Harm, expected: str, tmp_path: Path, told: Told
) -> None:
    harm(tmp_path, told)
    assert expected in await found(tmp_path, told)


async def test_what_a_kill_left_of_archives_is_no_harm(tmp_path: Path, told: Told) -> None:
    half = archive(tmp_path).with_name("some.jsonl.gz.half")
    half.write_bytes(b"half")
    async with kiosk_in(tmp_path / NAME, FarLedger(), archive_after_s=SETTLED_IS_OLD_S) as kiosk:
        soon = kiosk.here.clock.now() + timedelta(seconds=1)
        lines = await kiosk.here.journal.read(lambda reader: reader.archivable(soon, 1))
        identity = await kiosk.here.journal.read(lambda reader: reader.identity())
        left_over = kiosk.archives.write(identity.journal_id, lines).name
    assert await found(tmp_path, told) == ""
    names = {path.name for path in half.parent.iterdir()}
    assert names.isdisjoint({half.name, left_over})


_ROW = "txn_id, shift_id, cashier_id, given_back_by, at, taken"
_TWICE = f"INSERT INTO cancelled_payments ({_ROW}) SELECT {_ROW} FROM cancelled_payments"  # noqa: S608  ours


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        ("SELECT 1", ""),
        ("DELETE FROM cancelled_payments", "money was given back"),
        ("UPDATE cancelled_payments SET shift_id = NULL", "money was given back"),
        (_TWICE, "doubled: cart"),
    ],
)
async def test_money_given_back_that_is_gone_or_told_twice_is_found(
    tmp_path: Path, told: Told, harm: str, expected: str
) -> None:
    txn_id = uuid7()
    async with kiosk_in(tmp_path / NAME, FarLedger(), archive_after_s=SETTLED_IS_OLD_S) as kiosk:
        await kiosk.put_cart(txn_id, child=2)
        await kiosk.start_payment(txn_id)
        await kiosk.take_part(txn_id, "5.00")
        await kiosk.cancel_payment(txn_id)
    told.append({"journal": NAME, "given_back": str(txn_id)})
    change(tmp_path, harm)
    words = await found(tmp_path, told)
    assert expected in words if expected else words == ""


async def test_what_settled_and_is_sent_again_is_found(tmp_path: Path, told: Told) -> None:
    change(tmp_path, "UPDATE transactions SET state = 'queued'")
    words = await found(tmp_path, told)
    assert "lost: " in words
    assert "had settled, and was sent again" in words


def lose_reserve(folder: Path, _: Told) -> None:
    (folder / NAME / RESERVE / SEALED).unlink()


def cut_reserve(folder: Path, _: Told) -> None:
    path = folder / NAME / RESERVE / SEALED
    path.write_bytes(path.read_bytes()[:-9])


def drop_a_lease(folder: Path, _: Told) -> None:
    file = ReserveFile(folder / NAME / RESERVE)
    reserve = file.load()
    assert reserve is not None
    file.save(reserve.without(reserve.leases[0].request_id))


def sell_the_reserve(folder: Path, _: Told) -> None:
    reserve = ReserveFile(folder / NAME / RESERVE).load()
    assert reserve is not None
    granted = reserve.leases[0].allotment
    assert granted is not None
    change(
        folder,
        f"UPDATE stock SET serial = '{granted.tickets[0].serial}'"  # noqa: S608  ours
        " WHERE rowid = (SELECT max(rowid) FROM stock)",
    )


def begin_the_reserve(folder: Path, _: Told) -> None:
    reserve = ReserveFile(folder / NAME / RESERVE).load()
    assert reserve is not None
    change(folder, f"UPDATE epochs SET journal_id = '{reserve.journal_id}'")  # noqa: S608  ours


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (lose_reserve, "was sealed, and no journal took it"),
        (cut_reserve, "lost: the reserve can't be read"),
        (drop_a_lease, "wrong: the reserve is neither the old one nor the new one"),
        (drop_a_lease, "was granted to the reserve, and nobody asks again"),
        (sell_the_reserve, "are in the stock and in the reserve"),
        (begin_the_reserve, "has begun, and its reserve is open"),
    ],
)
async def test_harm_to_the_reserve_is_found(
    harm: Harm, expected: str, tmp_path: Path, told: Told
) -> None:
    harm(tmp_path, told)
    assert expected in await found(tmp_path, told)


def damage(folder: Path, told: Told, **changes: Any) -> None:
    """Harm the journal's notes, so that it is salvaged, with all that is in it; tell so."""
    change(folder, "UPDATE meta SET value = 'no' WHERE key = 'kiosk_id'")
    fact = {"reason": "damaged", "kept": "everything", **changes}
    told += [{"journal": NAME, "damaging": fact}, {"journal": NAME, "damaged": True}]


async def test_a_salvage_that_is_due_is_no_harm(tmp_path: Path, told: Told) -> None:
    damage(tmp_path, told)
    assert await found(tmp_path, told) == ""


async def test_a_salvage_may_be_due_or_not_while_harm_is_being_done(
    tmp_path: Path, told: Told
) -> None:
    damage(tmp_path, told)
    assert await found(tmp_path, told[:-1]) == ""


async def test_harm_that_nobody_noticed_is_found(tmp_path: Path, told: Told) -> None:
    damage(tmp_path, told)
    change(tmp_path, "UPDATE meta SET value = 'harbour-till-1' WHERE key = 'kiosk_id'")
    assert "0 epochs began, 1 to 1 were due" in await found(tmp_path, told)
    assert await found(tmp_path, told[:-1]) == ""


def lose_a_row(folder: Path, told: Told) -> None:
    change(folder, "DELETE FROM transactions")
    damage(folder, told)


def lose_the_stock(folder: Path, told: Told) -> None:
    told.append({"journal": NAME, "stocked": [told[1]["granted"]["tickets"][0]["serial"]]})
    change(folder, "DELETE FROM stock")
    damage(folder, told)


def sell_old_stock(folder: Path, told: Told) -> None:
    """Salvage, and let the file say afterwards that what was frozen is for sale."""
    damage(folder, told)
    home = Home(
        folder / NAME / "journal.db",
        KIOSK_ID,
        HOST_ID,
        ReserveFile(folder / NAME / RESERVE),
        ImpatientClock(),
    )
    prepare(home)
    change(folder, "UPDATE stock SET state = 'available' WHERE state = 'frozen'")


def lose_another_way(folder: Path, told: Told) -> None:
    damage(folder, told, reason="lost")


def take_another_reserve(folder: Path, told: Told) -> None:
    lose_reserve(folder, told)
    damage(folder, told)


def leave_a_fresh_file(folder: Path, told: Told) -> None:
    damage(folder, told)
    (folder / NAME / "journal.old.db").touch()


def lose_what_is_kept(folder: Path, told: Told) -> None:
    """Say that harm was done and salvaged, and have nothing to show for it."""
    change(folder, "UPDATE meta SET value = '2' WHERE key = 'epoch'")
    told += [
        {"journal": NAME, "damaging": {"reason": "damaged", "kept": "everything"}},
        {"journal": NAME, "damaged": True},
    ]


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (lose_a_row, "was acknowledged"),
        (lose_the_stock, "were in the stock"),
        (sell_old_stock, "are for sale"),
        (lose_another_way, "the last epoch must be lost"),
        (take_another_reserve, "is not of the reserve"),
        (leave_a_fresh_file, "journal.old.db was left behind"),
        (lose_what_is_kept, "1 files were damaged, kept are []"),
    ],
)
async def test_harm_by_a_salvage_is_found(
    harm: Harm, expected: str, tmp_path: Path, told: Told
) -> None:
    harm(tmp_path, told)
    assert expected in await found(tmp_path, told)


async def test_what_may_be_gone_is_gone_with_a_word_or_not_at_all(
    tmp_path: Path, told: Told
) -> None:
    """Lose the file, of which archives keep the most."""
    kept = [fact["answer"]["txn_id"] for fact in told if "answer" in fact][:2]
    damage(tmp_path, told, reason="lost", kept=kept)
    (tmp_path / NAME / "journal.db").unlink()
    assert await found(tmp_path, told) == ""
    (report,) = (tmp_path / NAME / "damaged").glob("*/salvage.json")
    report.write_text(
        report.read_text().replace('"sequences_missing": [', '"sequences_missing": [')
    )
    report.unlink()
    words = await found(tmp_path, told)
    assert "has no report" in words
    assert "is gone, and nobody says so" in words


async def test_a_number_and_a_ticket_that_were_given_before_are_found(
    tmp_path: Path, told: Told
) -> None:
    sale = next(fact["answer"] for fact in told if "answer" in fact)
    other = {**sale, "txn_id": "0197a000-0000-7000-8000-000000000001"}
    damage(tmp_path, told)
    words = await found(tmp_path, [*told, {"journal": NAME, "answer": other}])
    assert f"doubled: {sale['receipt_number']} was given for {other['txn_id']} and for" in words
    assert f"doubled: {sale['tickets'][0]['serial']} was given for" in words
