"""Draining: no new carts, and unsold stock goes back to where others can sell it."""

import asyncio
from collections import defaultdict
from typing import Final
from uuid import UUID

import structlog
from uuid6 import uuid7

from kiosk_agent.ports.drain_mark import DrainMark
from kiosk_agent.ports.journal import JournalReader, JournalWriter, NewTransaction, StockItem
from kiosk_agent.ports.line import LineView
from kiosk_agent.services.kiosk import stamp_now
from kiosk_agent.services.recording import RECORDED_BY
from kiosk_agent.services.sides import Here
from kiosk_contracts.payloads import ReturnOfStockPayload, TransactionKind

log = structlog.get_logger(__name__)

_REASON: Final = "kiosk is drained"


class Draining:
    """Switches draining on and off."""

    def __init__(self, here: Here, line: LineView, mark: DrainMark) -> None:
        self._here = here
        self._line = line
        self._mark = mark

    async def set(self, *, on: bool) -> int:
        """Begin or end draining; return how many tickets went back.

        Doing it again is harmless: it returns what carts have released meanwhile.
        """
        await asyncio.to_thread(self._mark.put, on=on)
        self._here.state.set_draining(on=on)
        returned = await self._here.journal.write(self._return_unheld) if on else 0
        log.info("draining_set", on=on, returned=returned)
        self._here.changes.notify()
        return returned

    def _return_unheld(self, writer: JournalWriter) -> int:
        """Record one return for each allotment and take its serials off, in one commit."""
        by_allotment: dict[UUID, list[StockItem]] = defaultdict(list)
        for event_id, ticket_type_id in writer.stock_counts():
            for item in writer.available(event_id, ticket_type_id):
                by_allotment[item.allotment_id].append(item)
        for items in by_allotment.values():
            writer.append(self._return(writer, items))
            writer.set_stock_state([item.serial for item in items], "returned")
        return sum(map(len, by_allotment.values()))

    def _return(self, reader: JournalReader, items: list[StockItem]) -> NewTransaction:
        payload = ReturnOfStockPayload(
            cashier_id=RECORDED_BY,
            recorded=stamp_now(reader, self._here.clock, self._line),
            allotment_id=items[0].allotment_id,
            event_id=items[0].event_id,
            ticket_type_id=items[0].ticket_type_id,
            serials=tuple(item.serial for item in items),
            reason=_REASON,
        )
        return NewTransaction(
            txn_id=uuid7(),
            kind=TransactionKind.RETURN_OF_STOCK,
            payload=payload.to_json(),
            numbered=False,
            offline=self._line.is_offline(),
        )
