"""Tickets for a gate by receipt number or buyer's name, among this kiosk's own sales. Reads only.

What is found is a list to choose from: the chosen ticket is admitted as one whose serial was typed,
by the same rules, and recorded as by hand.
"""

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from kiosk_agent.domain import refusals
from kiosk_agent.domain.carts import find_event, find_type
from kiosk_agent.domain.gate_search import FEWEST_LETTERS, Wanted, understand
from kiosk_agent.domain.gates import Known, Presented, judge_admission
from kiosk_agent.domain.refusals_gate import too_little_to_find
from kiosk_agent.ports.journal import JournalReader, JournalRow
from kiosk_agent.services.kiosk import Kiosk
from kiosk_contracts.admitting import Verdict
from kiosk_contracts.catalogue import Catalogue, Event
from kiosk_contracts.gate_search import GateCandidate, GateCandidates, GateNow
from kiosk_contracts.payloads import RefundPayload, SaleLine, SalePayload, VoidPayload
from kiosk_contracts.problem import ProblemError

_MOST_SALES: Final = 20
_MOST_TICKETS: Final = 50
_NEWEST: Final = 2**62
_ORDER: Final = {Verdict.GREEN: 0, Verdict.AMBER: 1, Verdict.RED: 2}


class GateSearch:
    """What every role may ask at a gate."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    async def now(self, event_id: str) -> GateNow:
        """Return how many are inside; ProblemError `event_unknown`."""

        def work(reader: JournalReader) -> GateNow:
            return GateNow(inside=reader.inside_count(_event(reader, event_id).event_id))

        return await self._kiosk.journal.read(work)

    async def find(self, event_id: str, text: str) -> GateCandidates:
        """Return tickets that `text` leads to, those to let in first.

        Raises ProblemError `event_unknown`, `body_invalid` where too little was typed.
        """
        wanted = understand(text)
        if wanted == Wanted():
            raise too_little_to_find(FEWEST_LETTERS)

        def work(reader: JournalReader) -> GateCandidates:
            event = _event(reader, event_id)
            found = _sales(reader, wanted)
            tickets = [one for sale in found[:_MOST_SALES] for one in _tickets(reader, event, sale)]
            best = sorted(tickets, key=lambda one: _ORDER[Verdict(one.verdict)])
            return GateCandidates(
                candidates=tuple(best[:_MOST_TICKETS]),
                more=len(found) > _MOST_SALES or len(best) > _MOST_TICKETS,
            )

        return await self._kiosk.journal.read(work)


def _event(reader: JournalReader, event_id: str) -> Event:
    event = find_event(reader.catalogue(), event_id)
    if event is None:
        raise refusals.event_unknown(event_id)
    return event


def _sales(reader: JournalReader, wanted: Wanted) -> list[JournalRow]:
    """Return the sales that fit, each once, newest first; one that is damaged is passed over."""
    limit = _MOST_SALES + 1
    if wanted.name:
        hits = reader.by_buyer(wanted.name, _NEWEST, limit)
    else:
        hits = reader.by_receipt(wanted.receipt_end, _NEWEST, limit)
    found = (_sale_of(reader, txn_id) for _, txn_id in hits)
    return list({row.txn_id: row for row in found if row is not None}.values())


def _sale_of(reader: JournalReader, txn_id: UUID) -> JournalRow | None:
    """Return a sale, or the one that a void or refund is about; None if nobody can tell."""
    try:
        row = reader.row(txn_id)
        payload = None if row is None else row.read_payload()
        if isinstance(payload, VoidPayload | RefundPayload):
            row = reader.row(payload.sale_txn_id)
            payload = None if row is None else row.read_payload()
    except ProblemError:
        return None
    return row if isinstance(payload, SalePayload) else None


def _tickets(reader: JournalReader, event: Event, row: JournalRow) -> Iterator[GateCandidate]:
    payload = row.read_payload()
    lines: Iterable[SaleLine] = payload.lines if isinstance(payload, SalePayload) else ()
    personal = row.readable().personal
    catalogue = reader.catalogue()
    for line in lines:
        for serial in line.serials:
            verdict, why = _judge(reader, event, catalogue, serial)
            event_name, type_name = _names(catalogue, line)
            yield GateCandidate(
                serial=serial,
                event_name=event_name,
                ticket_type_name=type_name,
                receipt_number=row.receipt_number or "",
                buyer=(personal.buyer.name if personal else None) or "",
                verdict=verdict,
                why=why,
            )


def _judge(
    reader: JournalReader, event: Event, catalogue: Catalogue | None, serial: str
) -> tuple[Verdict, str]:
    """Return what the gate would say if this serial were typed."""
    own = reader.stock_item(serial)
    known = Known(at_gate=reader.gate_knowledge(event.event_id, serial), own=own)
    try:
        judge_admission(Presented(serial, None), event, known, catalogue)
    except ProblemError as refusal:
        verdict = (refusal.problem.model_extra or {}).get("verdict", Verdict.RED)
        return Verdict(verdict), refusal.problem.title
    return Verdict.GREEN, ""


def _names(catalogue: Catalogue | None, line: SaleLine) -> tuple[str, str]:
    event = find_event(catalogue, line.event_id)
    kind = find_type(event, line.ticket_type_id) if event else None
    return (
        event.name if event else line.event_id,
        kind.name if kind else line.ticket_type_id,
    )
