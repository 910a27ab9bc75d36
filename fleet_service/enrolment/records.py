"""What the fleet service keeps of enrolments."""

from datetime import datetime
from typing import ClassVar, Final

from pydantic import AwareDatetime

from cloud_store.records import Record
from kiosk_contracts.enrolment import NewActivation

ACTIVATIONS: Final = "activations"
"""The partition of the directory that lists all activations."""


class ActivationRecord(NewActivation, Record):
    """An activation, by its id."""

    store_kind: ClassVar[str] = "activation"
    revoked: bool = False

    def counts(self, now: datetime) -> bool:
        """Say whether it lets hosts in at `now`."""
        return not self.revoked and now < self.expires_at


class TokenRecord(Record):
    """Which activation an enrolment token is of, by the token's SHA-256."""

    store_kind: ClassVar[str] = "enrolment_token"
    activation_id: str


class GrantRecord(Record):
    """Which host a kiosk's name was granted to, by the kiosk's id."""

    store_kind: ClassVar[str] = "grant"
    activation_id: str
    host_id: str
    granted_at: AwareDatetime


class HostRecord(Record):
    """Which kiosk a host was granted, by the host: one machine has one name, whoever gave it."""

    store_kind: ClassVar[str] = "host"
    kiosk_id: str
