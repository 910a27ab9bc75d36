"""The proof's checks see what they are there for: each kind of harm, done to a real journal."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kiosk_agent.adapters.journal.schema import SCHEMA_VERSION
from kiosk_contracts.transactions import Envelope
from kiosk_contracts.uploads import ItemStatus
from tests.proof.books import journal_findings
from tests.proof.cuts.restart import findings_after_cut
from tests.proof.far_ledger import FarLedger
from tests.proof.findings import Finding, Harm
from tests.proof.kiosk_at_work import kiosk_in

NAME = "kiosk"
Told = list[dict[str, Any]]


async def evening(folder: Path) -> Told:
    """Sell two tickets, void one, admit one, return the rest; return what was told."""
    told: Told = []
    ledger = FarLedger(tell=lambda fact: told.append({"journal": NAME, **fact}))
    (folder / NAME).mkdir()
    async with kiosk_in(folder / NAME, ledger) as kiosk:
        await kiosk.begin()
        await kiosk.top_up()
        sales = [await kiosk.sell(adult=1) for _ in range(2)]
        answers = [*sales, await kiosk.void(sales[0]["txn_id"])]
        answers.append(await kiosk.admit(sales[1]["tickets"][0]["serial"]))
        told += [{"journal": NAME, "answer": answer} for answer in answers]
        await kiosk.drain()
        told.append({"journal": NAME, "settled": [answer["txn_id"] for answer in answers]})
        await kiosk.give_back()
    return told


def harm(folder: Path, *statements: str) -> None:
    """Change the journal behind its back."""
    with closing(sqlite3.connect(folder / NAME / "journal.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


async def found(folder: Path) -> list[Finding]:
    async with kiosk_in(folder / NAME, FarLedger()) as kiosk:
        return await kiosk.here.journal.read(journal_findings)


def words(findings: Sequence[Finding]) -> str:
    return "; ".join(map(str, findings))


async def test_a_journal_that_is_well_has_no_findings(tmp_path: Path) -> None:
    told = await evening(tmp_path)
    assert await found(tmp_path) == []
    assert await findings_after_cut(tmp_path, [NAME], told) == []


@pytest.mark.parametrize(
    ("statement", "harms"),
    [
        (
            "UPDATE transactions SET payload = replace(payload, 'North', 'South')",
            "wrong: transaction 5 was changed",
        ),
        ("DELETE FROM transactions WHERE sequence = 3", "wrong: transaction 4 does not follow 2"),
        ("DELETE FROM transactions WHERE sequence = 1", "lost: the chain does not begin"),
        (
            "UPDATE meta SET value = '12' WHERE key = 'last_sequence'",
            "wrong: the sequence up to",
        ),
        (
            "UPDATE transactions SET receipt_number = 'HB1-1-000000' WHERE sequence = 4",
            "wrong: the receipt numbers of HB1-1 are [1, 2, 0]",
        ),
        ("UPDATE stock SET state = 'available' WHERE state = 'sold'", "is available in the stock"),
        ("UPDATE stock SET state = 'sold' WHERE state = 'revoked'", "revoked in the journal"),
        ("DELETE FROM stock WHERE state = 'returned'", "is missing in the stock, returned"),
    ],
)
async def test_harm_done_to_a_journal_is_found(statement: str, harms: str, tmp_path: Path) -> None:
    await evening(tmp_path)
    harm(tmp_path, statement)
    assert harms in words(await found(tmp_path))


async def test_a_serial_that_was_sold_twice_is_found(tmp_path: Path) -> None:
    await evening(tmp_path)
    harm(
        tmp_path,
        "UPDATE transactions SET payload ="
        " (SELECT payload FROM transactions WHERE sequence = 2) WHERE sequence = 3",
    )
    assert "sold 2 times" in words(await found(tmp_path))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM transactions WHERE sequence = 3", "was acknowledged"),
        ("UPDATE transactions SET answer = '{}' WHERE sequence = 3", "was answered"),
        ("UPDATE transactions SET state = 'queued' WHERE sequence = 3", "is not any more"),
        ("UPDATE meta SET value = 'no' WHERE key = 'kiosk_id'", "1 epochs began, 0 to 0 were due"),
        ("DELETE FROM stock WHERE ticket_type_id = 'child'", "and nobody asks again"),
    ],
)
async def test_what_a_cut_took_is_found_after_the_restart(
    statement: str, expected: str, tmp_path: Path
) -> None:
    told = await evening(tmp_path)
    harm(tmp_path, statement)
    assert expected in words(await findings_after_cut(tmp_path, [NAME], told))


async def test_a_journal_of_a_newer_version_needs_a_persons_help(tmp_path: Path) -> None:
    told = await evening(tmp_path)
    harm(
        tmp_path,
        f"PRAGMA user_version = {SCHEMA_VERSION + 1}",
        "INSERT INTO _sqlite_migrations VALUES (99, 'kiosk_journal', 'm9999_later', '')",
    )
    assert "needs a person's help" in words(await findings_after_cut(tmp_path, [NAME], told))


async def test_a_cart_that_a_customer_paid_for_and_stock_that_was_there_are_missed(
    tmp_path: Path,
) -> None:
    told = await evening(tmp_path)
    cart = "0197a000-0000-7000-8000-000000000001"
    told += [{"journal": NAME, "payment": cart}, {"journal": NAME, "stocked": ["0000000ZZZ"]}]
    seen = words(await findings_after_cut(tmp_path, [NAME], told))
    assert f"money was asked for cart {cart}" in seen
    assert "serials ['0000000ZZZ'] were in the stock" in seen


async def test_a_journal_that_began_anew_repeats_no_number_unseen(tmp_path: Path) -> None:
    told = await evening(tmp_path)
    (tmp_path / NAME / "journal.db").unlink()
    findings = await findings_after_cut(tmp_path, [NAME], told)
    assert sum(finding.harm is Harm.LOST for finding in findings) >= 4


async def test_the_far_ledger_sees_contradictions(tmp_path: Path) -> None:
    told = await evening(tmp_path)
    (batch,) = (fact["received"] for fact in told if "received" in fact)
    ledger = FarLedger()
    ledger.restore(told)
    assert ledger.findings() == []
    envelope = batch[1]["envelope"]
    changed = {**batch[1], "envelope": {**envelope, "hash": "0" * 64}}
    sealed = {name: value for name, value in envelope.items() if name != "hash"}
    other = {**sealed, "txn_id": UUID("0197a000-0000-7000-8000-000000000002")}
    again = {**batch[1], "envelope": Envelope.seal_hashed(**other).to_json()}
    outcomes = await ledger.upload(envelope["journal_id"], [changed, again])
    statuses = [outcome.status for outcome in outcomes]
    assert statuses == [ItemStatus.QUARANTINED, ItemStatus.SETTLED]
    seen = words(ledger.findings())
    assert "came as" in seen
    assert "doubled: sequence 2 is" in seen
    assert "was sold again" in seen


async def test_without_deduplication_the_far_ledger_counts_twice(tmp_path: Path) -> None:
    told = await evening(tmp_path)
    ledger = FarLedger(deduplicates=False)
    ledger.restore(told)
    assert ledger.findings() == []
    ledger.restore(told)
    assert "counts 2 times" in words(ledger.findings())


async def test_the_far_ledger_grants_no_more_than_there_is(tmp_path: Path) -> None:
    ledger = FarLedger(capacity={"adult": 25, "child": 3})
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        async with kiosk_in(tmp_path / name, ledger) as kiosk:
            await kiosk.begin()
            await kiosk.top_up()
    assert (ledger.taken["adult"], ledger.taken["child"]) == (25, 3)
    serials = [one.serial for allotment in ledger.granted.values() for one in allotment.tickets]
    assert len(serials) == len(set(serials)) == 28
