"""After a power cut: the agent's own start-up opens what survived, and everything is compared."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final
from uuid import UUID

from kiosk_agent.adapters.archive_files import FOLDER_NAME
from kiosk_agent.domain.records import JournalRow
from kiosk_agent.ports.journal import JournalReader
from kiosk_agent.services.stocking import _unanswered
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import CartState
from tests.proof.books import all_rows, given_findings, row_findings
from tests.proof.cuts.archives_after import archive_findings, left_over_findings
from tests.proof.cuts.epochs_after import epoch_findings, file_findings, gone_from
from tests.proof.cuts.reserve_after import reserve_findings, sealed_findings
from tests.proof.cuts.run import SETTLED_IS_OLD_S
from tests.proof.cuts.told import Acknowledged, Answer, Told, acknowledged
from tests.proof.far_ledger import FarLedger
from tests.proof.findings import Finding, doubled, lost, wrong
from tests.proof.kiosk_at_work import KioskAtWork, kiosk_in

ASKED_AGAIN: Final = 3
"""Sales from either end of a journal: each costs a commit in each of thousands of restarts."""


async def findings_after_cut(
    folder: Path, journals: Sequence[str], told: Told, *, deduplicates: bool = True
) -> list[Finding]:
    """Start every journal of `folder`, sell and send with it; return what is wrong, in words.

    `told` is what the run had told the world before the cut, oldest first.
    """
    found: list[Finding] = []
    for name in journals:
        mine = [fact for fact in told if fact["journal"] == name]
        ledger = FarLedger(deduplicates=deduplicates)
        ledger.restore(mine)
        try:
            async with kiosk_in(folder / name, ledger, archive_after_s=SETTLED_IS_OLD_S) as kiosk:
                found += await _findings(kiosk, acknowledged(mine), ledger)
        except ProblemError as error:
            found.append(wrong(f"{name} needs a person's help: {error.problem.detail}"))
        found += ledger.findings()
    return found


async def _findings(kiosk: KioskAtWork, due: Acknowledged, ledger: FarLedger) -> list[Finding]:
    read = kiosk.here.journal.read
    return [
        *await read(lambda reader: _compare(reader, kiosk, due, ledger)),
        *await _live_on(kiosk, due, ledger),
        *await read(lambda reader: _compare_in_the_end(reader, kiosk, due, ledger)),
    ]


def _compare(
    reader: JournalReader, kiosk: KioskAtWork, due: Acknowledged, ledger: FarLedger
) -> list[Finding]:
    """Compare what is there with what was told."""
    rows = all_rows(reader)
    return [
        *_check_books(reader, rows, kiosk, due, ledger),
        *sealed_findings(kiosk.reserve.load(), due),
        *_compare_rows(reader, rows, due, gone_from(kiosk.folder)),
        *_compare_stock(reader, due),
        *_compare_grants(reader, due, ledger),
    ]


def _compare_in_the_end(
    reader: JournalReader, kiosk: KioskAtWork, due: Acknowledged, ledger: FarLedger
) -> list[Finding]:
    rows = all_rows(reader)
    unsettled = [
        lost(f"{row.txn_id} is {row.state} in the end")
        for row in rows
        if row.state is not JournalState.SETTLED
    ]
    return [*unsettled, *_check_books(reader, rows, kiosk, due, ledger)]


def _check_books(
    reader: JournalReader,
    rows: Sequence[JournalRow],
    kiosk: KioskAtWork,
    due: Acknowledged,
    ledger: FarLedger,
) -> list[Finding]:
    """Check what must be true at any moment: rows, archives, reserve, epochs, files."""
    gone, whole = gone_from(kiosk.folder), due.has_whole_stock
    return [
        *row_findings(reader, rows, gone, whole_stock=whole),
        *archive_findings(reader, kiosk.archives, due),
        *reserve_findings(reader, kiosk.reserve, due, ledger),
        *epoch_findings(reader, due),
        *file_findings(reader, kiosk.folder),
        *_old_stock(reader, ledger),
    ]


def _old_stock(reader: JournalReader, ledger: FarLedger) -> list[Finding]:
    """Return what is for sale of an earlier journal's: it may have been sold by what was lost."""
    mine = reader.identity().journal_id
    journals = {one.allotment_id: one.journal_id for one in ledger.granted.values()}
    return [
        doubled(f"{one.available + one.held} tickets of {journals[one.allotment_id]} are for sale")
        for one in reader.allotment_stock()
        if journals.get(one.allotment_id, mine) != mine
    ]


