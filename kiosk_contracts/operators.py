"""Who operates the fleet: roles, tokens of their own, and the dashboard's session."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field, StringConstraints

from kiosk_contracts.text import PlainName
from kiosk_contracts.wire import HandedOut, WireModel

LONGEST_TOKEN_LIFE_DAYS: Final = 366
"""So that nobody's token outlives who it was made for by years."""


class OperatorRole(StrEnum):
    """What an operator may do, the least first; each may do what those before it may."""

    VIEWER = "viewer"
    """Looks."""
    OPERATOR = "operator"
    """Runs venues and kiosks, as long as nothing that was sold can be lost by it."""
    ADMIN = "admin"
    """Also gives up what is on a kiosk's disk, and says who may operate."""

    def reaches(self, needed: "OperatorRole") -> bool:
        """Say whether this role may do what `needed` may."""
        order = [*OperatorRole]
        return order.index(self) >= order.index(needed)


OperatorTokenId = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{16}|settings)$")]
"""Which token: sixteen hexadecimal digits; `settings` is the one that the service's settings know.
"""


class NewOperatorToken(WireModel):
    """Make a token."""

    name: PlainName
    """Who or what it is for; it stands in the audit beside every change."""
    role: OperatorRole
    expires_at: AwareDatetime
    """In the future, and at most LONGEST_TOKEN_LIFE_DAYS away."""


class OperatorTokenStanding(WireModel):
    """A token as operators see it, without its secret."""

    token_id: OperatorTokenId
    name: PlainName
    role: OperatorRole
    expires_at: AwareDatetime
    made_at: AwareDatetime
    made_by: str
    """The name of who made it."""
    made_by_id: OperatorTokenId
    """The token that they made it with."""
    revoked_at: AwareDatetime | None = None
    revoked_by: str = ""
    last_used_on: date | None = None
    """The day (UTC) on which it was used last; kept once a day."""


class MadeOperatorToken(OperatorTokenStanding):
    """The one answer that shows a token."""

    token: HandedOut

    def revealed(self) -> dict[str, object]:
        """Return the JSON form with the token readable, for the one answer that hands it out."""
        return {**self.to_json(), "token": self.token.get_secret_value()}


class OperatorTokenPage(WireModel):
    """Tokens by their ids, in order, also those that count no more."""

    tokens: tuple[OperatorTokenStanding, ...]
    next_after: str | None
    """What to ask behind for the next page; None at the end."""


class OperatorSession(WireModel):
    """A dashboard's session, which its cookie carries."""

    expires_at: AwareDatetime
    csrf_token: str
    """What changes carry in the header `EventPro-Csrf-Token`."""


class OperatorSelf(WireModel):
    """Who asks."""

    token_id: OperatorTokenId
    name: str
    role: OperatorRole
    expires_at: AwareDatetime | None = None
    """When the token ends; None for the settings' token, which has no end."""
    session: OperatorSession | None = Field(default=None)
    """Of who asks by a cookie."""
