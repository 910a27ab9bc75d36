"""How a simulated kiosk proves who it is: as its host's role, or by its secret."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from kiosk_agent.host_role.presigning import presign_caller_identity
from kiosk_agent.host_role.role_credentials import RoleCredentials
from kiosk_contracts.sessions import AUDIENCE_HEADER, NONCE_HEADER


@dataclass(frozen=True, slots=True)
class HostProof:
    """A Prover by a managed instance's role: what the supervisor does on a venue host."""

    credentials: RoleCredentials
    region: str
    audience: str

    async def prove(self, nonce: Callable[[], Awaitable[str]]) -> dict[str, str]:
        """Return a presigned GetCallerIdentity, made for the service and one nonce of its."""
        given = await nonce()
        headers = {AUDIENCE_HEADER: self.audience, NONCE_HEADER: given}
        url = presign_caller_identity(self.credentials, self.region, headers, datetime.now(UTC))
        return {"scheme": "caller_identity", "nonce": given, "url": url}


@dataclass(frozen=True, slots=True)
class SecretProof:
    """A Prover by an enrolment secret, for kiosks that are no managed instances."""

    secret: str

    async def prove(self, nonce: Callable[[], Awaitable[str]]) -> dict[str, str]:  # noqa: ARG002
        """Return the secret; it needs no nonce."""
        return {"scheme": "enrolment_secret", "secret": self.secret}
