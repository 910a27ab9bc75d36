"""After a power cut: the agent's own start-up opens what survived, and everything is compared."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from kiosk_agent.domain.epochs import EpochReason
from kiosk_agent.domain.records import JournalRow
from kiosk_agent.ports.journal import JournalReader
from kiosk_agent.services.stocking import _unanswered
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import CartState
from tests.proof.books import all_rows, journal_findings
from tests.proof.far_ledger import FarLedger
from tests.proof.findings import Finding, lost, wrong
from tests.proof.kiosk_at_work import KioskAtWork, kiosk_in

Told = Sequence[dict[str, Any]]


async def findings_after_cut(
    folder: Path, journals: Sequence[str], told: Told, *, deduplicates: bool = True
) -> list[Finding]:
    """Start every journal of `folder`, sell and send with it; return what is wrong, in words.

    `told` is what the run had told the world before the cut, oldest first.
    """
    found: list[Finding] = []
    ledger = FarLedger(deduplicates=deduplicates)
    ledger.restore(told)
    for name in journals:
        mine = [fact for fact in told if fact.get("journal") == name]
        try:
            async with kiosk_in(folder / name, ledger) as kiosk:
                found += await _compare(kiosk, mine, ledger)
                await _live_on(kiosk)
                found += await kiosk.here.journal.read(_all_settled)
                found += await kiosk.here.journal.read(journal_findings)
        except ProblemError as error:
            found.append(wrong(f"{name} needs a person's help: {error.problem.detail}"))
    return [*found, *ledger.findings()]


async def _compare(kiosk: KioskAtWork, told: Told, ledger: FarLedger) -> list[Finding]:
    found = await kiosk.here.journal.read(journal_findings)
    rows = {
        str(row.transaction.envelope.txn_id): row for row in await kiosk.here.journal.read(all_rows)
    }
    for fact in told:
        if "answer" in fact:
            found += _compare_answer(rows.get(fact["answer"]["txn_id"]), fact["answer"])
        for txn_id in fact.get("settled", ()):
            if txn_id not in rows or rows[txn_id].state is not JournalState.SETTLED:
                found.append(lost(f"{txn_id} was settled, and is not any more"))
        if "payment" in fact:
            found += await _compare_payment(kiosk, fact["payment"])
        if "stocked" in fact:
            gone = await kiosk.here.journal.read(
                lambda reader, fact=fact: _missing(reader, fact["stocked"])  # type: ignore[misc]
            )
            found += [lost(f"serials {gone} were in the stock")] if gone else []
    found += await kiosk.here.journal.read(_needless_epochs)
    return found + await _compare_grants(kiosk, ledger)


def _needless_epochs(reader: JournalReader) -> list[Finding]:
    """Return new epochs: a power cut damages no journal, so that each is a false alarm."""
    return [
        wrong(f"epoch {one.epoch} began: {one.reason}, {one.found}")
        for one in reader.epochs()
        if one.reason != EpochReason.FIRST
    ]


def _compare_answer(row: JournalRow | None, answer: dict[str, Any]) -> list[Finding]:
    if row is None:
        return [lost(f"{answer['kind']} {answer['txn_id']} was acknowledged")]
    if row.answer != answer:
        return [wrong(f"{answer['txn_id']} was answered {answer}, and is {row.answer}")]
    return []


async def _compare_payment(kiosk: KioskAtWork, txn_id: str) -> list[Finding]:
    cart = await kiosk.here.journal.read(lambda reader: reader.cart(UUID(txn_id)))
    items = await kiosk.here.journal.read(lambda reader: reader.cart_items(UUID(txn_id)))
    paying = {CartState.PAYMENT_STARTED, CartState.CLOSED}
    if cart is None or cart.state not in paying or not items:
        return [lost(f"money was asked for cart {txn_id}, and it is {cart}")]
    return []


async def _compare_grants(kiosk: KioskAtWork, ledger: FarLedger) -> list[Finding]:
    """Return what was granted to this journal, is not in its stock, and not asked for again."""
    identity = await kiosk.here.journal.read(lambda reader: reader.identity())
    waiting = {lease.request_id for lease in await kiosk.here.journal.read(_unanswered)}
    serials = [
        ticket.serial
        for allotment in ledger.granted.values()
        if allotment.journal_id == identity.journal_id and allotment.request_id not in waiting
        for ticket in allotment.tickets
    ]
    missing = await kiosk.here.journal.read(lambda reader: _missing(reader, serials))
    return [lost(f"serials {missing} were granted, and nobody asks again")] if missing else []


def _missing(reader: JournalReader, serials: Sequence[str]) -> list[str]:
    return [serial for serial in serials if reader.stock_item(serial) is None]


async def _live_on(kiosk: KioskAtWork) -> None:
    """Sell one more, then send everything: what was sent before counts once."""
    await kiosk.begin()
    await kiosk.top_up()
    await kiosk.sell(adult=1)
    await kiosk.drain()


def _all_settled(reader: JournalReader) -> list[Finding]:
    return [
        lost(f"{row.transaction.envelope.txn_id} is {row.state} in the end")
        for row in all_rows(reader)
        if row.state is not JournalState.SETTLED
    ]
