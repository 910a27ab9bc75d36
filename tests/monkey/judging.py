"""Whether a journal is consistent and has all that the screen acknowledged: by its rows alone."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from kiosk_agent.domain.records import JournalRow
from kiosk_agent.ports.journal import JournalReader
from tests.proof.books import all_rows, journal_findings

ACKNOWLEDGED: Final = re.compile(r"^#(\d+) (.+?) recorded (?:online|offline)$")
_SIGNS: Final = {
    "shift_opened": ("opening_float", 1),
    "shift_paid_in": ("amount", 1),
    "shift_paid_out": ("amount", -1),
}
_TENDERED: Final = {"sale": 1, "void": -1, "refund": -1}


def findings(reader: JournalReader, acknowledged: Sequence[str]) -> list[str]:
    """Return all that is wrong, in words; `acknowledged` is what the message line said."""
    rows = all_rows(reader)
    return [
        *map(str, journal_findings(reader)),
        *_acknowledged(rows, acknowledged),
        *_tenders(rows),
        *_closed(rows),
        *_held(reader),
    ]


def drawers(rows: Sequence[JournalRow]) -> Mapping[UUID, Decimal]:
    """Return what should be in each shift's drawer, added up from its rows."""
    sums: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for row in rows:
        kind, payload = row.transaction.envelope.kind, row.transaction.payload
        if payload.get("shift_id") is None:
            continue
        shift_id = UUID(payload["shift_id"])
        if kind in _SIGNS:
            name, sign = _SIGNS[kind]
            sums[shift_id] += sign * _amount(payload[name])
        elif kind in _TENDERED:
            cash = (line for line in payload["tender"] if line["method"] == "cash")
            sums[shift_id] += _TENDERED[kind] * sum(_amount(line["amount"]) for line in cash)
    return sums


def _acknowledged(rows: Sequence[JournalRow], said: Sequence[str]) -> Iterator[str]:
    by_sequence = {row.transaction.envelope.sequence: row for row in rows}
    for words in dict.fromkeys(said):
        found = ACKNOWLEDGED.match(words)
        if found is None:
            continue
        row = by_sequence.get(int(found[1]))
        if row is None:
            yield f"acknowledged, and not in the journal: {words}"
            continue
        kind, payload = row.transaction.envelope.kind, row.transaction.payload
        names = [row.receipt_number, payload.get("serial")]
        due = " ".join(filter(None, (kind.replace("_", " "), *names)))
        if not found[2].startswith(due):
            yield f"acknowledged was {words!r}, recorded is {due!r}"
    twice = Counter(found[1] for words in set(said) if (found := ACKNOWLEDGED.match(words)))
    yield from (f"#{number} was acknowledged as {n} things" for number, n in twice.items() if n > 1)


def _tenders(rows: Sequence[JournalRow]) -> Iterator[str]:
    for row in rows:
        payload = row.transaction.payload
        if row.transaction.envelope.kind != "sale":
            continue
        total = _amount(payload["total"])
        worth = sum(_amount(line["unit_price"]) * len(line["serials"]) for line in payload["lines"])
        paid = sum(_amount(line["amount"]) for line in payload["tender"])
        if not total == worth == paid:
            yield f"{row.receipt_number}: total {total}, tickets worth {worth}, paid {paid}"


def _closed(rows: Sequence[JournalRow]) -> Iterator[str]:
    due = drawers(rows)
    for row in rows:
        payload = row.transaction.payload
        if row.transaction.envelope.kind == "shift_closed":
            told = _amount(payload["expected"])
            if told != due[UUID(payload["shift_id"])]:
                yield f"a Z report expects {told}, its rows say {due[UUID(payload['shift_id'])]}"


def _held(reader: JournalReader) -> Iterator[str]:
    counts = reader.stock_counts().values()
    in_carts = sum(len(reader.cart_items(cart.txn_id)) for cart in reader.carts())
    held = sum(held for _, held in counts)
    if held != in_carts:
        yield f"{held} tickets are held, {in_carts} are in carts"


def _amount(money: Mapping[str, Any]) -> Decimal:
    return Decimal(money["amount"])