def _compare_rows(
    reader: JournalReader,
    rows: Sequence[JournalRow],
    due: Acknowledged,
    gone: AbstractSet[int],
) -> list[Finding]:
    by_id = {str(row.txn_id): row for row in rows}
    found: list[Finding] = []
    for txn_id, answer in due.answers.items():
        for one in (reader.row(UUID(txn_id)), by_id.get(txn_id)):
            found += _compare_answer(one, answer)
    found += [
        lost(f"{answer['kind']} {txn_id} is gone, and nobody says so")
        for txn_id, answer in due.given.items()
        if txn_id not in by_id and answer["sequence"] not in gone
    ]
    found += [
        lost(f"{txn_id} was settled, and is not any more")
        for txn_id in due.settled
        if txn_id not in by_id or by_id[txn_id].state is not JournalState.SETTLED
    ]
    for txn_id in due.payments - set(by_id):
        found += _compare_payment(reader, txn_id)
    return found + _compare_given_back(reader, due) + given_findings(rows, due.given)


def _compare_answer(row: JournalRow | None, answer: Answer) -> list[Finding]:
    if row is None:
        return [lost(f"{answer['kind']} {answer['txn_id']} was acknowledged")]
    if row.answer != answer:
        return [wrong(f"{answer['txn_id']} was answered {answer}, and is {row.answer}")]
    return []


def _compare_payment(reader: JournalReader, txn_id: str) -> list[Finding]:
    cart, items = reader.cart(UUID(txn_id)), reader.cart_items(UUID(txn_id))
    if cart is None or cart.state != CartState.PAYMENT_STARTED or not items:
        return [lost(f"money was asked for cart {txn_id}, and it is {cart}")]
    return []


def _compare_given_back(reader: JournalReader, due: Acknowledged) -> list[Finding]:
    """Compare what the open shift's report has of money that was given back without a sale."""
    shift_id = reader.open_shift("ana")
    noted = reader.cancelled_payments(shift_id) if shift_id is not None else ()
    times = Counter(str(one.txn_id) for one in noted)
    missing = [lost(f"cart {one}'s money was given back") for one in due.given_back - set(times)]
    twice = [doubled(f"cart {one}'s money, given back") for one, n in times.items() if n > 1]
    return missing + twice


def _compare_stock(reader: JournalReader, due: Acknowledged) -> list[Finding]:
    missing = _missing(reader, sorted(due.stocked))
    return [lost(f"serials {missing} were in the stock")] if missing else []


def _compare_grants(reader: JournalReader, due: Acknowledged, ledger: FarLedger) -> list[Finding]:
    """Return what was granted to this journal, is not in its stock, and not asked for again."""
    mine = reader.identity().journal_id
    _, unanswered = _unanswered(reader)
    waiting = {str(one.request_id) for one in unanswered}
    serials = [
        ticket.serial
        for allotment in ledger.granted.values()
        if allotment.journal_id == mine and str(allotment.request_id) not in waiting | due.dropped
        for ticket in allotment.tickets
    ]
    missing = _missing(reader, serials)
    return [lost(f"serials {missing} were granted, and nobody asks again")] if missing else []


def _missing(reader: JournalReader, serials: Sequence[str]) -> list[str]:
    return [serial for serial in serials if reader.stock_item(serial) is None]


async def _live_on(kiosk: KioskAtWork, due: Acknowledged, ledger: FarLedger) -> list[Finding]:
    """Go on as the agent and staff would: tidy, sell, fill up, send, archive.

    What was sold is not sold again when it is asked for again, and what settled is not sent again.
    """
    await kiosk.clear_left_overs()
    left_over = await kiosk.here.journal.read(
        lambda reader: left_over_findings(reader, kiosk.folder / FOLDER_NAME)
    )
    found = left_over + await _ask_again(kiosk, due)
    sent = {txn_id: ledger.sent[UUID(txn_id)] for txn_id in due.settled}
    await kiosk.begin()
    await kiosk.top_up()
    await kiosk.sell(adult=1)
    await kiosk.fill_reserve()
    await kiosk.drain()
    await kiosk.tidy()
    return found + [
        doubled(f"{txn_id} had settled, and was sent again")
        for txn_id, times in sent.items()
        if ledger.sent[UUID(txn_id)] != times
    ]


async def _ask_again(kiosk: KioskAtWork, due: Acknowledged) -> list[Finding]:
    """Ask for the first sales again, which are in archives if any is, and for the last ones."""
    found: list[Finding] = []
    before = await kiosk.here.journal.read(lambda reader: reader.standing())
    sales = [one for one in due.answers.values() if one["kind"] == TransactionKind.SALE]
    for answer in sales[:ASKED_AGAIN] + sales[ASKED_AGAIN:][-ASKED_AGAIN:]:
        try:
            again = await kiosk.close_again(UUID(answer["txn_id"]), answer)
        except ProblemError as error:
            found.append(lost(f"sale {answer['txn_id']}, asked again, is refused: {error.code}"))
            continue
        if again != {**answer, "replayed": True}:
            found.append(doubled(f"sale {answer['txn_id']}, asked again, became {again}"))
    if await kiosk.here.journal.read(lambda reader: reader.standing()) != before:
        found.append(doubled("what was asked for again was recorded again"))
    return found
