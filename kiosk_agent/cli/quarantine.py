"""`kiosk-agent queue void | hand-over`: acts of root on what could not be settled."""

import argparse
import asyncio
from typing import Any

from uuid6 import uuid7

from kiosk_agent import exit_codes
from kiosk_agent.cli import showing
from kiosk_agent.cli.reaching import AgentAwayError, ask, find_place
from kiosk_agent.cli.resting import away_problem
from kiosk_agent.cli.showing import say, say_json
from kiosk_contracts.kiosk_status import TransactionRow


def queue_void(options: argparse.Namespace) -> int:
    """Void a quarantined sale."""
    body = {"txn_id": str(uuid7()), "reason": options.reason, "by": options.by}
    answer = asyncio.run(_post(options, "void", body))
    if options.json:
        say_json(answer)
    else:
        total = f"{answer['total']['amount']} {answer['total']['currency']}"
        say(f"Voided as {answer['receipt_number']}: give back {total}. Its tickets admit no more.")
    return exit_codes.OK


def queue_hand_over(options: argparse.Namespace) -> int:
    """Hand a quarantined transaction over."""
    answer = asyncio.run(_post(options, "hand-over", {"note": options.note, "by": options.by}))
    if options.json:
        say_json(answer)
    else:
        for line in showing.row_lines(TransactionRow.model_validate(answer)):
            say(line)
    return exit_codes.OK


async def _post(options: argparse.Namespace, act: str, body: dict[str, Any]) -> Any:
    place = find_place(options)
    try:
        return await ask(place, "POST", f"/v1/quarantine/{options.txn_id}/{act}", body)
    except AgentAwayError as error:
        raise away_problem(error, place) from error
