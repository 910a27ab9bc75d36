"""What the supervisor needs of what is around it."""

from typing import Protocol
from uuid import UUID

from kiosk_agent.host_role.role_credentials import RoleCredentials
from kiosk_contracts.proving import ProofMade, ProofNotMade, ProofWanted


class AgentAwayError(Exception):
    """The agent does not answer; the text says why."""


class AgentDoor(Protocol):
    """The agent, asked by the supervisor. Every method raises AgentAwayError."""

    async def wanted(self) -> ProofWanted | None:
        """Return what the agent wants signed; None if it wanted nothing for a while."""
        ...

    async def give(self, request_id: UUID, answer: ProofMade | ProofNotMade) -> None:
        """Answer it; nothing happens where the agent wants it no more."""
        ...


class Credentials(Protocol):
    """The host's role credentials."""

    def read(self) -> RoleCredentials:
        """Return them as they are now; raises NoRoleCredentialsError."""
        ...
