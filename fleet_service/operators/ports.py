"""Who an operator is, once they have shown it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk_contracts.operators import OperatorRole

SETTINGS: Final = "settings"
"""The id, and the name, of the token that the service's settings know by its hash."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asks."""

    token_id: str
    name: str
    role: OperatorRole
    expires_at: datetime | None
    """When the token ends; None: never."""
    proof: str
    """Of which secret the token is: what a session rests on, so that it ends with the secret."""
