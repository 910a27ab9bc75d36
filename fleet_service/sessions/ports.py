"""How a kiosk may prove who it is."""

from collections.abc import Mapping
from typing import Protocol

from kiosk_contracts.sessions import KioskIdentity


class IdentityVerifier(Protocol):
    """One scheme of proof. Each scheme is an adapter of its own."""

    @property
    def scheme(self) -> str:
        """The `scheme` member of the proofs that it judges."""
        ...

    async def verify(self, kiosk_id: str, proof: Mapping[str, str]) -> KioskIdentity:
        """Return who the kiosk is. Idempotent, but failures are counted.

        Raises ProblemError 403 `kiosk_unknown` or `proof_refused`, and 429 `proof_refused`
        (retryable, with Retry-After) after too many failures.
        """
        ...
