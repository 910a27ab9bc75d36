"""Supervisor to agent: what the agent wants signed with the host's role credentials.

The agent listens, the supervisor asks: nobody without root's rights reaches a process that has
them. What is signed is always a GetCallerIdentity for the audience in the supervisor's own
settings; the agent chooses the nonce alone.
"""

from uuid import UUID

from pydantic import SecretStr

from kiosk_contracts.sessions import Nonce
from kiosk_contracts.wire import WireModel


class ProofWanted(WireModel):
    """The agent waits for a presigned request with this nonce."""

    request_id: UUID
    nonce: Nonce


class ProofMade(WireModel):
    """The presigned request."""

    url: SecretStr

    def revealed(self) -> dict[str, str]:
        """Return the JSON form with the presigned request readable."""
        return {"url": self.url.get_secret_value()}


class ProofNotMade(WireModel):
    """Why there is none."""

    why: str
    hint: str = ""
