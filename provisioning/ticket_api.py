"""The ticket API, as operators ask it: what a kiosk holds unsold, and giving that up."""

import getpass
from collections.abc import AsyncIterator
from uuid import NAMESPACE_URL, UUID, uuid5

from kiosk_contracts.allotments import WriteOff, WriteOffResult
from kiosk_contracts.ledger import Ledger, LedgerJournal
from operator_cli.asking import Service


class TicketOffice(Service):
    """Asks the ticket API in an operator's name."""

    name = "ticket API"
    option = "--ticket-api-url"

    async def unsold(self, kiosk_id: str) -> list[LedgerJournal]:
        """Return the journals of a kiosk to which serials are leased that nobody has sold."""
        told = self.read(Ledger, await self.ask("GET", "/v1/ops/ledger?limit=1"))
        return [one for one in told.journals if one.kiosk_id == kiosk_id and one.unsold > 0]

    async def write_off(
        self, kiosk_id: str, reason: str, instance_id: str | None
    ) -> AsyncIterator[tuple[UUID, int]]:
        """Revoke what a kiosk holds unsold; yield each of its journals, and how many it were.

        `instance_id`: the host that goes. May be repeated: the ledger then has nothing left.
        """
        for journal in await self.unsold(kiosk_id):
            order = WriteOff(
                # The same for the same serials, so that a lost answer writes off nothing twice;
                # another for a later host, which may hold as many in the same journal.
                request_id=uuid5(
                    NAMESPACE_URL, f"{journal.journal_id}/{journal.unsold}/{instance_id or ''}"
                ),
                journal_id=journal.journal_id,
                operator=getpass.getuser(),
                reason=reason,
                risk_accepted=True,
            )
            told = await self.ask("POST", "/v1/ops/write-offs", order.to_json())
            result = self.read(WriteOffResult, told)
            yield journal.journal_id, len(result.serials)
