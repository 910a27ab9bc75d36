"""How a kiosk proves itself to the fleet service, and what it carries afterwards."""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, SecretStr, StringConstraints

from kiosk_contracts.ids import JournalId, KioskCode, KioskId, VenueId
from kiosk_contracts.text import PlainName
from kiosk_contracts.wire import HandedOut, WireModel

AUDIENCE_HEADER: Final = "x-eventpro-audience"
"""Signed header of a presigned request: for whom it is. Lower case, as SigV4 signs names."""
NONCE_HEADER: Final = "x-eventpro-nonce"
"""Signed header of a presigned request: the fleet service's nonce, so that it counts once."""
LONGEST_PRESIGNED: Final = 4096
"""Characters of a presigned request at most; session tokens of roles take some 1,500 of them."""

Audience = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.:-]{2,127}$")]
"""A name of the fleet service, in capitals nowhere."""
Nonce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,128}$")]


class EnrolmentSecretProof(WireModel):
    """A secret that an operator gave the kiosk: for kiosks that are no managed instance."""

    scheme: Literal["enrolment_secret"] = "enrolment_secret"
    secret: SecretStr


class SessionNonce(WireModel):
    """What a proof is bound to, so that it counts once and soon."""

    nonce: Nonce
    expires_in_s: int = Field(ge=1)
    server_time: AwareDatetime


class CallerIdentityProof(WireModel):
    """A presigned `sts:GetCallerIdentity` of the managed instance's role.

    `url` is the whole request: the fleet service sends it to STS with the audience and the nonce as
    headers, which the signature covers, and learns whose credentials signed it.
    """

    scheme: Literal["caller_identity"] = "caller_identity"
    nonce: Nonce
    url: SecretStr

    def revealed(self) -> dict[str, str]:
        """Return the JSON form with the presigned request readable, for the one that sends it."""
        return {"scheme": self.scheme, "nonce": self.nonce, "url": self.url.get_secret_value()}


class SessionRequest(WireModel):
    """Ask for a signed token. `proof` by scheme; the server refuses schemes it does not know."""

    kiosk_id: KioskId
    journal_id: JournalId
    agent_version: Annotated[str, Field(max_length=40)]
    proof: dict[str, str] = Field(repr=False)


class KioskIdentity(WireModel):
    """Who the fleet service says the kiosk is."""

    kiosk_id: KioskId
    kiosk_code: KioskCode
    venue_id: VenueId
    venue_name: PlainName


class KioskSession(WireModel):
    """A signed token of a few hours. To the kiosk it is opaque; the ticket API verifies it."""

    token: HandedOut
    expires_in_s: int = Field(ge=1)
    server_time: AwareDatetime
    kiosk: KioskIdentity

    def revealed(self) -> dict[str, object]:
        """Return the JSON form with the token readable, for the one answer that hands it out."""
        return {**self.to_json(), "token": self.token.get_secret_value()}
