"""Proves which managed instance this host is, by the credentials that its SSM agent keeps."""

from datetime import UTC, datetime
from pathlib import Path

from kiosk_agent.host_role.credentials_file import CredentialsFile
from kiosk_agent.host_role.presigning import presign_caller_identity
from kiosk_contracts.sessions import AUDIENCE_HEADER, NONCE_HEADER, CallerIdentityProof


class Prover:
    """Signs for one audience, with the credentials of that moment."""

    def __init__(self, credentials: Path, region: str, audience: str) -> None:
        self._credentials = CredentialsFile(credentials)
        self._region = region
        self._audience = audience

    def prove(self, nonce: str) -> dict[str, str]:
        """Return a proof around a nonce; raises NoRoleCredentialsError."""
        headers = {AUDIENCE_HEADER: self._audience, NONCE_HEADER: nonce}
        url = presign_caller_identity(
            self._credentials.read(), self._region, headers, datetime.now(UTC)
        )
        return CallerIdentityProof.model_validate({"nonce": nonce, "url": url}).revealed()
