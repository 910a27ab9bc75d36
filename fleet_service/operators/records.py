"""What the fleet service keeps of operators."""

from datetime import date, datetime
from typing import ClassVar, Final

from pydantic import AwareDatetime

from cloud_store.records import Record
from kiosk_contracts.ids import Sha256
from kiosk_contracts.operators import OperatorRole, OperatorTokenId
from kiosk_contracts.text import PlainName

OPERATOR_TOKENS: Final = "operator_tokens"
"""The partition of the directory that lists all operators' tokens."""


class OperatorTokenRecord(Record):
    """An operator's token, by its id."""

    store_kind: ClassVar[str] = "operator_token"
    name: PlainName
    role: OperatorRole
    expires_at: AwareDatetime
    made_at: AwareDatetime
    made_by: str
    made_by_id: OperatorTokenId
    secret_sha256: Sha256
    revoked_at: AwareDatetime | None = None
    revoked_by: str = ""
    last_used_on: date | None = None

    def has_ended(self, now: datetime) -> bool:
        """Say whether it has expired at `now`."""
        return now >= self.expires_at


class EndedSessionRecord(Record):
    """A dashboard's session that was ended before its time, by its token's id and its own id.

    It is dropped some time after the session would have ended by itself.
    """

    store_kind: ClassVar[str] = "ended_session"
    until: AwareDatetime
