"""Sales that have settled, and refunds of them, at a till whose far side the test plays."""

from typing import Any
from uuid import UUID

from uuid6 import uuid7

from kiosk_contracts.uploads import ItemOutcome
from tests.support.ui_socket import Answer, Till

PIN = "9999"


async def settled_sale(till: Till, **quantities: int) -> Answer:
    """Sell, two adults unless said otherwise, and let it settle."""
    sale = await till.sell(**(quantities or {"adult": 2}))
    assert sale.status == 201, sale.body
    await decide(till, sale, "settled")
    return sale


async def decide(till: Till, recorded: Answer, status: str, code: str = "", **words: str) -> None:
    """Let the far side judge a transaction, as the uploader would mark it."""
    sequence = recorded.body["sequence"]
    outcome = ItemOutcome(txn_id=UUID(recorded.body["txn_id"]), status=status, code=code, **words)
    now = till.clock.now()

    def mark(writer: Any) -> None:
        match status:
            case "settled":
                writer.settle(sequence, outcome, now)
            case "quarantined":
                writer.quarantine(sequence, outcome, now)
            case _:
                writer.park(sequence, outcome, now)

    await till.opened.journal.write(mark)


def serials(sale: Answer) -> list[str]:
    """Return a sale's serials."""
    return [ticket["serial"] for ticket in sale.body["tickets"]]


def refund_of(sale: Answer, *, tickets: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a refund, of the whole sale unless tickets are named, with a manager's PIN."""
    return {
        "txn_id": str(uuid7()),
        "sale_txn_id": sale.body["txn_id"],
        "serials": serials(sale) if tickets is None else tickets,
        "reason": "they are ill",
        "approval_pin": PIN,
        **changes,
    }


async def ask_refund(till: Till, sale: Answer, **changes: Any) -> Answer:
    """Ask for a refund."""
    return await till.ask("POST", "/v1/refunds", refund_of(sale, **changes))


async def give_back(till: Till, refund: Answer, **changes: Any) -> Answer:
    """Say that a refund's money was given back."""
    body = {"txn_id": str(uuid7()), **changes}
    return await till.ask("POST", f"/v1/refunds/{refund.body['txn_id']}/given", body)


async def decision(till: Till, refund: Answer) -> str:
    """Return where a refund stands."""
    answer = await till.ask("GET", f"/v1/refunds/{refund.body['txn_id']}")
    assert answer.status == 200, answer.body
    return str(answer.body["decision"])


async def cash_in_drawer(till: Till) -> str:
    """Return what should be in the drawer of the person who is signed in."""
    return str((await till.ask("GET", "/v1/shifts/current")).body["expected_cash"]["amount"])
