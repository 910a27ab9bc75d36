"""What a host said that Systems Manager had run our document, as an outcome. Pure.

https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from kiosk_contracts.commands import CommandEnd, CommandOutcome, outcome

_UNDER_WAY: Final = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
_NEVER_THERE: Final = frozenset({"Delivery Timed Out", "DeliveryTimedOut", "Undeliverable"})


def outcome_of(told: Mapping[str, Any]) -> CommandOutcome | None:
    """Return what GetCommandInvocation tells; None while the command is under way."""
    status = str(told.get("Status", ""))
    details = str(told.get("StatusDetails", status))
    if status in _UNDER_WAY:
        return None
    if status == "Cancelled" and not told.get("ExecutionStartDateTime"):
        return outcome(CommandEnd.REFUSED, "Systems Manager took it back before its host began it")
    said = _said(str(told.get("StandardOutputContent", "")))
    if said is not None:
        return said
    if details in _NEVER_THERE:
        why = f"Systems Manager could not deliver it: {details}"
        return outcome(CommandEnd.REFUSED, why)
    return outcome(
        CommandEnd.FAILED,
        f"Systems Manager says {details}, and the host nothing that can be read: it may have been "
        "done",
    )


def _said(output: str) -> CommandOutcome | None:
    first, _, content = output.partition("\n")
    try:
        head = json.loads(first)
        return outcome(
            CommandEnd(head["end"]),
            str(head["why"]),
            content=content.encode(),
            content_type=str(head["content_type"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError):
        return None
