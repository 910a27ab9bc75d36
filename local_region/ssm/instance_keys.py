"""The signature of a managed instance's own key, by which the SSM agent asks for credentials.

SigV4 in all but the last step: the string to sign is signed with RSA-PSS (SHA-256) instead of a
derived HMAC key, the access key id is the `mi-` id, and the signature is Base64
(`amazon-ssm-agent`, `agent/ssm/rsaauth/ssm_rsaV4.go`, `agent/managedInstances/auth/rsa_key.go`).
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from local_region.clock import Clock
from local_region.identity.authentication import Authentication
from local_region.identity.credentials import Credentials
from local_region.identity.principals import RoleSession
from local_region.sigv4.canonical import string_to_sign
from local_region.sigv4.claims import Claim
from local_region.sigv4.verify import Expected, SignatureFaultError, check_scope, check_time
from local_region.ssm.model import SsmState, unknown_instance
from local_region.wire.errors import AwsError
from local_region.wire.received import Received
from local_region.wire.service import Protocol

SKEW: Final = timedelta(minutes=5)
_SALT: Final = 32
_SMALLEST_KEY: Final = 2048


@dataclass(frozen=True, slots=True)
class InstanceKeys:
    """Tells which managed instance signed."""

    state: SsmState
    credentials: Credentials
    authentication: Authentication
    clock: Clock
    account: str
    region: str

    def signer(self, received: Received) -> RoleSession:
        """Return the managed instance that signed; raises AwsError."""
        claim = self.authentication.claim(received, Protocol.JSON)
        expected = Expected("ssm", self.region, SKEW, keeps_expires=False)
        try:
            check_scope(claim, expected)
            check_time(claim, expected, self.clock.now())
        except SignatureFaultError as error:
            raise AwsError("InvalidSignatureException", error.message) from error
        instance = self.state.instances.get(claim.access_key_id)
        if instance is None:
            raise unknown_instance(claim.access_key_id)
        if not _holds(instance.public_key, received, claim):
            raise AwsError(
                "InvalidSignatureException", "The signature is not of the instance's key."
            )
        return RoleSession(
            account=self.account,
            role=instance.role,
            role_id=self.credentials.role_id(instance.role),
            session=instance.instance_id,
        )


def public_key_of(text: str) -> RSAPublicKey:
    """Read a key in DER and Base64; raises ValueError for one that SSM would not take."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError("it is no public key in DER and Base64") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY:
        raise ValueError(f"it is no RSA key of {_SMALLEST_KEY} bits or more")
    return key


def _holds(public_key: str, received: Received, claim: Claim) -> bool:
    try:
        public_key_of(public_key).verify(
            base64.b64decode(claim.signature, validate=True),
            string_to_sign(received, claim).encode("latin-1"),
            PSS(mgf=MGF1(hashes.SHA256()), salt_length=_SALT),
            hashes.SHA256(),
        )
    except (InvalidSignature, binascii.Error):
        return False
    return True
