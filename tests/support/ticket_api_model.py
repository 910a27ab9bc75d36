"""The ticket API's services on a store, driven step by step, and what the store then holds.

For the state machine: no HTTP, and answers that get lost between the commit and the caller.
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from cloud_store.port import StoreError
from core_services.ticket_api.allotments.service import AllotmentService
from core_services.ticket_api.catalogue.service import CatalogueService
from core_services.ticket_api.journals.service import JournalService
from core_services.ticket_api.keys.service import KeyFolder
from core_services.ticket_api.ops.ledger import LedgerService
from core_services.ticket_api.ops.write_offs import WriteOffService
from core_services.ticket_api.transactions.domain.decision import Asker, Rules
from core_services.ticket_api.transactions.service import TransactionService
from kiosk_contracts.allotments import Allotment, AllotmentRequest, WriteOff, WriteOffResult
from kiosk_contracts.ledger import Ledger
from kiosk_contracts.uploads import ItemOutcome, UploadBatch
from tests.support.faulty_store import FaultyStore
from tests.support.ticket_api import EVENT, VENUE, HandClock, event
from tests.support.ticket_store import bodies, opened_store
from tests.support.till import Till

T = TypeVar("T")
CAPACITY: Final = {"adult": 7, "box": 3}
_HOUR: Final = timedelta(hours=1)


@dataclass
class Kiosk:
    """A kiosk as it sees itself: its journal, its stock, and what it has not sent for good."""

    kiosk_id: str
    till: Till = field(default_factory=Till)
    stock: dict[str, str] = field(default_factory=dict)
    """Ticket type by serial."""
    queue: list[dict[str, Any]] = field(default_factory=list)
    answered: list[tuple[dict[str, Any], ItemOutcome]] = field(default_factory=list)

    @property
    def journal_id(self) -> UUID:
        return self.till.journal_id


class Services:
    """The ticket API without its HTTP side, called from synchronous rules."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.run(self._open())

    async def _open(self) -> None:
        clock = HandClock()
        self.store = FaultyStore(await self._stack.enter_async_context(opened_store(self._folder)))
        keys = KeyFolder(self._folder / "keys", clock, _HOUR).open()
        journals = JournalService(self.store)
        self._grants = AllotmentService(self.store, journals, keys, clock, margin=_HOUR)
        rules = Rules(_HOUR, timedelta(minutes=5))
        self._uploads = TransactionService(self.store, journals, rules, clock, lambda _: None)
        self._write_offs = WriteOffService(self.store, clock)
        self._ledger = LedgerService(self.store)
        show = event()
        types = [
            kind.model_copy(update={"capacity": CAPACITY[kind.ticket_type_id]})
            for kind in show.ticket_types
        ]
        catalogue = CatalogueService(self.store)
        await catalogue.put_venue(VENUE, "Harbour Hall")
        await catalogue.put_event(show.model_copy(update={"ticket_types": tuple(types)}))

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._runner.close()

    def run(self, work: Any) -> Any:
        return self._runner.run(work)

    def insist(self, ask: Any, lost: int) -> Any:
        """Ask again with the same ids until there is an answer; the first `lost` get lost."""
        self.store.lose_answers(lost)
        while True:
            try:
                return self.run(ask())
            except StoreError:
                continue
            finally:
                if not self.store._lose_answers:
                    self.store.heal()

    def grant(self, kiosk: Kiosk, kind: str, quantity: int, lost: int) -> Allotment:
        request = AllotmentRequest(
            request_id=uuid4(),
            journal_id=kiosk.journal_id,
            event_id=EVENT,
            ticket_type_id=kind,
            quantity=quantity,
        )
        allotment: Allotment = self.insist(
            lambda: self._grants.grant(request, kiosk.kiosk_id, VENUE), lost
        )
        return allotment

    def upload(self, kiosk: Kiosk, items: list[Any], lost: int = 0) -> tuple[ItemOutcome, ...]:
        batch = UploadBatch(journal_id=kiosk.journal_id, items=items)
        asker = Asker(kiosk.kiosk_id, VENUE)
        result = self.insist(lambda: self._uploads.upload(batch, asker), lost)
        outcomes: tuple[ItemOutcome, ...] = result.outcomes
        return outcomes

    def write_off(self, kiosk: Kiosk, lost: int) -> WriteOffResult:
        order = WriteOff(
            request_id=uuid4(),
            journal_id=kiosk.journal_id,
            operator="olga",
            reason="stolen",
            risk_accepted=True,
        )
        result: WriteOffResult = self.insist(lambda: self._write_offs.write_off(order), lost)
        return result

    def ledger(self) -> Ledger:
        ledger: Ledger = self.run(self._ledger.ledger("", 1000))
        return ledger

    def bodies(self, kind: str) -> dict[tuple[str, str], dict[str, Any]]:
        """Return all items of a kind, as another program reads them."""
        return bodies(self.store.inner, self._folder, kind)


def amount(money: dict[str, Any]) -> Decimal:
    return Decimal(money["amount"])
