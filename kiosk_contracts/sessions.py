"""How a kiosk proves itself to the fleet service, and what it carries afterwards."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, SecretStr

from kiosk_contracts.ids import JournalId, KioskCode, KioskId, VenueId
from kiosk_contracts.text import PlainName
from kiosk_contracts.wire import WireModel


class EnrolmentSecretProof(WireModel):
    """For now: a secret that the operator gave the kiosk. A later scheme replaces it."""

    scheme: Literal["enrolment_secret"] = "enrolment_secret"
    secret: SecretStr


class SessionRequest(WireModel):
    """Ask for a signed token. `proof` by scheme; the server refuses schemes it does not know."""

    kiosk_id: KioskId
    journal_id: JournalId
    agent_version: Annotated[str, Field(max_length=40)]
    proof: dict[str, str]


class KioskIdentity(WireModel):
    """Who the fleet service says the kiosk is."""

    kiosk_id: KioskId
    kiosk_code: KioskCode
    venue_id: VenueId
    venue_name: PlainName


class KioskSession(WireModel):
    """A signed token of a few hours. To the kiosk it is opaque; the ticket API verifies it."""

    token: SecretStr
    expires_in_s: int = Field(ge=1)
    server_time: AwareDatetime
    kiosk: KioskIdentity

    def revealed(self) -> dict[str, object]:
        """Return the JSON form with the token readable, for the one answer that hands it out."""
        return {**self.to_json(), "token": self.token.get_secret_value()}
